"""The page of one course, and the parts it is made of."""

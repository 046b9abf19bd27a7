"""The clinic's protocol file: its parameters, what they must not contradict, who approved them."""

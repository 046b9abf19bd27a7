"""What a caller may do with one course or one escalation: the same for the API and for the pages."""

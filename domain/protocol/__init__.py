"""The clinic's protocol file: its parameters, their consistency checks, and approvals."""

"""The Temporal workflows: the course, the escalation, and their parts."""

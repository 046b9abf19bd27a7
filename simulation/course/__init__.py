"""One simulated course: its visits and staff, what they report and when, and how it ended."""

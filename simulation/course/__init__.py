"""One simulated course: its visits, its staff, what is reported when, and what came of it."""

"""The independent watchdog: pages by itself when Temporal and the workers no longer look after a course."""

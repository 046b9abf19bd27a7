"""The independent watchdog: it pages by itself while nobody watches over a course."""

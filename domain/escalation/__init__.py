"""Escalations: whom they page in which order, what people do about them, and the watchdog that raises its own."""

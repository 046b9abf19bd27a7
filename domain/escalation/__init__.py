"""Escalations: the paging ladder, what people do about an escalation, and the watchdog with its own alarms."""

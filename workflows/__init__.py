"""What lasts: a course as a durable state machine, an escalation that outlives everything."""

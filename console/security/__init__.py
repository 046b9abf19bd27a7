"""Authentication, rights, sites, rate limits, the session cookie and the audit log."""

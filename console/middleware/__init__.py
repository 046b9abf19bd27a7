"""What every request passes: its id, the access log, the limit on bodies."""

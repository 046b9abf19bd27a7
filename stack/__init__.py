"""The embedded stack: everything Kapstan needs, started, supervised and stopped by one command on one machine."""

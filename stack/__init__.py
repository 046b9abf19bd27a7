"""The embedded stack: all that Kapstan needs, started, watched and stopped by one command on one machine."""

"""The command line's connection to a running Kapstan, and what it prints."""

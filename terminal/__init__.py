"""The command line: how it reaches a running Kapstan, and what it prints for a person at a terminal."""

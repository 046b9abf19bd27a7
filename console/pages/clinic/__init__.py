"""The clinic's own figures and protocols."""

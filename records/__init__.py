"""The record: what was accepted for every course, kept in PostgreSQL, and the lists that the clinic reads."""

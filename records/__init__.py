"""The record store in PostgreSQL: every course's ledger, the lists that the clinic reads, and the watchdog's data."""

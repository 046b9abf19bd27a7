"""Sends changes in the record store to listening clients as they happen."""

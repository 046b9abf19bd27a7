"""Holes of a protocol: what it would let through, found by asking the rules themselves of a patient made up for it."""

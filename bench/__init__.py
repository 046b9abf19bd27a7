"""Measurements: each module is run by hand (`python -m bench.board`) and says what it measured, on which machine."""

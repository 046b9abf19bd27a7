"""Benchmarks: each is run by hand (`python -m bench.board`) and prints what it measured, on which machine."""

"""Clinic events: the model of each, and parsing from the wire."""

"""Corrections: which fact is meant, the course told once more with its right value, and who has to hear of it."""

"""Forms that record clinic events, generated from the event models."""

"""Metrics for Prometheus: the console's own and those of Temporal's SDK."""

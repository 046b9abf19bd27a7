"""What Prometheus reads: the console's own numbers and those of Temporal's SDK."""

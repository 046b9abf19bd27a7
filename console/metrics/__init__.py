"""The console's own metrics for Prometheus."""

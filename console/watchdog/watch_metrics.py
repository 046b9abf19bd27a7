"""What a process that watches counts, for Prometheus: its pages, and its heartbeats."""

from prometheus_client import CollectorRegistry, Gauge

from gateway.page_metrics import PageMetrics


class WatchMetrics:
    """The watch's own metrics; its looks and alarms are told by any console, from the record."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pages = PageMetrics(registry)
        self._heartbeat_at = Gauge(
            "kapstan_heartbeat_sent_timestamp_seconds",
            "When this process last told the dead man's switch that all is up, 0 for never",
            registry=registry,
        )

    def heartbeat_sent(self) -> None:
        """Notes that a heartbeat was sent and taken."""
        self._heartbeat_at.set_to_current_time()

"""Counts the pages that a process tried, for Prometheus. No label names a person, a channel or a course."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

from domain.escalation.messages import Page

SENT: Final = "sent"
FAILED: Final = "failed"


class PageMetrics:
    """How many pages a channel took, and how many not. Both counters exist from the start, at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pages = Counter(
            "kapstan_pages", "Pages tried, each by one channel, by what became of them", ("result",), registry=registry
        )
        for result in (SENT, FAILED):
            self._pages.labels(result)

    def tried(self, page: Page) -> None:
        """Counts one page."""
        self._pages.labels(SENT if page.ok else FAILED).inc()

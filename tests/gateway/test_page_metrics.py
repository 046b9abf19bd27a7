"""Pages are counted by what became of them, from the very first one on."""

from prometheus_client import CollectorRegistry

from gateway.page_metrics import PageMetrics
from tests.support.record_samples import page


def test_the_first_failure_is_seen_as_a_rise() -> None:
    """Both counters are there at 0 before anything was tried: what begins at 1 would never have risen."""
    registry = CollectorRegistry()
    pages = PageMetrics(registry)

    def counted() -> tuple[float | None, float | None]:
        of = [registry.get_sample_value("kapstan_pages_total", {"result": result}) for result in ("sent", "failed")]
        return of[0], of[1]

    assert counted() == (0, 0)
    for ok in (False, True, True):
        pages.tried(page(1, ok=ok))
    assert counted() == (2, 1)

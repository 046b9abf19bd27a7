"""The console's Prometheus metrics. No label holds an id or anything of a patient."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import nan
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from console.watchdog.watch_metrics import WatchMetrics
from domain.course.state import Phase
from domain.escalation.silence import SilenceReason
from domain.values import Severity
from records.gauges import Gauges

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

PATIENTS: Final = {"dosed": True, "other": False}


class ConsoleMetrics:
    """The metrics of one console, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.watch = WatchMetrics(self._registry)
        labels = ("method", "route", "status")
        self._requests = Counter("kapstan_http_requests", "Requests answered", labels, registry=self._registry)
        self._latency = Histogram(
            "kapstan_http_request_seconds", "Until the answer begins", labels, registry=self._registry
        )
        self._lag = Histogram(
            "kapstan_recorder_lag_seconds",
            "From a course's accepting an entry until it was heard to be recorded",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
            registry=self._registry,
        )
        self._is_up = Gauge("kapstan_record_store_up", "1 where PostgreSQL answers", registry=self._registry)
        self._courses = Gauge("kapstan_courses", "Courses by phase", ("phase",), registry=self._registry)
        self._escalations = Gauge(
            "kapstan_open_escalations", "Escalations not resolved yet", ("severity",), registry=self._registry
        )
        self._oldest_page = Gauge(
            "kapstan_oldest_unacknowledged_page_seconds",
            "Since the oldest page that nobody acknowledged, 0 where there is none",
            registry=self._registry,
        )
        self._unacknowledged = Gauge(
            "kapstan_unacknowledged_page_seconds",
            "Since the oldest page of this severity that nobody acknowledged, 0 where there is none",
            ("severity",),
            registry=self._registry,
        )
        self._overdue = Gauge(
            "kapstan_overdue_seconds",
            "For how long the most overdue course should have moved by itself, as recorded, 0 where none is overdue",
            ("patient",),
            registry=self._registry,
        )
        self._temporal_up = Gauge("kapstan_temporal_up", "1 where Temporal answers", registry=self._registry)
        self._workers = Gauge(
            "kapstan_workers",
            "Workers that have polled a task queue lately, as Temporal has seen them",
            ("task_queue",),
            registry=self._registry,
        )
        self._alarms = Gauge(
            "kapstan_watch_alarms", "Alarms of the watch that are not resolved", registry=self._registry
        )
        self._silent = Gauge(
            "kapstan_courses_silent",
            "Courses that nobody watches over, by what the watch found",
            ("found",),
            registry=self._registry,
        )
        self._looked_at = Gauge(
            "kapstan_watch_looked_timestamp_seconds", "When the watch last looked, 0 for never", registry=self._registry
        )
        self._verified_at = Gauge(
            "kapstan_verified_timestamp_seconds",
            "When the whole record was last verified, 0 for never",
            registry=self._registry,
        )
        self._differing = Gauge(
            "kapstan_verification_differing_rows",
            "Rows of the record that differed as it was last verified",
            registry=self._registry,
        )
        self._streams = Gauge("kapstan_streams_open", "Open streams", registry=self._registry)
        self._unreadable = Counter(
            "kapstan_unreadable_rows",
            "How often a row of the record could not be read",
            ("relation",),
            registry=self._registry,
        )
        self._unreadable_before: Mapping[str, int] = {}
        self._reads = Gauge("kapstan_reads_waiting", "Reads not recorded yet", registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a response on this route template, with the seconds until it began."""
        labels = (method if method in METHODS else "other", route, str(status))
        self._requests.labels(*labels).inc()
        self._latency.labels(*labels).observe(seconds)

    def recorded(self, accepted_at: datetime) -> None:
        """Measures the delay from a course accepting an entry to the console hearing that it is recorded."""
        self._lag.observe(max(0.0, (datetime.now(UTC) - accepted_at).total_seconds()))

    def text(
        self,
        found: Gauges | None,
        workers: Mapping[str, int] | None,
        *,
        streams: int,
        reads: int,
        unreadable: Mapping[str, int],
    ) -> bytes:
        """All metrics in Prometheus' text format. While the record store or Temporal is away its figures are left out.

        `workers` is how many work on each task queue.
        """
        for relation, times in unreadable.items():
            self._unreadable.labels(relation).inc(times - self._unreadable_before.get(relation, 0))
        self._unreadable_before = dict(unreadable)
        self._streams.set(streams)
        self._reads.set(reads)
        self._is_up.set(0 if found is None else 1)
        self._temporal_up.set(0 if workers is None else 1)
        of_the_record = (self._courses, self._escalations, self._silent, self._unacknowledged, self._overdue)
        for gauge in (*of_the_record, self._workers):
            gauge.clear()
        for queue, count in (workers or {}).items():
            self._workers.labels(queue).set(count)
        self._oldest_page.set(0)
        self._alarms.set(nan)
        self._differing.set(nan)
        if found is not None:
            for phase in Phase:
                self._courses.labels(phase.value).set(found.courses.get(phase.value, 0))
            for severity in Severity:
                self._escalations.labels(severity.value).set(found.escalations.get(severity, 0))
            self._alarms.set(found.alarms)
            for finding in SilenceReason:
                if finding.is_silent:
                    self._silent.labels(finding.value).set(found.silent.get(finding, 0))
            self._looked_at.set(found.looked_at.timestamp() if found.looked_at else 0)
            self._verified_at.set(found.verified_at.timestamp() if found.verified_at else 0)
            self._differing.set(found.differing or 0)
            for severity in Severity:
                self._unacknowledged.labels(severity.value).set(_seconds_since(found.paged_at.get(severity)))
            self._oldest_page.set(_seconds_since(min(found.paged_at.values(), default=None)))
            for patient, is_dosed in PATIENTS.items():
                self._overdue.labels(patient).set(max(0.0, _seconds_since(found.moves_at.get(is_dosed))))
        return generate_latest(self._registry)


def _seconds_since(at: datetime | None) -> float:
    return 0.0 if at is None else (datetime.now(UTC) - at).total_seconds()

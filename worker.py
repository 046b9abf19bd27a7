"""A worker: settings, clients, workers, and a clean end; nothing else."""

import asyncio
import gc
import os
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta

from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from activities.paging import Paging
from activities.records import Records
from domain.escalation.pager import Pager
from domain.oncall.file import OnCallFileError
from gateway.channels import Channels, fault
from gateway.codec import EncryptionCodec
from gateway.links import link_builder
from gateway.oncall import OnCallBook
from gateway.temporal import TemporalUnreachable, connect, leave, register_search_attributes
from logs import configure_logging
from records.store import open_store
from settings import Misconfigured, Settings, read_settings
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING
from workflows.size_metrics import BUCKETS

FINISH_WITHIN = timedelta(seconds=15)
"""What an activity under way may take when the worker is asked to stop."""


GIVEN_UP_AFTER = timedelta(seconds=2)
"""A worker that died keeps its courses to itself for so long; then any other takes them over."""

COLLECTED_AFTER = (50_000, 20, 20)
"""Python's own (700, 10, 10) looks through a long course many times while it is read in, for longer than that takes."""

HEARTBEATS_EVERY = timedelta(seconds=1)
"""What a page's heartbeat may lag behind: the least that a worker which dies makes somebody be paged twice for."""


def workers(client: Client, records: Records, paging: Paging) -> tuple[Worker, Worker]:
    """The two workers of a process: a page never waits behind a course."""
    courses = Worker(
        client,
        task_queue=COURSES,
        workflows=[PatientCourse],
        activities=[records.append_entries, records.record_escalation],
        graceful_shutdown_timeout=FINISH_WITHIN,
        sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
    )
    on_call = Worker(
        client,
        task_queue=PAGING,
        workflows=[EscalationWorkflow],
        activities=[paging.standing, paging.page],
        graceful_shutdown_timeout=FINISH_WITHIN,
        sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
        max_heartbeat_throttle_interval=HEARTBEATS_EVERY,
    )
    return courses, on_call


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set. Raises `Misconfigured` or `TemporalUnreachable` where it cannot begin."""
    if settings.database_url is None:
        raise Misconfigured("KAPSTAN_DATABASE_URL: must be a URL such as postgresql://user@host/database")
    on_call = _on_call(settings)
    client = await connect(
        identity=f"kapstan-worker-{os.getpid()}",
        codec=EncryptionCodec.of(settings.payload_keys),
        runtime=_runtime(settings),
    )
    await register_search_attributes(client)
    paging = Paging(on_call.now, Pager(link_builder(settings), Channels().send))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.database_url))
        for worker in workers(client, Records(store), paging):
            await stack.enter_async_context(worker)
        await stop.wait()


def _runtime(settings: Settings) -> Runtime | None:
    """What the SDK runs on: it shows its metrics, and those of the workflows, where the operator asks for them."""
    if not settings.worker_metrics:
        return None
    metrics = PrometheusConfig(
        bind_address=settings.worker_metrics, durations_as_seconds=True, histogram_bucket_overrides=BUCKETS
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except ValueError as error:
        raise Misconfigured(f"KAPSTAN_WORKER_METRICS: {error}") from None


def _on_call(settings: Settings) -> OnCallBook:
    """The on-call file, read once: whatever becomes of it, from then on there is a good reading to page by."""
    on_call = OnCallBook(settings.oncall, fault, settings.oncall_copy)
    try:
        on_call.now()
    except OnCallFileError as error:
        raise Misconfigured(f"KAPSTAN_ONCALL: {error}") from None
    return on_call


async def _run() -> None:
    settings = read_settings()
    listener = configure_logging(settings.log)
    stop = asyncio.Event()
    # What was loaded stays for good.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        await serve(settings, stop)
    finally:
        listener.stop()


def main() -> int:
    """Runs a worker until SIGINT or SIGTERM. Exit code 0, 2 for the configuration, 3 where Temporal is unreachable."""
    try:
        asyncio.run(_run())
    except Misconfigured as error:
        sys.stderr.write(f"kapstan: {error}\n")
        return 2
    except TemporalUnreachable as error:
        sys.stderr.write(f"kapstan: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    leave(main())

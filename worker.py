"""The worker process: reads settings, opens clients, and runs the Temporal workers of both task queues."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry, ProcessCollector
from temporalio.client import Client
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.paging import Paging
from activities.records import Records
from activities.verification import Verifying
from domain.escalation.pager import Pager
from domain.oncall.file import OnCallFileError
from domain.verification import VerificationReport
from gateway.builds import worker_deployment
from gateway.channels import Channels, fault
from gateway.codec import EncryptionCodec
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.held_runs import held_runs
from gateway.links import link_builder
from gateway.list_verification import ListVerification
from gateway.oncall import OnCallBook
from gateway.page_metrics import PageMetrics
from gateway.pollers import worker_identity
from gateway.precedence import Precedence
from gateway.protocols import Library
from gateway.sandbox import Sandbox
from gateway.sdk_metrics import SdkMetrics
from gateway.temporal import TemporalUnreachable, connect, leave, register_search_attributes
from gateway.tracing import tracing_of
from gateway.verification import Verification
from gateway.verification_schedule import keep_schedule, newest_report
from gateway.whole_tasks import applying_whole_tasks
from logs import configure_logging
from program_http import WorkerHealth, answering, create_app, listening
from records.audit_chains import AuditChains
from records.connections import Connections, open_connections
from records.sealing import Keyring
from records.store import RecordStore
from records.watchdog import WatchdogStore
from settings import Misconfigured, Settings, read_settings
from stack.core_files import leave_no_core_file
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING
from workflows.size_metrics import BUCKETS
from workflows.verification import RecordVerification

FINISH_WITHIN = timedelta(seconds=15)
"""How long activities under way may take when the worker is stopped."""


GIVEN_UP_AFTER = timedelta(seconds=2)
"""Sticky schedule-to-start timeout: after it, other workers take over the workflows of a worker that died."""

COLLECTED_AFTER = (50_000, 20, 20)
"""Thresholds of the garbage collector. Python's own (700, 10, 10) make it scan a long course repeatedly as it loads."""

GATHERING_AT_ONCE = 2_000
"""Most activities of courses at once. Each that has written its entries only waits a while for more; the SDK's own 100
would be the most that a worker writes a second."""

HOLDS_ON = 4
"""Exit code of a worker that holds on to runs."""

HEARTBEATS_EVERY = timedelta(seconds=1)
"""Longest heartbeat delay. If a worker dies within it, a page may be sent twice."""


def workers(
    client: Client,
    records: Records,
    paging: Paging,
    verifying: Verifying,
    deployment: WorkerDeploymentConfig | None = None,
) -> tuple[Worker, Worker]:
    """The two workers of a process, one for each task queue, so that pages never wait behind courses.

    With a `deployment` they take what is pinned to its build and, while that is current, what begins.
    """
    courses = Worker(
        client,
        task_queue=COURSES,
        workflows=[PatientCourse, RecordVerification],
        workflow_runner=Sandbox(),
        activities=[
            records.append_entries,
            records.keep_ended_course,
            records.is_kept,
            records.record_escalation,
            verifying.verify_record,
        ],
        max_concurrent_activities=GATHERING_AT_ONCE,
        graceful_shutdown_timeout=FINISH_WITHIN,
        sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
        deployment_config=deployment,
    )
    on_call = Worker(
        client,
        task_queue=PAGING,
        workflows=[EscalationWorkflow],
        workflow_runner=Sandbox(),
        activities=[paging.standing, paging.page],
        graceful_shutdown_timeout=FINISH_WITHIN,
        sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
        deployment_config=deployment,
        max_heartbeat_throttle_interval=HEARTBEATS_EVERY,
    )
    return applying_whole_tasks(courses), applying_whole_tasks(on_call)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set. Raises `Misconfigured` or `TemporalUnreachable` if it cannot start.

    Where it cannot let go of a run any more, the process exits at once with code 4, to be started anew.
    """
    if settings.database_url is None:
        raise Misconfigured("KAPSTAN_DATABASE_URL: must be a URL such as postgresql://user@host/database")
    on_call = _on_call(settings)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    pages = PageMetrics(registry)
    listener = listening(settings.worker_metrics, "KAPSTAN_WORKER_METRICS") if settings.worker_metrics else None
    sdk = SdkMetrics(BUCKETS) if listener else None
    codec = EncryptionCodec.of(settings.payload_keys, allow_plain=settings.allow_plain_payloads)
    keyring = Keyring.of(settings.payload_keys, encrypts=settings.encrypt_records)
    tracing = tracing_of(settings, "worker")
    client = await connect(
        identity=worker_identity(os.getpid()),
        codec=codec,
        runtime=sdk.runtime if sdk else None,
        interceptors=[tracing] if tracing else (),
    )
    caller = await connect(identity=worker_identity(os.getpid()), codec=codec, for_callers=True)
    await register_search_attributes(client)
    await keep_schedule(client, settings.verify_every)
    send = tracing.sending(Channels().send) if tracing else Channels().send
    paging = Paging(on_call.now, Pager(link_builder(settings), send, pages.tried))
    async with AsyncExitStack() as stack:
        if tracing:
            stack.callback(tracing.close)
        connections = await stack.enter_async_context(open_connections(settings.database_url, keyring))
        records = Records(RecordStore(connections), settings.gathering, Precedence(client).set)
        verifying = Verifying(partial(_verify, connections, caller))
        pair = workers(client, records, paging, verifying, worker_deployment(settings))
        if listener and sdk:
            await stack.enter_async_context(answering(create_app(WorkerHealth(client, pair), sdk, registry), listener))
        for worker in pair:
            await stack.enter_async_context(worker)
        await works_until(stop, pair)


async def works_until(stop: asyncio.Event, pair: Sequence[Worker], leave: Callable[[int], None] = leave) -> None:
    """Returns once `stop` is set. Leaves the process where a worker holds on to runs: such a worker never stops."""
    held, stopped = asyncio.ensure_future(held_runs(pair)), asyncio.ensure_future(stop.wait())
    await asyncio.wait((held, stopped), return_when=asyncio.FIRST_COMPLETED)
    if held.done():
        sys.stderr.write(f"kapstan: this worker cannot let go of {held.result()} runs; it ends, to be started anew\n")
        leave(HOLDS_ON)
    held.cancel()
    stopped.cancel()


async def _verify(connections: Connections, caller: Client) -> VerificationReport:
    """Verifies the whole record, as `kapstan verify` does."""
    store = RecordStore(connections)
    courses = Courses(caller, Library(), store, allow_unapproved=False)
    lists = ListVerification(store, WatchdogStore(connections), courses, Escalations(caller))
    before = await newest_report(caller)
    return await Verification(store, courses, lists, AuditChains(connections), before).report()


def _on_call(settings: Settings) -> OnCallBook:
    """The on-call file, read once at start: if it breaks later, there is a good reading to page by."""
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
    # What is loaded stays for good.
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
    """Runs a worker until SIGINT or SIGTERM. Exit code 0, 2 for the configuration, 3 if Temporal is unreachable."""
    leave_no_core_file()
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

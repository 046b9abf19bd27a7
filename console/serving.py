"""`kapstan console`: reads settings, opens clients, runs one HTTP server."""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Final

import uvicorn
import uvloop
from temporalio.client import Client
from temporalio.service import RPCError

from console.app import create_app
from console.connections import BoundedConnection
from console.live.stream import Stream
from console.metrics.console_metrics import ConsoleMetrics
from console.recorded_answers import RecordedAnswers
from console.request_id import own_request_id, request_id
from console.security.audit_log import AuditLog
from console.security.audit_throttle import AuditThrottle
from console.security.course_limit import CourseLimit
from console.security.rate_limit import RateLimit
from console.security.site_scope import SiteScope
from console.services import Services
from console.watchdog.composed import watchdog_of
from domain.holes.checker import holes
from domain.oncall.file import OnCall, OnCallFileError
from domain.oncall.slow_ladders import slow_ladders
from domain.protocol.sources import ids_of
from gateway.channels import fault
from gateway.codec import EncryptionCodec
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.links import Links
from gateway.oncall import OnCallBook
from gateway.protocols import Library, load_folder
from gateway.sdk_metrics import SdkMetrics
from gateway.sign_ins import SignIns
from gateway.temporal import connect
from gateway.tokens import Tokens
from gateway.tracing import tracing_of
from gateway.watchdog_alarms import WatchdogAlarms
from gateway.workflow_calls import ANSWER_WITHIN
from logs import configure_logging
from records.access import AccessStore
from records.changes import Changes, listening
from records.connections import open_connections
from records.sealing import Keyring
from records.sign_ins import SignInStore
from records.store import RecordStore
from records.watchdog import WatchdogStore
from settings import Misconfigured, Settings

ASKING: Final = (signal.SIGINT, signal.SIGTERM)

GOODBYE_WITHIN: Final = 10
"""Seconds that requests under way may take when the console is stopped."""


LINE_KEPT: Final = 75
"""Keep-alive timeout in seconds: longer than callers' own (5 to 60 s), so that no connection is closed just as the next
event is sent on it."""

SOUGHT_WITHIN: Final = timedelta(seconds=3)

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Opens the services of these settings. Raises `Misconfigured` or `ProtocolFileError`.

    PostgreSQL need not be up: courses go on without it, and events are answered. Nor need Temporal: the watchdog must
    look after dosed patients then.
    """
    if settings.database_url is None:
        raise Misconfigured("KAPSTAN_DATABASE_URL: must be a URL such as postgresql://user@host/database")
    library = load_folder(settings.protocols)
    on_call = OnCallBook(settings.oncall, fault, settings.oncall_copy)
    try:
        tell_of_slow_ladders(on_call.now())
    except OnCallFileError as error:
        raise Misconfigured(f"KAPSTAN_ONCALL: {error}") from None
    keyring = Keyring.of(settings.payload_keys, encrypts=settings.encrypt_records)
    sdk_metrics, metrics = SdkMetrics(), ConsoleMetrics()
    tracing = tracing_of(settings, "console")
    client = await connect(
        for_callers=True,
        identity=f"kapstan-console-{os.getpid()}",
        codec=EncryptionCodec.of(settings.payload_keys, allow_plain=settings.allow_plain_payloads),
        runtime=sdk_metrics.runtime,
        interceptors=[tracing] if tracing else (),
        lazy=True,
    )
    await _tell_whether_temporal_answers(client)
    async with AsyncExitStack() as stack:
        if tracing:
            stack.callback(tracing.close)
        connections = await stack.enter_async_context(open_connections(settings.database_url, keyring))
        store, access = RecordStore(connections), AccessStore(connections)
        courses = Courses(
            client,
            library,
            store,
            allow_unapproved=settings.allow_unapproved,
            timezone_of=lambda site: on_call.now().timezone_of(site),
        )
        changes, sign_ins = Changes(connections), SignIns(SignInStore(connections))
        watchdog_store = WatchdogStore(connections)
        escalations = Escalations(client, WatchdogAlarms(watchdog_store, on_call.now))
        yield Services(
            settings=settings,
            client=client,
            sdk_metrics=sdk_metrics,
            tracing=tracing,
            connections=connections,
            metrics=metrics,
            library=library,
            courses=courses,
            escalations=escalations,
            store=store,
            access=access,
            tokens=Tokens(access),
            audit_log=AuditLog(access),
            audit_throttle=AuditThrottle(),
            changes=changes,
            stream=Stream(
                changes,
                courses.view,
                partial(listening, settings.database_url),
                metrics.recorded,
                sign_ins.ended_among,
            ),
            site_scope=SiteScope(courses, store),
            course_limit=CourseLimit(),
            rate_limit=RateLimit(settings.rate),
            answer_within=ANSWER_WITHIN,
            on_call=on_call,
            links=Links(settings.link_secrets, settings.public_url) if settings.link_secrets else None,
            sign_ins=sign_ins,
            recorded_answers=RecordedAnswers(),
            watchdog=watchdog_of(settings, client, connections, courses, on_call, metrics.watch, stands_in=True),
            watchdog_store=watchdog_store,
        )


def tell_of_holes(library: Library) -> None:
    """Logs what each protocol would let through. Courses start all the same: it may be approved already."""
    for shelved in library.shelf:
        for hole in holes(shelved.protocol, ids_of(shelved.sources)):
            log.warning("%s: %s", shelved.file, hole)


def tell_of_slow_ladders(on_call: OnCall) -> None:
    """Logs at start which ladder is slow. It pages all the same, and so nothing is stopped."""
    for key, said in slow_ladders(on_call.policies):
        log.warning("KAPSTAN_ONCALL: %s: %s", key, said)


async def _tell_whether_temporal_answers(client: Client) -> None:
    """Logs at start whether Temporal answers. Every later call tries it again."""
    try:
        async with asyncio.timeout(SOUGHT_WITHIN.total_seconds()):
            await client.service_client.check_health()
    except (RuntimeError, RPCError, TimeoutError):
        where = client.service_client.config.target_host
        log.error("Temporal does not answer at %s: no event is taken; dosed patients are watched over", where)  # noqa: TRY400  the sentence is enough


class _Server(uvicorn.Server):
    """A uvicorn server that ends open streams when it stops; otherwise it would wait for each of them."""

    def __init__(self, config: uvicorn.Config, stream: Stream) -> None:
        super().__init__(config)
        self._stream = stream

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT or SIGTERM stops it; a second one hurries it.

        uvicorn's own version raises the signal again at the end, which would kill the process before its clean-up.
        """
        loop = asyncio.get_running_loop()
        for number in ASKING:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in ASKING:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stream.end()
        await super().shutdown(sockets)


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM. Raises as `open_services` does, and `Misconfigured` for a port in use."""
    async with open_services(settings) as services:
        config = uvicorn.Config(
            create_app(services),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            http=BoundedConnection,
            timeout_keep_alive=LINE_KEPT,
            timeout_graceful_shutdown=GOODBYE_WITHIN,
            lifespan="on",
        )
        server = _Server(config, services.stream)
        # What is loaded stays for good: a full collection of it would delay the requests of that moment.
        gc.collect()
        gc.freeze()
        # It takes seconds of a busy machine, and nobody who calls need wait for it.
        telling = asyncio.create_task(asyncio.to_thread(tell_of_holes, services.library))
        try:
            await server.serve()
        except SystemExit:
            raise Misconfigured(f"--port {port}: the console cannot listen on {host}:{port}") from None
        finally:
            telling.cancel()
        if not server.started:
            raise Misconfigured(f"--port {port}: the console cannot listen on {host}:{port}")


def _take_every_line() -> None:
    """Raises the limit on open files to its maximum: the usual 1024 of a shell or systemd would bound the streams."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems name a limit that they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _request() -> dict[str, str]:
    """The request id for every log line within a request."""
    return {"request_id": request_id(), "own_request_id": own_request_id()} if request_id() else {}


def run(settings: Settings, host: str, port: int) -> None:
    """Runs `serve` in an event loop until it ends."""
    listener = configure_logging(settings.log, about=_request)
    _take_every_line()
    try:
        uvloop.run(serve(settings, host, port))
    finally:
        listener.stop()

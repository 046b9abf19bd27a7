"""`kapstan watch`: the watchdog in a process of its own, which nothing that befalls a console takes along."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector

from console.readiness import ANSWER_WITHIN, is_watched
from console.watchdog.composed import watchdog_of
from console.watchdog.watch_metrics import WatchMetrics
from domain.oncall.file import OnCallFileError
from gateway.channels import fault
from gateway.codec import EncryptionCodec
from gateway.courses import Courses
from gateway.oncall import OnCallBook
from gateway.protocols import Library
from gateway.sdk_metrics import SdkMetrics
from gateway.temporal import connect
from logs import configure_logging
from program_http import answering, create_app, listening
from records.connections import open_connections
from records.errors import RecordStoreError
from records.sealing import Keyring
from records.store import RecordStore
from records.watchdog import WatchdogStore
from settings import Misconfigured, Settings

METRICS: Final = "KAPSTAN_WATCH_METRICS"


class WatchHealth:
    """Whether somebody watches: this process, or the one whose turn it is while this one waits."""

    def __init__(self, store: WatchdogStore) -> None:
        self._store = store

    async def faults(self) -> Sequence[str]:
        """What is wrong, a sentence each; empty if nothing is."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                is_well = await is_watched(self._store)
        except (RecordStoreError, TimeoutError):
            return ("the record store does not answer, so nobody can watch",)
        return () if is_well else ("nobody has looked at dosed patients within the last minute",)


async def watch(settings: Settings, stop: asyncio.Event) -> None:
    """Watches until `stop` is set; waits for its turn while another process has it. Raises `Misconfigured`.

    Neither PostgreSQL nor Temporal need be up: it looks for them until they are.
    """
    if settings.database_url is None:
        raise Misconfigured("KAPSTAN_DATABASE_URL: must be a URL such as postgresql://user@host/database")
    on_call = OnCallBook(settings.oncall, fault, settings.oncall_copy)
    try:
        on_call.now()
    except OnCallFileError as error:
        raise Misconfigured(f"KAPSTAN_ONCALL: {error}") from None
    keyring = Keyring.of(settings.payload_keys, encrypts=settings.encrypt_records)
    listener = listening(settings.watch_metrics, METRICS) if settings.watch_metrics else None
    registry, sdk = CollectorRegistry(), SdkMetrics()
    ProcessCollector(registry=registry)
    client = await connect(
        for_callers=True,
        identity=f"kapstan-watch-{os.getpid()}",
        codec=EncryptionCodec.of(settings.payload_keys, allow_plain=settings.allow_plain_payloads),
        runtime=sdk.runtime,
        lazy=True,
    )
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(open_connections(settings.database_url, keyring))
        # It asks courses whether they move, and starts none: it needs no protocol.
        courses = Courses(client, Library(), RecordStore(connections), allow_unapproved=False)
        metrics = WatchMetrics(registry)
        watchdog = watchdog_of(settings, client, connections, courses, on_call, metrics, stands_in=False)
        if listener is not None:
            health = WatchHealth(WatchdogStore(connections))
            await stack.enter_async_context(answering(create_app(health, sdk, registry), listener))
        await stack.enter_async_context(watchdog.kept())
        await stop.wait()


async def _until_asked_to_stop(settings: Settings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await watch(settings, stop)


def run(settings: Settings) -> None:
    """Watches until SIGINT or SIGTERM. Raises as `watch` does."""
    listener = configure_logging(settings.log)
    try:
        asyncio.run(_until_asked_to_stop(settings))
    finally:
        listener.stop()

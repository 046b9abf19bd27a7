"""Composes the watchdog of a process: of `kapstan watch`, or of a console that stands in for it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from temporalio.client import Client

from console.readiness import Readiness, readiness
from console.watchdog.alarms import AlarmPager
from console.watchdog.heartbeat import Heartbeat
from console.watchdog.watch_metrics import WatchMetrics
from console.watchdog.watchdog import Watchdog
from domain.escalation.pager import Pager
from gateway.channels import Channels
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.links import link_builder
from gateway.liveness import Liveness
from gateway.oncall import OnCallBook
from gateway.stuck_workflows import suspects
from records.connections import Connections
from records.watchdog import WatchdogStore, turn_to_watch
from settings import Settings


def watchdog_of(
    settings: Settings,
    client: Client,
    connections: Connections,
    courses: Courses,
    on_call: OnCallBook,
    metrics: WatchMetrics,
    *,
    stands_in: bool,
) -> Watchdog:
    """The watchdog of a process with these settings. One that `stands_in` watches while no other process is there."""
    assert settings.database_url is not None, "whoever composes it has checked that"
    store = WatchdogStore(connections)
    return Watchdog(
        store,
        partial(turn_to_watch, settings.database_url, stands_in=stands_in),
        Liveness(client, courses, Escalations(client)).of,
        AlarmPager(store, on_call.now, Pager(link_builder(settings), Channels().send, metrics.pages.tried)),
        on_call.now,
        settings.watch_grace,
        partial(suspects, client),
        *_heartbeat(settings, partial(readiness, client, connections, store), metrics),
    )


def _heartbeat(
    settings: Settings, ready: Callable[[], Awaitable[Readiness]], metrics: WatchMetrics
) -> tuple[Callable[[], Awaitable[None]], timedelta] | tuple[()]:
    """The heartbeat and how often it is sent, where a dead man's switch is set."""
    url = settings.heartbeat_url.get_secret_value()
    heartbeat = Heartbeat(url, ready, metrics.heartbeat_sent, console_url=settings.console_url)
    return (heartbeat.beat, settings.heartbeat_every) if url else ()

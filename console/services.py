"""All that a request may reach: courses and escalations through Temporal, lists through the record, tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from console.live.stream import Stream
from console.metrics.console_metrics import Measures
from console.metrics.sdk_metrics import Engine
from console.security.audit_log import ReadLog
from console.security.audit_throttle import Glances
from console.security.course_limit import Turns
from console.security.rate_limit import Rates
from console.security.session_cookie import Seal
from console.security.site_scope import Sites
from console.watchdog.watchdog import Watch
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.links import Links
from gateway.oncall import OnCallBook
from gateway.protocols import Library
from gateway.tokens import Tokens
from records.access import AccessStore
from records.changes import Changes
from records.connections import Connections
from records.store import RecordStore
from records.watchdog import WatchStore
from settings import Settings


@dataclass(frozen=True)
class Door:
    """What the console is composed of; made once, at its start. An event is answered within `answer_within`."""

    settings: Settings
    client: Client
    engine: Engine
    connections: Connections
    measures: Measures
    library: Library
    courses: Courses
    escalations: Escalations
    store: RecordStore
    access: AccessStore
    tokens: Tokens
    reads: ReadLog
    glances: Glances
    changes: Changes
    stream: Stream
    sites: Sites
    turns: Turns
    rates: Rates
    answer_within: timedelta
    on_call: OnCallBook
    links: Links | None
    seal: Seal
    watch: Watch
    watched: WatchStore


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


AtTheDoor = Annotated[Door, Depends(_door)]
"""A route's parameter: what it may reach."""

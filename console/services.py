"""All that a request may reach: courses and escalations through Temporal, lists through the record, tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from console.live.stream import Stream
from console.metrics.console_metrics import ConsoleMetrics
from console.metrics.sdk_metrics import SdkMetrics
from console.security.audit_log import AuditLog
from console.security.audit_throttle import AuditThrottle
from console.security.course_limit import CourseLimit
from console.security.rate_limit import RateLimit
from console.security.session_cookie import Seal
from console.security.site_scope import SiteScope
from console.watchdog.watchdog import Watchdog
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
from records.watchdog import WatchdogStore
from settings import Settings


@dataclass(frozen=True)
class Services:
    """What the console is composed of; made once, at its start. An event is answered within `answer_within`."""

    settings: Settings
    client: Client
    engine: SdkMetrics
    connections: Connections
    measures: ConsoleMetrics
    library: Library
    courses: Courses
    escalations: Escalations
    store: RecordStore
    access: AccessStore
    tokens: Tokens
    reads: AuditLog
    glances: AuditThrottle
    changes: Changes
    stream: Stream
    sites: SiteScope
    turns: CourseLimit
    rates: RateLimit
    answer_within: timedelta
    on_call: OnCallBook
    links: Links | None
    seal: Seal
    watch: Watchdog
    watched: WatchdogStore


def _door(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


AtTheDoor = Annotated[Services, Depends(_door)]
"""A route's parameter: what it may reach."""

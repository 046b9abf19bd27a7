"""The services that requests use, and the FastAPI dependencies that give routes access to them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from temporalio.client import Client

from console.access.courses import CourseAccess
from console.access.escalations import EscalationAccess
from console.access.reporting import EventReporting
from console.kept_answer import KeptAnswer
from console.kept_proof import KeptProof
from console.live.stream import Stream
from console.metrics.collected import CollectedMetrics
from console.metrics.console_metrics import ConsoleMetrics
from console.readiness import Readiness, readiness
from console.recorded_answers import RecordedAnswers
from console.rehearsing import Rehearsing
from console.security.audit_log import AuditLog
from console.security.audit_throttle import AuditThrottle
from console.security.course_limit import CourseLimit
from console.security.rate_limit import RateLimit
from console.security.site_scope import SiteScope
from console.watchdog.watchdog import Watchdog
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.links import Links
from gateway.oncall import OnCallBook
from gateway.past_courses import PastCourses
from gateway.protocols import Library
from gateway.sdk_metrics import SdkMetrics
from gateway.sign_ins import SignIns
from gateway.tokens import Tokens
from gateway.tracing import Tracing
from records.access import AccessStore
from records.changes import Changes
from records.connections import Connections
from records.store import RecordStore
from records.watchdog import WatchdogStore
from settings import Settings


@dataclass(frozen=True)
class Services:
    """Everything the console is composed of, made once at its start. An event is answered within `answer_within`."""

    settings: Settings
    client: Client
    sdk_metrics: SdkMetrics
    tracing: Tracing | None
    connections: Connections
    metrics: ConsoleMetrics
    library: Library
    courses: Courses
    escalations: Escalations
    store: RecordStore
    access: AccessStore
    tokens: Tokens
    audit_log: AuditLog
    audit_throttle: AuditThrottle
    changes: Changes
    stream: Stream
    site_scope: SiteScope
    course_limit: CourseLimit
    rate_limit: RateLimit
    answer_within: timedelta
    on_call: OnCallBook
    links: Links | None
    sign_ins: SignIns
    recorded_answers: RecordedAnswers
    watchdog: Watchdog
    watchdog_store: WatchdogStore

    @cached_property
    def course_access(self) -> CourseAccess:
        """Reads courses with access checks."""
        past = PastCourses(self.courses, self.store, self.library)
        return CourseAccess(self.courses, self.store, self.site_scope, self.watchdog_store, past)

    @cached_property
    def escalation_access(self) -> EscalationAccess:
        """Reads and acts on escalations with access checks."""
        return EscalationAccess(
            self.escalations, self.courses, self.store, self.site_scope, self.on_call, self.audit_log
        )

    @cached_property
    def reporting(self) -> EventReporting:
        """Reports events with access checks."""
        return EventReporting(self.courses, self.site_scope, self.course_limit, self.answer_within)

    @cached_property
    def readiness(self) -> KeptAnswer[Readiness]:
        """What is up, as of a moment ago."""
        return KeptAnswer(partial(readiness, self.client, self.connections, self.watchdog_store))

    @cached_property
    def proof(self) -> KeptProof:
        """The proof of the on-call file."""
        return KeptProof()

    @cached_property
    def rehearsing(self) -> Rehearsing:
        """Plays scripts for the page of a rehearsal."""
        return Rehearsing()

    @cached_property
    def collected_metrics(self) -> CollectedMetrics:
        """All metrics."""
        return CollectedMetrics(
            self.metrics, self.sdk_metrics, self.stream, self.audit_log, self.connections, self.client
        )


T = TypeVar("T")


# Coroutines, though nothing is awaited: FastAPI calls a plain function in a thread, which takes a request longer than
# all else that the console does for it.


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _one(pick: Callable[[Services], T]) -> Callable[[Request], Awaitable[T]]:
    async def picked(request: Request) -> T:
        return pick(request.app.state.services)

    return picked


ServicesDep = Annotated[Services, Depends(_services)]
"""All services: for pages, whose frame shows something of each."""

AuditLogDep = Annotated[AuditLog, Depends(_one(lambda services: services.audit_log))]
CourseAccessDep = Annotated[CourseAccess, Depends(_one(lambda services: services.course_access))]
CoursesDep = Annotated[Courses, Depends(_one(lambda services: services.courses))]
EscalationAccessDep = Annotated[EscalationAccess, Depends(_one(lambda services: services.escalation_access))]
EscalationsDep = Annotated[Escalations, Depends(_one(lambda services: services.escalations))]
EventReportingDep = Annotated[EventReporting, Depends(_one(lambda services: services.reporting))]
LibraryDep = Annotated[Library, Depends(_one(lambda services: services.library))]
MetricsDep = Annotated[CollectedMetrics, Depends(_one(lambda services: services.collected_metrics))]
OnCallDep = Annotated[OnCallBook, Depends(_one(lambda services: services.on_call))]
ReadinessDep = Annotated[KeptAnswer[Readiness], Depends(_one(lambda services: services.readiness))]
RateLimitDep = Annotated[RateLimit, Depends(_one(lambda services: services.rate_limit))]
SiteScopeDep = Annotated[SiteScope, Depends(_one(lambda services: services.site_scope))]
StoreDep = Annotated[RecordStore, Depends(_one(lambda services: services.store))]
StreamDep = Annotated[Stream, Depends(_one(lambda services: services.stream))]
TokensDep = Annotated[Tokens, Depends(_one(lambda services: services.tokens))]

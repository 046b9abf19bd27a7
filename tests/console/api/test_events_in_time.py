"""An event is answered within its time, whoever is slow; and a fault in one event of a batch is its own."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from console import app as console
from console.access.reporting import EventReporting
from console.security.course_limit import CourseLimit
from console.security.rate_limit import RateLimit
from console.security.site_scope import SiteScope
from console.services import Services
from domain.access import Caller, SentBy, TokenRole
from domain.course.answer import Answer
from domain.course.state import Phase
from domain.events.clinic_events import ClinicEvent
from gateway.courses import Courses, Reported
from tests.support.cast import MONDAY, referral
from tests.support.http_stack import on_the_wire

WORDS = "They spoke of their brother"
CLINIC = Caller(token_id="00000001", name="a clinic", roles=(TokenRole.CLINIC,))


class CoursesTwin:
    """Courses that answer at once, but for those named: `slow` never does, `broken` fails."""

    async def report(self, event: ClinicEvent, *, request_id: str | None, sent_by: SentBy | None) -> Reported:
        assert request_id
        assert sent_by
        if event.subject == "slow":
            await asyncio.Event().wait()
        if event.subject == "broken":
            raise KeyError(event.data.note)
        answer = Answer(
            event_id=event.id,
            course_id=event.subject,
            sequence=1,
            phase=Phase.SCREENING,
            held=False,
            session=None,
            verdict=None,
            escalations=(),
            blockers=(),
            next=(),
        )
        return Reported(answer=answer, started=True)


class SitesTwin:
    """Every course is theirs."""

    async def check_event(self, _caller: Caller, _event: ClinicEvent) -> None:
        return


class TokensTwin:
    """One token."""

    async def caller(self, _presented: str) -> Caller:
        return CLINIC


class MetricsTwin:
    """Counts nothing."""

    def answered(self, *_: object) -> None:
        return


class ServicesTwin:
    """As much of the services as an event needs."""

    def __init__(self) -> None:
        courses, sites = cast("Courses", CoursesTwin()), cast("SiteScope", SitesTwin())
        self.tokens, self.metrics, self.rate_limit = TokensTwin(), MetricsTwin(), RateLimit(1000)
        self.audit_log, self.tracing = None, None
        self.reporting = EventReporting(courses, sites, CourseLimit(), timedelta(seconds=2))


@pytest.fixture
def app() -> FastAPI:
    return console.create_app(cast("Services", ServicesTwin()))


def told(course: str) -> ClinicEvent:
    event = referral(course, at=MONDAY)
    return event.but(data=event.data.but(note=WORDS))


async def posted(app: FastAPI, *courses: str) -> httpx.Response:
    """Referrals of these courses: alone, or as a batch."""
    written: list[Mapping[str, Any]] = [on_the_wire(told(course)) for course in courses]
    kind = "application/cloudevents+json" if len(written) == 1 else "application/cloudevents-batch+json"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kapstan") as client:
        return await client.post(
            "/v1/events",
            content=json.dumps(written[0] if len(written) == 1 else written),
            headers={"Content-Type": kind, "Authorization": "Bearer kap_1"},
        )


async def test_an_event_is_answered_within_its_time(app: FastAPI) -> None:
    """503 and when to come again, however long the parts of it would take together."""
    answer = await posted(app, "slow")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_fault_in_one_event_of_a_batch_is_its_own(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """What was accepted before it is told, what comes after it is tried, and what it quotes is told to nobody."""
    answer = await posted(app, "good-1", "broken", "good-2")

    results = answer.json()["results"]
    assert [one["status"] for one in results] == [201, 500, 201]
    assert results[1]["body"]["code"] == "internal"
    assert WORDS not in answer.text + caplog.text

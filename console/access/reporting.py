"""Reports a clinic event for a caller, after checking that they may report it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from console.access.sender import sender_of
from console.errors.problems import ProblemCode, problem_error
from console.request_id import request_id
from console.security.course_limit import CourseLimit
from console.security.site_scope import SiteScope
from domain.access import Caller
from domain.durations import in_words
from domain.events.clinic_events import ClinicEvent, CorrectionRecorded
from domain.events.parsing import Decoded, event_in
from domain.values import Actor
from gateway.courses import Courses, Reported
from gateway.workflow_calls import Unavailable

TURN_WITHIN: Final = timedelta(seconds=5)
"""Longest wait for a turn of the course; what is left of `answer_within` is for deciding the event."""


class EventReporting:
    """Passes clinic events to their courses. An event is answered within `answer_within`."""

    def __init__(
        self, courses: Courses, site_scope: SiteScope, course_limit: CourseLimit, answer_within: timedelta
    ) -> None:
        self._courses = courses
        self._site_scope = site_scope
        self._course_limit = course_limit
        self._answer_within = answer_within

    async def report(self, caller: Caller, sent: Decoded) -> Reported:
        """Reports the event and returns what the course answered.

        Raises `ProblemError` (`forbidden`), `Refused`, `Unavailable` or `TooMany`.
        """
        return await self._in_turn(
            caller, sent, lambda event: self._courses.report(event, request_id=request_id(), sent_by=sender_of(caller))
        )

    async def ask(self, caller: Caller, sent: Decoded) -> Reported:
        """What reporting the event would be answered now; nothing is recorded.

        Raises as `report` does, and `Refused` (`blocked`) for a fact that would deviate from the protocol.
        """
        return await self._in_turn(caller, sent, lambda event: self._courses.ask(event, sent_by=sender_of(caller)))

    async def _in_turn(
        self, caller: Caller, sent: Decoded, decide: Callable[[ClinicEvent], Awaitable[Reported]]
    ) -> Reported:
        event = event_in(sent)
        if not caller.may_report(event.type):
            raise problem_error(ProblemCode.FORBIDDEN, f"A token of role {caller.role} may not report {event.type}")
        _check_speaker(caller, event)
        try:
            async with asyncio.timeout(self._answer_within.total_seconds()):
                await self._site_scope.check_event(caller, event)
                async with self._course_limit.turn(event.subject, within=TURN_WITHIN):
                    return await decide(event)
        except TimeoutError:
            told = f"no answer within {in_words(self._answer_within)}; send the same event again"
            raise Unavailable(told) from None


def _check_speaker(caller: Caller, event: ClinicEvent) -> None:
    """Raises `ProblemError` (`forbidden`) for an event, or a correction, in the name of somebody else."""
    for actor in _speakers(event):
        if (why := caller.why_not_report(actor)) is not None:
            raise problem_error(ProblemCode.FORBIDDEN, why)


def _speakers(event: ClinicEvent) -> Iterator[Actor]:
    """Who reports the event, and who is to have reported the fact that it corrects, where it says so."""
    yield event.data.actor
    if isinstance(event, CorrectionRecorded) and event.data.data is not None and "actor" in event.data.data:
        with suppress(ValidationError):  # a wrong one is told by its field, when the course reads the right data
            yield Actor.model_validate(event.data.data["actor"])

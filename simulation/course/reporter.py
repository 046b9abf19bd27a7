"""Reports a patient's events to a ward in order, and keeps an agenda of those to report later."""

import heapq
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from domain.course.answer import Answer
from domain.course.state import Phase
from domain.events.clinic_events import (
    CLINIC_EVENT,
    MODELS,
    ClinicEvent,
    CourseDiscontinued,
    CourseTransferred,
    CourseVoided,
    EligibilityDecided,
    EventData,
    FollowUpHeld,
    PatientDied,
    PatientWithdrew,
)
from domain.refusal import Refused
from domain.values import CourseId
from simulation.course.ward import Ward

SOURCE = "/simulated-clinic"

_TYPE_OF: dict[Any, str] = {model.model_fields["data"].annotation: name for name, model in MODELS.items()}

_MAY_CLOSE = (
    EligibilityDecided.Data,
    FollowUpHeld.Data,
    PatientWithdrew.Data,
    PatientDied.Data,
    CourseDiscontinued.Data,
    CourseTransferred.Data,
    CourseVoided.Data,
)
"""The events with which a script may close its course."""


class OffScript(Exception):  # noqa: N818  it belongs to the story, it is no error
    """An event was answered otherwise than its script expects.

    It was accepted and must be refused, it deviates, or its course was closed by somebody else.
    """


class Reporter:
    """Reports the events of one course to a ward, in order. `now` is the time of the last event."""

    def __init__(self, ward: Ward, course_id: CourseId, starts_at: datetime) -> None:
        self.now = starts_at
        self.ward = ward
        self._course_id = course_id
        self._numbers = count(1)
        self._has_ended = False
        self._agenda: list[tuple[datetime, int, EventData]] = []

    async def tell(self, at: datetime, data: EventData, *, deviation: str | None = None) -> Answer:
        """Advances the clock to `at`, then reports the event as in `tell_at_once`."""
        await self.ward.until(at)
        return await self.tell_at_once(at, data, deviation=deviation)

    async def tell_at_once(self, at: datetime, data: EventData, *, deviation: str | None = None) -> Answer:
        """Reports an event at `at` without advancing the clock.

        The protocol must have nothing against it, or `deviation` among what it has; raises `OffScript` if not.
        """
        self.now = at
        event = CLINIC_EVENT.validate_python(
            {
                "type": _TYPE_OF[type(data)],
                "id": f"{self._course_id}/{next(self._numbers):04d}",
                "source": SOURCE,
                "subject": self._course_id,
                "time": at,
                "data": data,
            }
        )
        answer = await self.ward.report(event)
        self._compare(event, answer, deviation)
        return answer

    def _compare(self, event: ClinicEvent, answer: Answer, deviation: str | None) -> None:
        """Raises `OffScript` where the answer is not the one that the script expects."""
        against = [one.code for one in answer.deviations]
        if deviation is None and against:
            raise OffScript(f"{event.type} deviates: {answer.deviations[0].message}")
        if deviation is not None and deviation not in against:
            raise OffScript(f"{event.type} deviates by {', '.join(against) or 'nothing'}; it must by {deviation}")
        if answer.phase is Phase.CLOSED and not (self._has_ended or isinstance(event.data, _MAY_CLOSE)):
            raise OffScript(f"{event.type} came to a closed course")
        self._has_ended = answer.phase is Phase.CLOSED

    async def tell_in_vain(self, at: datetime, data: EventData, blocker: str) -> None:
        """Reports an event that must be refused, with `blocker` among the reasons. Raises `OffScript` if it is not."""
        try:
            await self.tell(at, data)
        except Refused as refused:
            reasons = [one.code for one in refused.refusal.blockers]
            if blocker not in reasons:
                raise OffScript(f"refused for {', '.join(reasons)}; it must be refused for {blocker}") from refused
            return
        raise OffScript(f"{_TYPE_OF[type(data)]} was accepted; it must be refused for {blocker}")

    def note(self, at: datetime, data: EventData) -> None:
        """Schedules an event for `at`."""
        heapq.heappush(self._agenda, (at, next(self._numbers), data))

    def keep_only(self, kind: type[EventData]) -> None:
        """Takes everything of another kind off the agenda."""
        self._agenda = [noted for noted in self._agenda if isinstance(noted[2], kind)]
        heapq.heapify(self._agenda)

    async def live_until(self, moment: datetime, *, nobody_calls_for: timedelta = timedelta()) -> None:
        """Reports everything scheduled until `moment`, and early what falls within `nobody_calls_for` after it."""
        while self._agenda and self._agenda[0][0] <= moment + nobody_calls_for:
            at, _, data = heapq.heappop(self._agenda)
            await self.tell(max(self.now, min(at, moment)), data)

"""Reports a patient's events to a ward in order, and keeps an agenda of those to report later."""

import heapq
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from domain.course.answer import Answer
from domain.events.clinic_events import CLINIC_EVENT, MODELS, EventData
from domain.refusal import Refused
from domain.values import CourseId
from simulation.course.ward import Ward

SOURCE = "/simulated-clinic"

_TYPE_OF: dict[Any, str] = {model.model_fields["data"].annotation: name for name, model in MODELS.items()}


class NotRefused(Exception):  # noqa: N818  it belongs to the story, it is no error
    """An event was accepted that the script expects to be refused, or was refused for another reason."""


class Reporter:
    """Reports the events of one course to a ward, in order. `now` is the time of the last event."""

    def __init__(self, ward: Ward, course_id: CourseId, starts_at: datetime) -> None:
        self.now = starts_at
        self.ward = ward
        self._course_id = course_id
        self._numbers = count(1)
        self._agenda: list[tuple[datetime, int, EventData]] = []

    async def tell(self, at: datetime, data: EventData) -> Answer:
        """Advances the clock to `at`, then reports the event."""
        await self.ward.until(at)
        return await self.tell_at_once(at, data)

    async def tell_at_once(self, at: datetime, data: EventData) -> Answer:
        """Reports an event at `at` without advancing the clock."""
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
        return await self.ward.report(event)

    async def tell_in_vain(self, at: datetime, data: EventData, blocker: str) -> None:
        """Reports an event that must be refused, with `blocker` among the reasons. Raises `NotRefused` if it is not."""
        try:
            await self.tell(at, data)
        except Refused as refused:
            reasons = [one.code for one in refused.refusal.blockers]
            if blocker not in reasons:
                raise NotRefused(f"refused for {', '.join(reasons)}; it must be refused for {blocker}") from refused
            return
        raise NotRefused(f"{_TYPE_OF[type(data)]} was accepted; it must be refused for {blocker}")

    def note(self, at: datetime, data: EventData) -> None:
        """Schedules an event for `at`."""
        heapq.heappush(self._agenda, (at, next(self._numbers), data))

    async def live_until(self, moment: datetime, *, nobody_calls_for: timedelta = timedelta()) -> None:
        """Reports everything scheduled until `moment`, and early what falls within `nobody_calls_for` after it."""
        while self._agenda and self._agenda[0][0] <= moment + nobody_calls_for:
            at, _, data = heapq.heappop(self._agenda)
            await self.tell(max(self.now, min(at, moment)), data)

"""Makes the lists of the record store anew: from courses, escalations, ledgers and the watchdog's alarms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from domain.escalation.ids import RECORD, EscalationId
from domain.escalation.messages import EscalationView
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.refusal import Refused
from domain.values import CourseId, Frozen
from domain.views.escalations_told import ToldEscalation, escalations_told
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.verification import CATCH_UP_WITHIN, LOOK_AGAIN_AFTER
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import CourseErased, RecordLocked
from records.store import RecordStore
from records.unreadable_rows import RowUnreadable
from records.watchdog import WatchdogStore

BEHIND: Final = "its ledger does not end where the course does: see kapstan verify"
NO_LEDGER: Final = "there is no ledger of it yet"


class Rebuilt(Frozen):
    """One course whose lists were made anew, with so many escalations; or `left` says why its row is as it was.

    `is_taken_off`: it stood on a list, and neither a ledger nor Temporal knows it. `erased` says when its content was
    erased: its lists show what is left, and stay.
    """

    course_id: str
    escalations: int = 0
    left: str | None = None
    is_taken_off: bool = False
    erased: str | None = None


class Rebuilding:
    """Overwrites every row of the lists. Kapstan may run meanwhile: what moves is written as it is after it."""

    def __init__(self, store: RecordStore, watch: WatchdogStore, courses: Courses, escalations: Escalations) -> None:
        self._store = store
        self._watch = watch
        self._courses = courses
        self._escalations = escalations

    async def run(self) -> AsyncIterator[Rebuilt]:
        """Makes the lists of every course anew, one after another. Raises `Unavailable` if Temporal is away.

        Raises `RoleMayNot` unless it connects as the owner of the database.
        """
        known = frozenset(await self._courses.ids())
        recorded = set((await self._store.heads()).ids)
        for course_id in sorted(recorded):
            yield await self._rebuilt(course_id)
        for course_id in await self._store.listed():
            if course_id in recorded or course_id == RECORD:  # escalations about the record have no ledger
                continue
            if course_id in known:
                yield Rebuilt(course_id=course_id, left=NO_LEDGER)
                continue
            for escalation in await self._store.escalation_ids(course_id):
                await self._list_escalation(escalation, None)
            await self._store.unlist_course(course_id)
            yield Rebuilt(course_id=course_id, is_taken_off=True)

    async def _rebuilt(self, course_id: CourseId) -> Rebuilt:
        match await self._store.locked(course_id):
            case CourseErased() as erased:
                return Rebuilt(course_id=course_id, erased=str(erased))
            case RecordLocked() as locked:
                return Rebuilt(course_id=course_id, left=str(locked))
        left = await self._list_course(course_id)
        told = escalations_told(await self._store.entries(course_id))
        every = sorted({*told, *await self._store.escalation_ids(course_id)})
        for escalation in every:
            await self._list_escalation(escalation, told.get(escalation))
        return Rebuilt(course_id=course_id, escalations=len(every), left=left)

    async def _list_course(self, course_id: CourseId) -> str | None:
        """Writes the course's row; why it could not be, if so."""
        for _ in range(CATCH_UP_WITHIN // LOOK_AGAIN_AFTER):
            # As of its newest entry: what is to be done changes with time alone too, and is listed as it was then.
            newest = (await self._store.entries(course_id))[-1:]
            at = newest[0].recorded_at if newest else datetime.now(UTC)
            try:
                batch = await self._courses.as_listed(course_id, at)
            except (Refused, Unavailable, TooMany) as silent:
                return str(silent)
            if await self._store.list_anew(batch):
                return None
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
        return BEHIND

    async def _list_escalation(self, escalation: EscalationId, told: ToldEscalation | None) -> None:
        """Writes the escalation's row as whoever holds it tells it, or takes it off if nobody knows it.

        An alarm of the watchdog that cannot be read is left as it is listed.
        """
        with suppress(RowUnreadable):
            await self._list_as_held(escalation, told)

    async def _list_as_held(self, escalation: EscalationId, told: ToldEscalation | None) -> None:
        while (held := await self._held(escalation, told)) is not None:
            await self._store.list_escalation_anew(held)
            again = await self._held(escalation, told)
            if again is None or again.revision == held.revision:
                return  # what moved meanwhile was written by its workflow, perhaps before, and is written once more
        await self._store.unlist_escalation(escalation)

    async def _held(self, escalation: EscalationId, told: ToldEscalation | None) -> EscalationView | None:
        """The escalation as its workflow or the watchdog holds it, or as its ledger tells it."""
        if is_of_the_watch(escalation):
            alarm = await self._watch.incident(escalation)
            return alarm.escalation.view if alarm is not None else None
        try:
            return await self._escalations.view(escalation)
        except Refused:
            return told.applied_to(await self._listed(escalation)) if told is not None else None

    async def _listed(self, escalation: EscalationId) -> EscalationView | None:
        try:
            return await self._store.escalation(escalation)
        except RowUnreadable:
            return None

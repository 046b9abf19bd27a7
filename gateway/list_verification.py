"""Compares the lists of the record store with the ledgers, and with what courses and escalations say of themselves."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from domain.escalation.ids import RECORD, EscalationId
from domain.escalation.messages import ACTS, Acknowledge, EscalationState, EscalationView, Resolve, Snooze
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.ledger import Entry
from domain.refusal import Refused
from domain.values import CourseId, Frozen
from domain.views.bookings import Booking
from domain.views.escalations_told import ToldEscalation, escalations_told
from domain.views.figures import CourseFigures
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.workflow_calls import TooMany, Unavailable
from records.store import EscalationFilter, RecordStore
from records.unreadable_rows import Found, RowUnreadable
from records.watchdog import WatchdogStore

PAGE: Final = 1000
"""Escalations of one course that are read at once."""

_NOT_LISTED: Final = frozenset({"snoozed_until", "unreached"})
"""What an escalation's list does not hold, or works out from its pages."""


class Differs(Frozen):
    """A row of a list that is not what it must be: its relation and id, and how it differs, without its content."""

    relation: str
    id: str
    differs: str


class ListVerification:
    """Compares the rows of the lists, course by course.

    What is open, and every course, is compared with the ledger and the workflow; what is resolved, with the ledger, for
    Temporal forgets it. Watchdog alarms are compared with the watchdog's own account.
    """

    def __init__(self, store: RecordStore, watch: WatchdogStore, courses: Courses, escalations: Escalations) -> None:
        self._store = store
        self._watch = watch
        self._courses = courses
        self._escalations = escalations

    async def of(self, course_id: CourseId, entries: Sequence[Entry], *, is_silent: bool) -> list[Differs]:
        """How the rows of one course differ from its ledger of these entries. Rows that cannot be read are left out.

        Of a silent course no workflow is asked.
        """
        return [
            *await self._of_course(course_id, entries, is_silent=is_silent),
            *await self._of_escalations(course_id, entries, is_silent=is_silent),
        ]

    async def without_a_ledger(self, course_ids: frozenset[CourseId]) -> AsyncIterator[Differs]:
        """What the lists name though there is a ledger of none of it; `course_ids` are those that have one."""
        for differing in await self._of_the_record():
            yield differing
        for course_id in await self._store.listed():
            if course_id not in course_ids and course_id != RECORD:
                yield Differs(relation="courses", id=course_id, differs="it is listed, and there is no ledger of it")

    async def _of_course(self, course_id: CourseId, entries: Sequence[Entry], *, is_silent: bool) -> list[Differs]:
        try:
            listed, figures = await self._store.course(course_id), await self._store.figures_of(course_id)
            booked = await self._store.bookings_of(course_id)
        except RowUnreadable:
            return []
        if listed is None:
            return [Differs(relation="courses", id=course_id, differs="it has a ledger, and is on no list")]
        last = entries[-1]
        if (listed.sequence, listed.ledger_head) != (last.sequence, last.hash):
            wrong = "it is not listed as of the newest entry of its ledger"
            return [Differs(relation="courses", id=course_id, differs=wrong)]
        if is_silent:
            return []
        # What is to be done changes with time alone too, so it may be listed as it was when it was written.
        found: list[list[Differs]] = []
        for at in (last.recorded_at, datetime.now(UTC)):
            try:
                told = await self._courses.as_listed(course_id, at)
            except (Refused, Unavailable, TooMany) as silent:
                return [Differs(relation="courses", id=course_id, differs=f"it was compared with nothing: {silent}")]
            found.append(
                [
                    *_compared("courses", course_id, _different(told.summary, listed)),
                    *_compared("course_figures", course_id, _different_figures(told.figures, figures)),
                    *_different_bookings(told.bookings, booked),
                ]
            )
            if not found[-1]:
                return []
        return min(found, key=len)

    async def _of_escalations(self, course_id: CourseId, entries: Sequence[Entry], *, is_silent: bool) -> list[Differs]:
        listed, ids = await self._listed(course_id)
        told = escalations_told(entries)
        missing = (one for one in told.values() if one.id not in ids)
        differing = [await self._difference(one, told.get(one.id), is_silent=is_silent) for one in listed]
        return [
            *(_escalation(one.id, f"its ledger says that it is {one.state}, and it is on no list") for one in missing),
            *(_escalation(one.id, how) for one, how in zip(listed, differing, strict=True) if how is not None),
        ]

    async def _of_the_record(self) -> list[Differs]:
        """How the escalations about the record itself differ from their workflows: no ledger tells of them."""
        listed, _ = await self._listed(RECORD)
        differing = [await self._difference_of_an_open_one(one) for one in listed]
        return [_escalation(one.id, how) for one, how in zip(listed, differing, strict=True) if how is not None]

    async def _listed(self, course_id: CourseId) -> tuple[Sequence[EscalationView], frozenset[str]]:
        """The escalations that are listed of a course and can be read, and the ids of all."""
        found = await self._store.escalations(EscalationFilter(course_id=course_id, limit=PAGE))
        listed, ids = list(found), set(found.ids)
        while len(found.ids) == PAGE:
            found = await self._store.escalations(
                EscalationFilter(course_id=course_id, limit=PAGE, cursor=found.ids[-1])
            )
            listed += found
            ids |= set(found.ids)
        return listed, frozenset(ids)

    async def _difference(self, listed: EscalationView, told: ToldEscalation | None, *, is_silent: bool) -> str | None:
        if is_of_the_watch(listed.id):
            return await self._difference_of_the_watch(listed)
        if told is None:
            return "its course's ledger knows nothing of it"
        if listed.state is not told.state:
            return f"it is listed as {listed.state}, and its ledger says {told.state}"
        if told.is_resolved:
            return _said(_different_resolved(listed, told))
        return None if is_silent else await self._difference_of_an_open_one(listed)

    async def _difference_of_an_open_one(self, listed: EscalationView) -> str | None:
        try:
            held = await self._escalations.view(listed.id)
        except Refused:
            if listed.state is EscalationState.RESOLVED:
                return None  # Temporal has forgotten it
            return f"it stands {listed.state}, and Temporal knows no such escalation: nobody is paged for it"
        except (Unavailable, TooMany) as silent:
            return f"it was compared with nothing: {silent}"
        return _said(_different(held, listed))

    async def _difference_of_the_watch(self, listed: EscalationView) -> str | None:
        try:
            alarm = await self._watch.incident(listed.id)
        except RowUnreadable:
            return "the watchdog's own account of it cannot be read"
        if alarm is None:
            return "the watchdog never raised it"
        if (differs := _said(_different(alarm.escalation.view, listed))) is not None:
            return differs
        untold = _answers_of(alarm.escalation.view) - await self._watch.acts_on(listed.id)
        return f"no act of administration answered it: {', '.join(sorted(untold))}" if untold else None


def _answers_of(view: EscalationView) -> frozenset[str]:
    """The acts by which people answered the alarm, as its row says: by their names in the record of administration."""
    answers = (
        (ACTS[Resolve], view.resolved_by),
        (ACTS[Acknowledge], view.acknowledged_by),
        (ACTS[Snooze], view.snoozed_until),
    )
    return frozenset(act for act, answered in answers if answered is not None)


def _escalation(escalation: EscalationId, how: str) -> Differs:
    return Differs(relation="escalations", id=escalation, differs=how)


def _compared(relation: str, course_id: CourseId, fields: Sequence[str]) -> list[Differs]:
    said = _said(fields)
    return [Differs(relation=relation, id=course_id, differs=said)] if said else []


def _said(fields: Sequence[str]) -> str | None:
    """What is said of fields that differ: their names, never their content."""
    return f"not as Kapstan wrote it: {', '.join(fields)}" if fields else None


def _different(held: Frozen, listed: Frozen) -> list[str]:
    """The names of the fields in which two models of one kind differ."""
    return [name for name, value in held if name not in _NOT_LISTED and getattr(listed, name) != value]


def _different_figures(held: CourseFigures | None, listed: CourseFigures | None) -> list[str]:
    if held is None:
        return []
    if listed is None:
        return ["all of it"]
    return [name for name, value in _by_instrument(held).items() if _by_instrument(listed)[name] != value]


def _different_bookings(held: Sequence[Booking], listed: Found[Booking]) -> list[Differs]:
    """A course of which none is listed has written nothing since there is a list of them."""
    told = {one.id: one for one in held}
    by_id = {one.id: one for one in listed}
    made_up = (_booking(one, "its course knows no such booking") for one in listed.ids if one not in told)
    missing = (_booking(one, "its course has it, and it is on no list") for one in told if one not in listed.ids)
    broken = (_booking(one.name, one.detail) for one in listed.unreadable if one.id in told)
    changed = (
        _booking(one.id, said)
        for one in told.values()
        if one.id in by_id and (said := _said(_different(one, by_id[one.id]))) is not None
    )
    return [*made_up, *missing, *broken, *changed] if listed.ids else []


def _booking(booking: str, how: str) -> Differs:
    return Differs(relation="bookings", id=booking, differs=how)


def _by_instrument(figures: CourseFigures) -> Mapping[str, object]:
    measures = tuple(sorted(figures.measures, key=lambda one: one.instrument))
    return dict(figures.but(measures=measures))


def _different_resolved(listed: EscalationView, told: ToldEscalation) -> list[str]:
    """What of a resolved escalation its ledger tells otherwise."""
    pairs = {
        "course_id": (listed.course_id, told.course_id),
        "kind": (listed.kind, told.kind),
        "resolved_by": (listed.resolved_by, told.by),
        "resolved_at": (listed.resolved_at, told.at),
    }
    return [name for name, (is_listed, is_told) in pairs.items() if is_listed != is_told]

"""The course as it stood at an earlier moment, by either of the two clocks that a record has.

As known: what the record held by then, right or wrong. As of: what had happened by then, as all of it reads today, each
fact as if it had been reported rightly and at once; a fact that came late counts from when it happened, one that was
corrected reads as corrected, one that was retracted never happened. Escalations stay as they were: people were paged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.course.corrections.retelling import told_by
from domain.course.course import Course
from domain.course.state import CourseEscalation
from domain.events.clinic_events import ClinicEvent, CourseReferred, ProtocolMigrated
from domain.ledger import Entry
from domain.past.ledger_told import Versions, event_of, told
from domain.values import Frozen, Moment
from domain.views.course import CourseView, course_view
from domain.views.escalations_told import escalations_told

MOST_MOMENTS: Final = 100
"""At how many moments deadlines pass between two events; what is asked again without end passes once after them."""

FURTHER_MOMENTS: Final = 20
"""And at how many between two later events, where one such wait has had no end."""

AT_ONCE: Final = timedelta(minutes=1)
"""A fact that the record had by then after it happened was reported at once, and is not called late."""


class Wanted(NamedTuple):
    """Which past is asked for: that of the moment `at`, as the record knew it then, or as it is known today."""

    at: datetime
    as_known: bool = False


class BeforeItsBeginning(Exception):  # noqa: N818  a reader is told
    """There was no course yet at that moment; it began at `began_at`."""

    def __init__(self, began_at: datetime) -> None:
        super().__init__(f"there was no course before {began_at.isoformat()}")
        self.began_at = began_at


class Learned(StrEnum):
    """How the record learned of a fact only after a moment by which it had happened."""

    LATE = "late"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


class LearnedSince(Frozen):
    """A fact by which the two pasts of one moment differ: ledger entry `sequence`, and when the record learned of it.

    `time` is when it happened as it reads today; of one that was retracted, as it had been reported.
    """

    sequence: int
    type: str
    time: Moment
    learned_at: Moment
    how: Learned


class AsOf(Frozen):
    """Which past is shown, and what it rests on: the first `entries` of the ledger.

    `before` and `after` are the next moments, in either direction, at which something happened; in a past as known, at
    which something was recorded. `learned_since` is what the record did not know at that moment, or knew otherwise.
    """

    at: Moment
    as_known: bool
    entries: int
    before: Moment | None
    after: Moment | None
    learned_since: tuple[LearnedSince, ...] = ()


class PastCourse(CourseView):
    """One course as it stood at an earlier moment. `sequence` and `ledger_head` are the last entry that it rests on."""

    as_of: AsOf


class _Read(NamedTuple):
    """One event as it reads today: since when the record has it so, and how it learned of it."""

    sequence: int
    event: ClinicEvent | None
    reported: ClinicEvent
    known_at: datetime
    recorded_at: datetime

    @property
    def time(self) -> datetime:
        """When it happened; of one that was retracted, when it was said to have."""
        return (self.event or self.reported).time


def past_course(blank: Course, entries: Sequence[Entry], versions: Versions, wanted: Wanted) -> PastCourse:
    """The course of this ledger as it stood then. `blank` is as it began, `versions` what it may have changed to.

    Raises `BeforeItsBeginning`, and `ToldOtherwise` where the rules come to another ledger.
    """
    recorded = tuple(takewhile(lambda entry: entry.recorded_at <= wanted.at, entries))
    if wanted.as_known and not recorded:
        raise BeforeItsBeginning(entries[0].recorded_at)
    then = told(blank, recorded, versions)
    known = told(then, entries[len(recorded) :], versions)
    story = tuple(_as_they_read(known, entries))
    if wanted.as_known:
        course, rests_on = then, len(recorded)
        moments = [entry.recorded_at for entry in entries]
    else:
        course, rests_on = _happened_by(blank, known, story, entries, versions, wanted.at), len(entries)
        moments = [*(one.time for one in story if one.event), *(one.time for one in entries if one.event_id is None)]
    shown = course_view(course, wanted.at)
    as_of = AsOf(
        at=wanted.at,
        as_known=wanted.as_known,
        entries=rests_on,
        before=max((one for one in moments if one < wanted.at), default=None),
        after=min((one for one in moments if one > wanted.at), default=None),
        learned_since=tuple(_learned_since(story, wanted.at)),
    )
    return PastCourse(**{name: getattr(shown, name) for name in CourseView.model_fields}, as_of=as_of)


def _as_they_read(known: Course, entries: Sequence[Entry]) -> Iterator[_Read]:
    """Every event but corrections, each as it reads by now."""
    corrected = {kept.sequence: kept for kept in known.journal if kept.versions}
    zone = ZoneInfo(known.timezone)
    corrections = {version.sequence for kept in corrected.values() for version in kept.versions}
    for entry in entries:
        if entry.event_id is None or entry.sequence in corrections:
            continue
        reported, kept = event_of(entry, zone), corrected.get(entry.sequence)
        if kept is None:
            yield _Read(entry.sequence, reported, reported, entry.recorded_at, entry.recorded_at)
        else:
            now = kept.in_force
            yield _Read(entry.sequence, now.event, reported, now.recorded_at, entry.recorded_at)


def _learned_since(story: Sequence[_Read], at: datetime) -> Iterator[LearnedSince]:
    for one in story:
        had_happened = one.time <= at or (one.recorded_at <= at and one.reported.time <= at)
        if not had_happened or one.known_at <= at:
            continue
        is_late = one.recorded_at > at
        if is_late and (one.event is None or one.recorded_at - one.time <= AT_ONCE):
            continue
        how = Learned.LATE if is_late else Learned.CORRECTED if one.event else Learned.RETRACTED
        learned_at = one.recorded_at if how is Learned.LATE else one.known_at
        yield LearnedSince(sequence=one.sequence, type=one.reported.type, time=one.time, learned_at=learned_at, how=how)


def _happened_by(
    blank: Course,
    known: Course,
    story: Sequence[_Read],
    entries: Sequence[Entry],
    versions: Versions,
    at: datetime,
) -> Course:
    """The course to which everything had been reported, as it reads today, when it happened; up to that moment."""
    events = [(one.sequence, one.event) for one in story if one.event is not None]
    events.sort(key=lambda one: (not isinstance(one[1], CourseReferred), one[1].time, one[0]))
    began_at = events[0][1].time
    if began_at > at:
        raise BeforeItsBeginning(began_at)
    course, most = blank, MOST_MOMENTS
    for sequence, event in events:
        if (now := max(event.time, began_at)) > at:
            break
        opened = tuple(one for one in known.escalations if one.opened_at < now)
        course, has_ended = _until(course, now, opened, most)
        course = course.but(sequence=sequence)
        if not has_ended:
            most = FURTHER_MOMENTS
        if isinstance(event, ProtocolMigrated):
            offered = versions[event.data.to_version]
            course = course.but(protocol=offered.protocol, protocol_hash=offered.hash)
        taken = told_by(course, event, now).course
        assert isinstance(taken, Course)
        course = taken
    escalations = tuple(_escalations(known, entries, at))
    course, _ = _until(course, at, escalations, most)
    return course.but(
        escalations=escalations,
        deviations=tuple(one for one in known.deviations if one.at <= at),
        journal=tuple(kept for kept in known.journal if (kept.in_force.event or kept.event).time <= at),
        sequence=known.sequence,
        ledger_head=known.ledger_head,
    )


def _until(
    course: Course, moment: datetime, escalations: tuple[CourseEscalation, ...], most: int
) -> tuple[Course, bool]:
    """The course after every deadline that passes by that moment, with these escalations and no others.

    Also whether there were no more than so many moments; else the rest of them have passed as one.
    """
    course = course.but(escalations=escalations)
    for _ in range(most):
        upcoming = course.deadlines() if course.referral is not None else ()
        if not upcoming or upcoming[0].passes_at > moment:
            return course, True
        passed = course.pass_deadlines(upcoming[0].passes_at, upcoming)
        course = passed.course.but(escalations=escalations)
    return course.pass_deadlines(moment).course.but(escalations=escalations), False


def _escalations(known: Course, entries: Sequence[Entry], at: datetime) -> Iterator[CourseEscalation]:
    """The escalations that had been opened by then, each in the state that it had."""
    then = escalations_told(entry for entry in entries if entry.time <= at)
    for one in known.escalations:
        if (past := then.get(one.id)) is not None:
            yield one.but(state=past.state, severity=past.severity)

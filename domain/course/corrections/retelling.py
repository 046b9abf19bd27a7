"""Tells a course once more from its journal, as it was and as a correction makes it, and sets the two side by side.

Nothing is written and nobody is called here: what is new in the corrected course is told by `consequences`.
Acts and facts follow in the order in which they were accepted, each as known at its own moment. An act stays as it was
decided, unless nothing is left that it could have been decided on: a discharge without a dose, say.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeVar

from domain.course.admissibility import place, session_of
from domain.course.event_rule import EventRule, SessionEventRule
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.journal import KeptEvent, Version
from domain.course.rules import sent_home, suicidality
from domain.course.rules.readings import READ
from domain.course.session import MedicineSession, Reading
from domain.course.state import CourseEscalation, CourseState
from domain.course.transition import ARRIVED, Transition
from domain.course.verdict import Verdict
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    ClinicEvent,
    DoseAdministered,
    EligibilityDecided,
    InfusionStarted,
    PatientDischarged,
    SessionCleared,
    VitalsRecorded,
)
from domain.ledger import Note
from domain.values import Blocker, Severity

_LASTING: Final = frozenset(
    {
        "course_id",
        "protocol",
        "protocol_hash",
        "timezone",
        "journal",
        "escalations",
        "heard",
        "deviations",
        "passed",
        "newest",
        "sequence",
        "ledger_head",
        "written_bytes",
    }
)
"""What no event of the past makes: it stays as it is however often a course is told again."""

TOLD: Final = tuple(name for name in CourseState.model_fields if name not in _LASTING)
"""The parts of a course that its events make."""

MOST_TOLD: Final = 1_000
"""Most events, readings apart, that are told once more: several times what a course of years has, and half a second."""

Raised = Mapping[tuple[Kind, int | None], tuple[Severity, datetime]]
"""By kind and session: the highest severity at which an event escalated, and the moment that it named."""


class Step(NamedTuple):
    """One event taken in: the course after it, where it belongs, what speaks against it, whom it called, its verdict.

    `has_ground` is false of an act that nothing is left for.
    """

    course: CourseState
    session: int | None
    against: tuple[Blocker, ...]
    raised: Raised
    verdict: Verdict | None = None
    has_ground: bool = True


class Pair(NamedTuple):
    """One event in both courses; None where it did not happen."""

    kept: KeptEvent
    was: Step | None
    now: Step | None


class Retelling(NamedTuple):
    """The course as it was told until now, as it is told from now on, and each event since the corrected one.

    `before` is the course before that one.
    """

    before: CourseState
    was: CourseState
    now: CourseState
    pairs: tuple[Pair, ...]


Opened = tuple[CourseEscalation, ...]
"""The escalations of the course as it is."""

C = TypeVar("C", bound=CourseState)


class _QuietTransition(Transition[Any]):
    """Takes in an event of the past: it writes nothing, and only notes whom it would have called."""

    def __init__(self, course: CourseState, now: datetime, sequence: int) -> None:
        super().__init__(course, now)
        self.sequence = sequence
        self.raised: dict[tuple[Kind, int | None], tuple[Severity, datetime]] = {}

    def write(self, _note: Note) -> None:
        """Writes nothing: what happened then is written already."""

    def escalate(self, kind: Kind, session: int | None, severity: Severity, at: datetime, **_: object) -> None:
        """Notes the escalation, if it is the highest of its kind and session."""
        known = self.raised.get((kind, session))
        if known is None or severity.rank > known[0].rank:
            self.raised[kind, session] = severity, at

    def settle(self, kind: Kind, session: int | None, reason: str = ARRIVED) -> None:
        """Resolves nothing."""


def told(course: C) -> C:
    """The same course, told from its journal."""
    return _all_of(_untold(course), _story(course), course)


def retold(course: CourseState, corrected: KeptEvent, version: Version) -> Retelling:
    """The course with this version of the event, beside the course as it was told until now."""
    story, opened = tuple(_story(course)), course.escalations
    before = _all_of(_untold(course), (one for one in story if one.sequence < corrected.sequence), course)
    was, now = (_taken(before, corrected, one, opened) for one in (corrected.in_force, version))
    pairs = [Pair(corrected, was, now)]
    old, new = was.course if was else before, now.course if now else before
    later = (one for one in story if one.sequence > corrected.sequence)
    for is_reading, together in groupby(later, key=lambda one: isinstance(one, _ReadingTold)):
        if is_reading:
            readings = tuple(one.reading for one in together if isinstance(one, _ReadingTold))
            old, new = _with_readings(old, readings, opened), _with_readings(new, readings, opened)
            continue
        for kept in together:
            if isinstance(kept, _Reopened):
                old, new = _reopened(old, kept), _reopened(new, kept)
                continue
            assert isinstance(kept, KeptEvent)
            pair = Pair(kept, *(_taken(so_far, kept, kept.in_force, opened) for so_far in (old, new)))
            old = _as_decided(pair.was.course, kept, course) if pair.was else old
            new = _as_decided(pair.now.course, kept, old) if pair.now else new
            pairs.append(pair)
    return Retelling(before, old, new, tuple(pairs))


class _ReadingTold(NamedTuple):
    sequence: int
    reading: Reading


class _Reopened(NamedTuple):
    """A correction by which somebody who had been sent home was watched again."""

    sequence: int
    version: Version


Told = KeptEvent | _ReadingTold | _Reopened
"""What a course is told from: events, readings, and corrections that opened a session again."""


def _untold(course: C) -> C:
    return course.but(**{name: CourseState.model_fields[name].get_default() for name in TOLD})


def _story(course: CourseState) -> Iterator[Told]:
    """Everything that was accepted, in order: readings are kept with their session, all else in the journal."""
    kept = {one.sequence for one in course.journal}
    readings = (reading for one in course.series for reading in one.readings)
    uncorrected = (_ReadingTold(one.sequence, one) for one in readings if one.sequence not in kept)
    versions = (version for one in course.journal for version in one.versions)
    reopened = (_Reopened(version.sequence, version) for version in versions if version.reopened)
    everything: list[Told] = [*course.journal, *uncorrected, *reopened]
    yield from sorted(everything, key=lambda one: one.sequence)


def _all_of(course: C, story: Iterable[Told], decided: CourseState) -> C:
    opened = decided.escalations
    for is_reading, together in groupby(story, key=lambda one: isinstance(one, _ReadingTold)):
        if is_reading:
            readings = tuple(one.reading for one in together if isinstance(one, _ReadingTold))
            course = _with_readings(course, readings, opened)
            continue
        for kept in together:
            if isinstance(kept, _Reopened):
                course = _reopened(course, kept)
                continue
            assert isinstance(kept, KeptEvent)
            step = _taken(course, kept, kept.in_force, opened)
            course = _as_known_then(step.course, kept, decided) if step else course  # type: ignore[assignment]
    return course


def _reopened(course: C, told: _Reopened) -> C:
    transition = _QuietTransition(course, told.version.recorded_at, told.sequence)
    sent_home.watch_since(transition, told.version)
    return transition.course  # type: ignore[no-any-return]


def told_by(course: CourseState, event: ClinicEvent, now: datetime) -> Step:
    """What the event would say if it were reported now, of a course that is not told once more."""
    return _event_taken(course, event, now, course.sequence)


def _taken(course: CourseState, kept: KeptEvent, version: Version, opened: Opened) -> Step | None:
    if version.event is None:
        return None
    # Readings fall due from when a dose was known, not from when its amount was corrected.
    is_dose = isinstance(version.event, DoseAdministered | InfusionStarted)
    learned_at = kept.known_since(version) if is_dose else version.recorded_at
    known = _as_known(course, opened, kept.recorded_at)
    earlier = tuple(one for one in (kept.first, *kept.versions) if one.sequence < version.sequence)
    return _event_taken(known, version.event, learned_at, kept.sequence, earlier)


def _as_known(course: C, opened: Opened, at: datetime) -> C:
    """The course with the escalations that had been opened before that moment."""
    return course.but(escalations=tuple(one for one in opened if one.opened_at < at))


def _event_taken(
    course: CourseState,
    event: ClinicEvent,
    recorded_at: datetime,
    sequence: int,
    earlier: tuple[Version, ...] = (),
) -> Step:
    rule, placement = EVENT_RULES[type(event)], place(course, event)
    number = placement.session.number if placement.session is not None else None
    if not _has_ground(course, rule, placement.session):
        return Step(course, number, placement.against, {}, has_ground=False)
    transition = _QuietTransition(course, recorded_at, sequence)
    rule.follow(transition, placement.session, event, counts=placement.counts)
    since = _QuietTransition(transition.course, _found_since(course, earlier, recorded_at), sequence)
    sent_home.judge_fact(since, course, event)
    return Step(since.course, number, placement.against, transition.raised, transition.verdict)


def _found_since(course: CourseState, earlier: tuple[Version, ...], recorded_at: datetime) -> datetime:
    """Since when, without a break, the event has read so that somebody would not have been sent home.

    `earlier` are its versions before the one recorded then.
    """
    since = recorded_at
    for version in reversed(earlier):
        if version.event is None or not _is_found(course, version.event, version):
            break
        since = version.recorded_at
    return since


def _is_found(course: CourseState, event: ClinicEvent, version: Version) -> bool:
    transition, placement = _QuietTransition(course, version.recorded_at, version.sequence), place(course, event)
    EVENT_RULES[type(event)].follow(transition, placement.session, event, counts=placement.counts)
    return bool(sent_home.judge_fact(transition, course, event))


def _has_ground(
    course: CourseState, rule: EventRule[Any] | SessionEventRule[Any], session: MedicineSession | None
) -> bool:
    """Whether an act finds the session, at the stage, that it is about, in a course that is not closed."""
    if not rule.is_act:
        return True
    if course.is_closed and rule.event is not PatientDischarged:
        return False
    return not isinstance(rule, SessionEventRule) or (session is not None and session.stage in rule.stages)


def _as_decided(course: CourseState, kept: KeptEvent, decided: CourseState) -> CourseState:
    """The course with what the prescriber truly weighed at this decision, whatever the values read now."""
    if isinstance(kept.event, EligibilityDecided):
        course = _as_known_then(course, kept, decided)
        return course.but(weighed=decided.weighed) if course.eligibility == decided.eligibility else course
    if not isinstance(kept.event, SessionCleared):
        return course
    session, then = (one.session_numbered(kept.event.data.session) for one in (course, decided))
    if session is None or then is None or session.clearance is None or session.clearance != then.clearance:
        return course
    return course.but(sessions=course.sessions_with(session.but(weighed=then.weighed)))


def _as_known_then(course: CourseState, kept: KeptEvent, decided: CourseState) -> CourseState:
    """The course with the risk that this decision weighed, however the screen reads now: that much and no more."""
    is_decision = isinstance(kept.event, EligibilityDecided) and course.eligibility == decided.eligibility
    return course.but(known_risk=decided.known_risk) if is_decision else course


def _with_readings(course: C, readings: Iterable[Reading], opened: Opened) -> C:
    """Takes in readings as they are: they are judged only where they were taken after the patient had gone home."""
    for number, together in groupby(readings, key=lambda reading: reading.data.session):
        session = course.session_numbered(number) if number is not None else None
        named = tuple(together)
        if session is not None and session.stage in READ.stages and all(_is_here(session, one) for one in named):
            course = _inserted(course, session.number, named)
            continue
        for reading in named:
            event = VitalsRecorded.model_construct(
                id="reading", source="journal", subject=course.course_id, time=reading.at, data=reading.data
            )
            placed, _ = session_of(course, READ, event)
            if placed is not None and _has_gone_home(placed):
                known = _as_known(course, opened, reading.recorded_at)
                course = _event_taken(known, event, reading.recorded_at, reading.sequence).course  # type: ignore[assignment]
            else:
                course = _inserted(course, placed.number if placed is not None else None, (reading,))
    return course


def _is_here(session: MedicineSession, reading: Reading) -> bool:
    return not _has_gone_home(session) and session.was_under_way(reading.at)


def _has_gone_home(session: MedicineSession) -> bool:
    return bool(session.doses) and not session.is_monitored


def _inserted(course: C, number: int | None, readings: tuple[Reading, ...]) -> C:
    for reading in readings:
        if suicidality.named_in(course.protocol, reading.data.symptoms):
            course = course.but(**suicidality.heard(course, reading.at, reading.recorded_at, reading.sequence))
    session = course.session_numbered(number) if number is not None else None
    if session is None:
        return course.but(outside=course.outside.with_readings(readings))
    return course.but(sessions=course.sessions_with(session.with_readings(readings)))

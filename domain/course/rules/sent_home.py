"""Sent home: whether a discharge still holds, as what it rested on reads now, and who is watched again if it does not.

It rests on the observation after the last dose, the last readings and the assessment. A fact that is told late, or
corrected, may take that away: then the patient is watched again for as long as they would have been.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, NamedTuple

from domain.course.journal import Lack, Version
from domain.course.rules import discharge, observation, returning
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.durations import in_words
from domain.events.clinic_events import (
    AdverseEventReported,
    ClinicEvent,
    DischargeAssessed,
    DoseAdministered,
    InfusionStarted,
    InfusionStopped,
    MedicationAdministered,
    VitalsRecorded,
)
from domain.values import Blocker, Role

WITH_THEM: Final = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST})
"""Who is with the patient: what they give after a discharge is given here, and not at home."""

_GIVEN: Final = (DoseAdministered, InfusionStarted, InfusionStopped, MedicationAdministered)
_RESTED_ON: Final = (*_GIVEN, VitalsRecorded, DischargeAssessed, AdverseEventReported)
"""The facts that a discharge rests on; what is given counts also where it was given after it."""

_MISSING: Final = frozenset({"vitals.missing", "vitals.too_old"})
_UNWELL: Final = ("discharge.padss_below_limit", "discharge.not_oriented", "discharge.not_steady_gait")
_BAD: Final = frozenset({*_UNWELL, "discharge.not_dissociation_resolved"})
"""What an assessment says against them, as a bad reading does."""


class Found(NamedTuple):
    """What a discharge lacks, in words where nothing else tells it; until then they are watched again for it.

    It `is_bad` if it says that they were unwell, or still had the medicine; anything else says that nobody knows.
    """

    lack: Lack
    told: Blocker | None
    watched_until: datetime
    is_bad: bool = False


class Judged(NamedTuple):
    """A discharge that lacks more than before: in which session, by which ledger entry, and what people are told.

    `lacked` is what it lacked before.
    """

    session: int
    sequence: int
    told: tuple[Blocker, ...]
    lacked: tuple[Lack, ...]
    is_reopened: bool


def judge_fact(transition: Transition[Any], before: CourseState, event: ClinicEvent) -> tuple[Judged, ...]:
    """Judges the discharges that this fact was told after, and watches again whom it would have kept here."""
    if not isinstance(event, _RESTED_ON):
        return ()
    is_given = isinstance(event, _GIVEN)
    return tuple(_judged(transition, before, None if is_given else event.time))


def judge(transition: Transition[Any], before: CourseState) -> tuple[Judged, ...]:
    """Judges every discharge that reads otherwise than before, and watches again whom nobody would have sent home."""
    return tuple(_judged(transition, before, None))


def watch_since(transition: Transition[Any], version: Version) -> None:
    """Watches again whom a correction has brought back, where their discharge still lacks it as all reads now."""
    for number in version.reopened:
        session = transition.course.session_numbered(number)
        if session is not None and session.discharge is not None:
            _watch(
                transition, session, _added(lacking(transition.course, session, session.discharge.at), version.lacked)
            )


def lacking(course: CourseState, session: MedicineSession, home_at: datetime) -> Iterator[Found]:
    """All that a discharge at that moment lacks, as the ledger reads now."""
    if not session.doses:
        return
    observed_for = course.protocol.medicine.minimum_observation
    session = _without_what_was_taken_at_home(session, home_at, observed_for)
    begun_at = observation.begun(course.protocol, session).at
    soon_over, is_over = max(begun_at, home_at) + observed_for, home_at + returning.COMES_BACK_WITHIN
    running = session.running_infusion
    if running is not None and running.at <= home_at:
        for blocker in discharge.still_runs(session, home_at):
            yield Found(_lack(session, blocker.code, 0), blocker, is_over, is_bad=True)
    if home_at - begun_at < observed_for:
        short = _short(course, home_at - begun_at)
        weight = (begun_at - home_at).total_seconds()
        yield Found(_lack(session, short.code, weight), short, soon_over)
    if begun_at > home_at:
        return
    for blocker in discharge.rests_on(course, session, home_at):
        is_bad = blocker.code in _BAD
        if is_bad or blocker.code in _MISSING or blocker.code.endswith("_missing") or "assess" in blocker.code:
            lack = _lack(session, blocker.code, _weight(session, begun_at, home_at, blocker))
            yield Found(lack, blocker, is_over if is_bad else soon_over, is_bad)
    for reading in returning.last_readings(session):
        if reading.at <= home_at and (severity := returning.would_keep(course.protocol, session, reading)) is not None:
            lack = _lack(session, f"reading/{reading.sequence}", severity.rank)
            yield Found(lack, None, is_over, is_bad=True)


def _judged(transition: Transition[Any], before: CourseState, at: datetime | None) -> Iterator[Judged]:
    """The discharges that lack more; of a fact of that moment those that were not before it.

    Some have been opened again already, by a fact told late that reads otherwise now.
    """
    for session in transition.course.sessions:
        was = before.session_numbered(session.number)
        if was is None or was is session or was.discharge is None or (at is not None and at > was.discharge.at):
            continue
        home = was.discharge
        if session.discharge is not None and session.discharge.sequence != home.sequence:
            continue
        lacked = tuple(one.lack for one in lacking(before, was, home.at))
        found = _added(lacking(transition.course, session, home.at), lacked)
        if found:
            if session.discharge is not None:
                _watch(transition, session, found)
            now = transition.course.session_numbered(session.number)
            yield Judged(
                session=session.number,
                sequence=home.sequence,
                told=tuple(one.told for one in found if one.told is not None),
                lacked=lacked,
                is_reopened=now is not session,
            )


def _watch(transition: Transition[Any], session: MedicineSession, found: Iterable[Found]) -> None:
    """Watches the patient again while it matters, and nobody who had left.

    Once the observation after the last dose is over, they may be at home, unless they are known to have been unwell.
    """
    course, home = transition.course, session.discharge
    assert home is not None
    wanted = [one for one in found if one.watched_until > transition.now]
    # Who was sent home after a death is not the one who died.
    is_dead = course.is_death_reported if course.died_at is None else home.at <= course.died_at
    if not wanted or session.was_away(home.at) or is_dead:
        return
    observed_for = course.protocol.medicine.minimum_observation
    here = _without_what_was_taken_at_home(session, home.at, observed_for)
    begun_at = observation.begun(course.protocol, here).at
    since = begun_at if begun_at > home.at else transition.now
    is_at_home = transition.now >= begun_at + observed_for and not any(one.is_bad for one in wanted)
    returning.watch_again(transition, session.number, since, is_at_home=is_at_home)


def _added(found: Iterable[Found], lacked: Iterable[Lack]) -> tuple[Found, ...]:
    known = {(one.session, one.code): one.weight for one in lacked}
    return tuple(one for one in found if one.lack.weight > known.get((one.lack.session, one.lack.code), -inf))


def _without_what_was_taken_at_home(
    session: MedicineSession, home_at: datetime, observed_for: timedelta
) -> MedicineSession:
    """The session with the medicines that were given before they went, or soon after it by somebody who was there."""
    given = tuple(
        one
        for one in session.medications
        if one.at <= home_at or (one.data.actor.role in WITH_THEM and one.at <= home_at + observed_for)
    )
    return session if given == session.medications else session.but(medications=given)


def _lack(session: MedicineSession, code: str, weight: float) -> Lack:
    return Lack(session=session.number, code=code, weight=weight)


def _short(course: CourseState, observed: timedelta) -> Blocker:
    minimum = course.protocol.medicine.minimum_observation
    none_of_it = f"The last dose was given {in_words(-observed)} after the discharge"
    some_of_it = f"The observation after the last dose was {in_words(observed)}"
    return Blocker(
        code="discharge.observation_too_short",
        message=f"{none_of_it if observed < timedelta() else some_of_it}; it must be at least {in_words(minimum)}",
        observed=in_words(max(observed, timedelta())),
        limit=in_words(minimum),
        source=course.protocol.source_of("medicine.minimum_observation"),
    )


def _weight(session: MedicineSession, begun_at: datetime, home_at: datetime, blocker: Blocker) -> float:
    """How much it is against a discharge: seconds too old or too early, a score below its limit; or 0."""
    assessment, reading = session.assessment, session.reading_before(home_at)
    match blocker.code:
        case "vitals.too_old" if reading is not None:
            return (home_at - reading.at).total_seconds()
        case "discharge.assessment_too_old" if assessment is not None:
            return (home_at - assessment.at).total_seconds()
        case "discharge.assessed_too_early" if assessment is not None:
            return (begun_at - assessment.at).total_seconds()
        case "discharge.padss_below_limit" if assessment is not None:
            return -assessment.data.padss
    return 0

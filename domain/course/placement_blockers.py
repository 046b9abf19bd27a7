"""Precondition blockers: wrong role, wrong phase, wrong stage, unknown session, none under way, impossible numbers."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from domain.codes import spoken
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState, Phase
from domain.events.clinic_events import ClinicEvent, Fact
from domain.events.set_aside import SET_ASIDE
from domain.values import Blocker, Role


def _in_words(event: str) -> str:
    """An event's name in a sentence: `session.cleared` is "session cleared"."""
    return spoken(event.replace(".", " "))


def wrong_role(role: Role, event: str, allowed: frozenset[Role], source: str | None = None) -> Blocker:
    """The blocker for a role that may not report the event; `source` is that of the protocol's key that says so."""
    expected = ", ".join(sorted(allowed))
    return Blocker(
        code="actor.role_not_allowed",
        message=f"A {role} may not report “{_in_words(event)}”; the role must be one of: {expected}",
        absolute=True,
        observed=role,
        limit=expected,
        source=source,
    )


def wrong_phase(course: CourseState, allowed: frozenset[Phase]) -> Blocker:
    """The blocker for a course in the wrong phase."""
    expected = ", ".join(phase for phase in Phase if phase in allowed)
    return Blocker(
        code="course.wrong_phase",
        message=f"The course is in {spoken(course.phase)}; the phase must be one of: {spoken(expected)}",
        absolute=True,
        observed=course.phase,
        limit=expected,
    )


def deceased(course: CourseState, at: datetime) -> tuple[Blocker, ...]:
    """What speaks against a fact that shows a patient alive after they are said to have died."""
    died_at = course.died_at
    if died_at is None or at <= died_at:
        return ()
    return (
        Blocker(
            code="patient.deceased",
            message=f"The patient is said to have died on {course.on_its_clock(died_at)}: "
            "one of the two may be another patient's",
            absolute=True,
            observed=died_at.isoformat(timespec="minutes"),
        ),
    )


def wrong_stage(session: MedicineSession, allowed: frozenset[Stage]) -> Blocker:
    """The blocker for a session at the wrong stage."""
    expected = ", ".join(stage for stage in Stage if stage in allowed)
    now, wanted = spoken(session.stage), spoken(expected)
    return Blocker(
        code="session.wrong_stage",
        message=f"Session {session.number} is {now}; the stage must be one of: {wanted}",
        absolute=True,
        observed=session.stage,
        limit=expected,
    )


def not_under_way(named: MedicineSession, meant: MedicineSession) -> Blocker:
    """What speaks against a fact that names a session of another day than the one at which the patient was."""
    return Blocker(
        code="session.wrong_stage",
        message=f"Session {named.number} was not under way then; session {meant.number} was",
        absolute=True,
        observed=named.stage,
    )


def unknown_session(number: int) -> Blocker:
    """The blocker for a session that was never booked."""
    return Blocker(
        code="session.unknown", message=f"Session {number} has not been booked", absolute=True, observed=number
    )


def none_under_way(course: CourseState, at: datetime) -> Blocker:
    """What speaks against a fact of a session that names none, while none is under way."""
    return Blocker(
        code="session.unknown",
        message=f"No session was named, and none was under way on {course.on_its_clock(at)}",
        absolute=True,
    )


def impossible(event: ClinicEvent) -> Iterator[Blocker]:
    """What is told of numbers that cannot be: each that was set aside, and two pressures of which one is wrong."""
    aside: Mapping[str, float] | None = getattr(event.data, SET_ASIDE, None)
    for name, value in (aside or {}).items():
        yield Blocker(
            code="value.impossible",
            message=f"{name.replace('_', ' ')} {value:g} cannot be: it is set aside, and counts as not told",
            observed=value,
            limit=name,
        )
    systolic, diastolic = getattr(event.data, "systolic", None), getattr(event.data, "diastolic", None)
    if isinstance(event, Fact) and systolic is not None and diastolic is not None and diastolic > systolic:
        yield Blocker(
            code="value.contradicts",
            message=f"Diastolic {diastolic} is above systolic {systolic}: each is judged as it was told",
            observed=diastolic,
            limit=systolic,
        )

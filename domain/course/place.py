"""Where an event does not belong: the blockers for a role, a phase, a stage or a session that is not the right one."""

from domain.course.state import CourseState, MedicineSession, Phase, Stage
from domain.values import Blocker, Role


def wrong_role(role: Role, event: str, allowed: frozenset[Role]) -> Blocker:
    """Somebody reports it who may not."""
    expected = ", ".join(sorted(allowed))
    return Blocker(
        code="actor.role_not_allowed",
        message=f"A {role} may not report {event}; the role must be one of: {expected}",
        absolute=True,
        observed=role,
        limit=expected,
    )


def wrong_phase(course: CourseState, allowed: frozenset[Phase]) -> Blocker:
    """The course is not where the event belongs."""
    expected = ", ".join(phase for phase in Phase if phase in allowed)
    return Blocker(
        code="course.wrong_phase",
        message=f"The course is in {course.phase.replace('_', ' ')}; the phase must be one of: {expected}",
        absolute=True,
        observed=course.phase,
        limit=expected,
    )


def wrong_stage(session: MedicineSession, allowed: frozenset[Stage]) -> Blocker:
    """The session is not where the event belongs."""
    expected = ", ".join(stage for stage in Stage if stage in allowed)
    return Blocker(
        code="session.wrong_stage",
        message=f"Session {session.number} is {session.stage.replace('_', ' ')}; the stage must be one of: {expected}",
        absolute=True,
        observed=session.stage,
        limit=expected,
    )


def unknown_session(number: int) -> Blocker:
    """Nobody booked that session."""
    return Blocker(
        code="session.unknown", message=f"Session {number} has not been booked", absolute=True, observed=number
    )

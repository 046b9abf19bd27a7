"""After the sessions: which calls and visits are still to come, and what each is counted from."""

from collections.abc import Iterator

from domain.course.state import CourseState, Fact, MedicineSession
from domain.durations import days
from domain.events.clinic_events import (
    CheckInCompleted,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    PatientDischarged,
)
from domain.values import Blocker


def counted_from(course: CourseState) -> Fact[PatientDischarged.Data] | None:
    """The discharge of the last medicine session: follow-up visits are counted from it."""
    discharged = [session.discharge for session in course.sessions if session.discharge is not None]
    return discharged[-1] if discharged else None


def integration_blockers(session: MedicineSession, event: IntegrationHeld) -> Iterator[Blocker]:
    """Why this integration talk may not be recorded."""
    yield from _before_discharge(session)
    if session.discharge is not None and event.time < session.discharge.at:
        yield Blocker(
            code="integration.before_discharge",
            message="The talk lies before the patient went home",
            absolute=True,
        )


def check_in_blockers(course: CourseState, session: MedicineSession, event: CheckInCompleted) -> Iterator[Blocker]:
    """Why this call may not be recorded. A late one always may: overdue stays completable."""
    yield from _before_discharge(session)
    named = [days(after) for after in course.protocol.check_ins.after]
    yield from _must_be_named("check_in.not_in_protocol", event.data.days_after, named, "check_ins.after", course)
    if event.data.days_after in {call.data.days_after for call in session.check_ins}:
        yield Blocker(
            code="check_in.already_done",
            message=f"The call {event.data.days_after} days after session {session.number} has been recorded",
            absolute=True,
            observed=event.data.days_after,
        )


def form_blockers(course: CourseState, session: MedicineSession, event: FormFiled) -> Iterator[Blocker]:
    """Why this form may not be filed."""
    yield from _before_discharge(session)
    forms = [form.form for form in course.protocol.forms]
    if event.data.form not in forms:
        yield Blocker(
            code="form.not_in_protocol",
            message=f"One of {', '.join(forms) or 'no forms'} was expected",
            absolute=True,
            observed=event.data.form,
        )
    elif event.data.form in {paper.data.form for paper in session.forms}:
        yield Blocker(
            code="form.already_filed",
            message=f"{event.data.form} has been filed for session {session.number}",
            absolute=True,
            observed=event.data.form,
        )


def follow_up_blockers(course: CourseState, event: FollowUpHeld) -> Iterator[Blocker]:
    """Why this visit may not be recorded."""
    named = [days(after) for after in course.protocol.follow_up.after]
    yield from _must_be_named("follow_up.not_in_protocol", event.data.days_after, named, "follow_up.after", course)
    if event.data.days_after in {visit.data.days_after for visit in course.follow_ups}:
        yield Blocker(
            code="follow_up.already_held",
            message=f"The visit {event.data.days_after} days after has been recorded",
            absolute=True,
            observed=event.data.days_after,
        )


def is_over(course: CourseState) -> bool:
    """Whether the protocol asks for nothing after the visits held: one that was left out before is over too."""
    last = max((days(after) for after in course.protocol.follow_up.after), default=0)
    return max((visit.data.days_after for visit in course.follow_ups), default=0) >= last


def _before_discharge(session: MedicineSession) -> Iterator[Blocker]:
    if session.discharge is None:
        yield Blocker(
            code="session.not_discharged",
            message=f"The patient has not been discharged from session {session.number}",
            absolute=True,
            observed=session.stage,
        )


def _must_be_named(code: str, observed: int, named: list[int], key: str, course: CourseState) -> Iterator[Blocker]:
    if observed not in named:
        yield Blocker(
            code=code,
            message=f"{observed} days after was reported; the protocol names {', '.join(map(str, named))}",
            absolute=True,
            observed=observed,
            limit=", ".join(map(str, named)),
            source=course.protocol.source_of(key),
        )

"""Booking of medicine sessions: session number, distance from the last dose, and staff."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from domain.course.event_rule import ANY_PHASE, TREATMENT, EventRule, SessionEventRule
from domain.course.placement_blockers import wrong_stage
from domain.course.rules import risk_screens, spacing
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import SessionBooked, SessionCanceled, SessionMissed, SessionRebooked
from domain.events.fields import StaffMember
from domain.protocol.model import Protocol
from domain.values import Blocker, PersonId


def blockers(course: CourseState, number: int, starts_at: datetime, staff: Sequence[StaffMember]) -> Iterator[Blocker]:
    """The blockers of booking this session at this time with this staff."""
    expected = next_number(course)
    if expected is None or number != expected:
        yield Blocker(
            code="booking.number_not_next",
            message=f"Session {expected} is the next one to book" if expected else "No further session is to be booked",
            absolute=True,
            observed=number,
            limit=expected,
        )
    yield from spacing.blockers(course, number, starts_at)
    yield from _staff_blockers(course.protocol, staff)


def next_number(course: CourseState) -> int | None:
    """The number of the next session to book: one that ended undosed, or the one after the last; None for none."""
    if course.session is None:
        return 1
    if course.session.is_waiting or course.session.is_monitored:
        return None
    following = course.session.number if course.session.may_be_booked_again else course.session.number + 1
    return following if following <= course.planned_sessions else None


def _staff_blockers(protocol: Protocol, staff: Sequence[StaffMember]) -> Iterator[Blocker]:
    rules = protocol.medicine
    source = protocol.source_of("medicine.staff")
    by_role = Counter(member.role for member in staff)
    for role in rules.staff:
        if by_role[role] == 0 or (by_role[role] > 1 and role not in rules.staff_several):
            yield Blocker(
                code=f"booking.{role}_missing" if by_role[role] == 0 else f"booking.{role}_twice",
                message=f"There must be one {role}; booked: {by_role[role]}",
                absolute=True,
                observed=by_role[role],
                limit=1,
                source=source,
            )
    for person, times in Counter(member.id for member in staff).items():
        if times > 1 and not (rules.one_person_two_roles and _each_once(staff, person)):
            yield Blocker(
                code="booking.person_in_two_roles",
                message=f"{person} is booked in {times} roles; must be one",
                absolute=True,
                observed=person,
                source=protocol.source_of("medicine.one_person_two_roles"),
            )
    for member in staff:
        for credential in rules.credentials.get(member.role, ()):
            if credential not in member.credentials:
                yield Blocker(
                    code="booking.credential_missing",
                    message=f"{member.id} does not hold the credential {credential} that a {member.role} needs",
                    absolute=True,
                    observed=member.id,
                    limit=credential,
                    source=protocol.source_of("medicine.credentials"),
                )


def _each_once(staff: Sequence[StaffMember], person: PersonId) -> bool:
    """Whether the person is named in each of their roles once."""
    roles = [member.role for member in staff if member.id == person]
    return len(roles) == len(set(roles))


def _none_due(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    if next_number(course) is None:
        yield Blocker(code="booking.none_due", message="No session is to be booked now", absolute=True)


def _may_be_rebooked(_course: CourseState, session: MedicineSession, _at: datetime) -> Iterator[Blocker]:
    if session.stage is not Stage.BOOKED and not session.may_be_booked_again:
        yield wrong_stage(session, frozenset({Stage.BOOKED, Stage.CANCELED, Stage.MISSED}))


def _rebooking_blockers(course: CourseState, session: MedicineSession, event: SessionRebooked) -> Iterator[Blocker]:
    yield from spacing.blockers(course, session.number, event.data.starts_at)
    yield from _may_be_rebooked(course, session, event.time)


def _book(transition: Transition[Any], event: SessionBooked) -> None:
    booked = MedicineSession(
        number=event.data.session,
        stage=Stage.BOOKED,
        starts_at=event.data.starts_at,
        announced_at=transition.now,
        booking=transition.recorded(event),
    )
    _start_anew(transition, booked)


def _rebook(transition: Transition[Any], session: MedicineSession, event: SessionRebooked) -> None:
    """Starts the session anew: nothing that was reported or measured at an earlier visit counts."""
    booked = MedicineSession(
        number=session.number,
        stage=Stage.BOOKED,
        starts_at=event.data.starts_at,
        announced_at=transition.now,
        booking=session.booking,
    )
    _start_anew(transition, booked)


def _start_anew(transition: Transition[Any], booked: MedicineSession) -> None:
    """Replaces an earlier visit of the same number, whose readings are kept apart: they may yet be corrected."""
    earlier = transition.course.session_numbered(booked.number)
    if earlier is not None and earlier.readings:
        transition.change(left_behind=(*transition.course.left_behind, *earlier.readings))
    transition.keep(booked)


def _cancel(transition: Transition[Any], session: MedicineSession, _event: SessionCanceled) -> None:
    transition.keep(session.but(stage=Stage.CANCELED))


def _miss(transition: Transition[Any], session: MedicineSession, event: SessionMissed) -> None:
    """Tells the protocol's people, more urgently of a patient at risk of suicide (S60).

    A patient who is here, or was, has not missed the visit: somebody is told, and nothing else follows.
    """
    if session.stage is not Stage.BOOKED:
        return
    transition.keep(session.but(stage=Stage.MISSED))
    rules = transition.course.protocol.medicine
    severity = rules.missed_visit_at_risk if risk_screens.is_at_risk(transition.course) else rules.missed_visit
    transition.escalate(Kind.SESSION_MISSED, session.number, severity, event.time)


def _waited_for(
    course: CourseState, _rule: SessionEventRule[SessionMissed], event: SessionMissed
) -> MedicineSession | None:
    if event.data.session is not None or course.session is None or course.session.stage is not Stage.BOOKED:
        return None
    return course.session


BOOKED = EventRule(
    event=SessionBooked,
    phases=TREATMENT,
    standing=_none_due,
    blockers=lambda course, event: blockers(course, event.data.session, event.data.starts_at, event.data.staff),
    apply=_book,
)
REBOOKED = SessionEventRule(
    event=SessionRebooked,
    phases=TREATMENT,
    stages=frozenset({Stage.BOOKED, Stage.CANCELED, Stage.MISSED, Stage.ABORTED}),
    standing=_may_be_rebooked,
    blockers=_rebooking_blockers,
    apply=_rebook,
)
CANCELED = SessionEventRule(event=SessionCanceled, phases=ANY_PHASE, stages=frozenset({Stage.BOOKED}), apply=_cancel)
MISSED = SessionEventRule(
    event=SessionMissed, phases=TREATMENT, stages=frozenset({Stage.BOOKED}), place=_waited_for, apply=_miss
)
RULES = (BOOKED, REBOOKED, CANCELED, MISSED)

"""Adverse events: which escalation each opens, by its grade and by what the protocol says of its term."""

from collections.abc import Iterator
from typing import Any

from domain.codes import folded, in_words
from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.placement_blockers import unknown_session
from domain.course.rules import death, suicidality, symptoms, whereabouts
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.course.verdict import Finding, Verdict, VerdictSeverity, verdict_of
from domain.escalation.messages import Kind
from domain.events.clinic_events import AdverseEventReported
from domain.protocol.model import Protocol
from domain.values import Blocker, Severity

LEFT_BEFORE_DISCHARGE = "left_before_discharge"
"""The term by which a clinic reports that a dosed patient left before discharge (CLINICAL.md 6.1)."""

DEATH_GRADE = 5
_SERIOUS_GRADE = 4
_SEVERE_GRADE = 3
_MODERATE_GRADE = 2


def _blockers(course: CourseState, event: AdverseEventReported) -> Iterator[Blocker]:
    if event.data.session is not None and course.session_numbered(event.data.session) is None:
        yield unknown_session(event.data.session)


def _report(transition: Transition[Any], event: AdverseEventReported) -> None:
    """CTCAE v5 grades (S45): life-threatening or serious is an emergency, severe is urgent, moderate is routine.

    A term that the protocol lists as a symptom is at least as severe as its list, whoever graded it. One that tells of
    suicide is a risk of suicide as well.
    """
    said, protocol = event.data, transition.course.protocol
    severity = _severity_of(protocol, said)
    transition.verdict = verdict(protocol, said)
    if said.grade == DEATH_GRADE:
        death.report(transition, event.time)
    if not _has_left(transition, event, severity) and severity is not None:
        transition.escalate(Kind.ADVERSE_EVENT, said.session, severity, event.time)
    if severity is not None and suicidality.named_in(protocol, (said.term,)):
        suicidality.tell(transition, severity, event.time)
    _keep_when(transition, event, severity)


def _keep_when(transition: Transition[Any], event: AdverseEventReported, severity: Severity | None) -> None:
    """Keeps with the session when the patient was last unwell: an assessment from before that is void."""
    course, number = transition.course, event.data.session
    here = course.monitored or next((one for one in course.newest_first if _was_here(one, event)), None)
    session = course.session_numbered(number) if number is not None else here
    if session is None or severity is None or severity is Severity.ROUTINE:
        return
    if folded(event.data.term) != LEFT_BEFORE_DISCHARGE:
        known = session.unwell_at
        transition.keep(session.but(unwell_at=event.time if known is None else max(known, event.time)))


def _was_here(session: MedicineSession, event: AdverseEventReported) -> bool:
    return bool(session.doses) and session.was_under_way(event.time)


def _has_left(transition: Transition[Any], event: AdverseEventReported, severity: Severity | None) -> bool:
    """Takes the term as what `patient.left` says; whether the patient is away now."""
    monitored = transition.course.monitored
    if folded(event.data.term) != LEFT_BEFORE_DISCHARGE or monitored is None:
        return False
    at_least = Severity.EMERGENCY if severity is Severity.EMERGENCY else Severity.URGENT
    return whereabouts.leave(transition, monitored, transition.recorded(event), at_least)


def verdict(protocol: Protocol, said: AdverseEventReported.Data) -> Verdict:
    """The verdict on an adverse event: the higher of its grade and of the protocol's symptom lists for its term."""
    return verdict_of((*_by_grade(said), *_by_term(protocol, said)))


def _by_grade(said: AdverseEventReported.Data) -> Iterator[Finding]:
    severity = _severity_of_grade(said)
    if severity is not None:
        yield Finding(
            code="adverse_event.reported",
            message=f"{in_words(said.term)} is reported, grade {said.grade}{', serious' if said.serious else ''}",
            observed=said.grade,
            limit=None,
            severity=VerdictSeverity.of(severity),
            source="S45",
        )


def _by_term(protocol: Protocol, said: AdverseEventReported.Data) -> Iterator[Finding]:
    """What the lists say of the term; leaving before discharge is no symptom."""
    if folded(said.term) != LEFT_BEFORE_DISCHARGE:
        yield from symptoms.findings(protocol, (said.term,))


def _severity_of(protocol: Protocol, said: AdverseEventReported.Data) -> Severity | None:
    graded, listed = _severity_of_grade(said), symptoms.told_as(verdict_of(_by_term(protocol, said)))
    return max((one for one in (graded, listed) if one is not None), key=lambda one: one.rank, default=None)


def _severity_of_grade(said: AdverseEventReported.Data) -> Severity | None:
    if said.serious or said.grade >= _SERIOUS_GRADE:
        return Severity.EMERGENCY
    if said.grade >= _SEVERE_GRADE:
        return Severity.URGENT
    return Severity.ROUTINE if said.grade >= _MODERATE_GRADE else None


REPORTED = EventRule(event=AdverseEventReported, phases=ALWAYS, roles=ANYONE, blockers=_blockers, apply=_report)
RULES = (REPORTED,)

"""Who resolves: a question of safety is a clinician's, whatever the protocol leaves open; anybody may acknowledge."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.course.transition import OpenEscalation
from domain.escalation.escalation import Escalation, opened
from domain.escalation.ids import escalation_id
from domain.escalation.messages import Acknowledge, EscalationState, Kind, Opening, Reassign, Resolve, Snooze
from domain.oncall.file import OnCallQuery, parse_on_call
from domain.protocol.model import EscalationRules
from domain.refusal import RefusalCode, Refused
from domain.values import Role, Severity
from tests.support.cast import HAS_A_METHOD, MARA, WEEKLY, adverse_event, cssrs, vitals, weekly
from tests.support.ward import Ward

CLINIC = parse_on_call(Path("examples/oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)
URGENT = CLINIC.standing(OnCallQuery(severity=Severity.URGENT, at=MONDAY))
CLINICIANS = (Role.PRESCRIBER, Role.MONITOR)


def escalation(kind: Kind = Kind.SUICIDE_RISK, resolvers: tuple[Role, ...] = CLINICIANS) -> Escalation:
    opening = Opening(
        id=escalation_id("EX-1", kind, None, 1),
        course_id="EX-1",
        kind=kind,
        session=None,
        severity=Severity.URGENT,
        opened_at=MONDAY,
        resolvers=resolvers,
    )
    return opened(opening, MONDAY)


def opening_of(ward: Ward, kind: Kind) -> Opening:
    return next(call.opening for call in ward.calls if isinstance(call, OpenEscalation) and call.opening.kind is kind)


def test_a_coordinator_resolves_no_question_of_safety() -> None:
    """The desk closed a suicide risk (story 47); it is refused, and says who must."""
    with pytest.raises(Refused) as refused:
        escalation().resolve(Resolve(by="desk", note="Called back"), URGENT, MONDAY)

    refusal = refused.value.refusal
    assert refusal.code is RefusalCode.BLOCKED
    assert [(one.code, one.observed, one.limit) for one in refusal.blockers] == [
        ("actor.role_not_allowed", Role.COORDINATOR, "prescriber, monitor")
    ]
    assert "a prescriber or monitor must resolve it" in refusal.message


@pytest.mark.parametrize("person", ["lind", "osei", "ward"])
def test_a_clinician_resolves_it(person: str) -> None:
    """A monitor or a prescriber, by their role in the on-call file."""
    resolved = escalation().resolve(Resolve(by=person, note="Seen; safety plan made"), URGENT, MONDAY)

    assert resolved.view.state is EscalationState.RESOLVED


@pytest.mark.parametrize(
    "order",
    [
        Acknowledge(by="desk"),
        Snooze(by="desk", for_=timedelta(minutes=5), note="Calling"),
        Reassign(by="desk", to="osei"),
    ],
)
def test_whoever_is_on_call_may_acknowledge_put_off_and_pass_on(order: Acknowledge | Snooze | Reassign) -> None:
    """Somebody has to begin."""
    assert not escalation().act(order, URGENT, MONDAY).is_resolved


def test_any_other_kind_is_resolved_by_whoever_is_on_call() -> None:
    """The desk books a missed visit anew."""
    missed = escalation(Kind.SESSION_MISSED, resolvers=())

    assert missed.resolve(Resolve(by="desk", note="Booked anew"), URGENT, MONDAY).is_resolved


def test_the_course_says_who_may(ward: Ward) -> None:
    """Each question of safety carries its roles from the protocol, any other kind none."""
    ward.watched(until=timedelta(minutes=15)).reports(vitals(MARA, at=ward.now, spo2=80, symptoms=["agitation"]))
    ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    for kind in (Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT, Kind.SUICIDE_RISK):
        assert opening_of(ward, kind).resolvers == CLINICIANS

    ward.reports(vitals(MARA, at=ward.now + timedelta(minutes=1), symptoms=["agitation"]))
    assert opening_of(ward, Kind.VITALS_URGENT).resolvers == CLINICIANS
    ward.passes(timedelta(days=2))
    assert opening_of(ward, Kind.DISCHARGE_OVERDUE).resolvers == ()


def test_a_protocol_may_say_who(ward: Ward) -> None:
    """One kind more strictly, another one at all; what it leaves out keeps its clinicians."""
    strict = EscalationRules(resolved_by={Kind.SUICIDE_RISK: (Role.PRESCRIBER,), Kind.VITALS_URGENT: CLINICIANS})
    told = Ward(protocol=weekly({"escalations": strict})).cleared()
    told.reports(cssrs(MARA, at=told.now, items=HAS_A_METHOD))

    assert opening_of(told, Kind.SUICIDE_RISK).resolvers == (Role.PRESCRIBER,)
    assert strict.resolvers_of(Kind.VITALS_URGENT) == CLINICIANS
    assert strict.resolvers_of(Kind.ADVERSE_EVENT) == CLINICIANS
    assert EscalationRules().resolved_by.items() <= WEEKLY.escalations.resolved_by.items()
    assert ward.open == {}

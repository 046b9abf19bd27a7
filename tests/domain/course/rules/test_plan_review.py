"""Reviews of the plan: what a session did is looked at before the next one."""

import pytest

from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    adverse_event,
    clearance,
    correction,
    hours,
    minutes,
    over,
    plan,
    vitals,
    weekly,
)
from tests.support.ward import TICK, Ward

DUE = "plan.review_due"


def next_visit(ward: Ward, session: int = 2) -> list[str]:
    """What stands in the way of clearing somebody who is well at their next visit."""
    ward.checked_in(session).reports(vitals(MARA, session, at=ward.begins(session) - minutes(10)))
    return ward.reasons(clearance(MARA, session, at=ward.now))


def unwell(ward: Ward) -> Ward:
    """A seizure in the first session, seen to by everybody, and then home and well."""
    ward.watched(until=minutes(15)).reports(adverse_event(MARA, 1, at=ward.now, term="seizure", grade=4))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    return ward


def test_after_an_event_the_plan_is_reviewed(ward: Ward) -> None:
    """`review_after_event`: an emergency that somebody has resolved was one; the next dose is planned anew."""
    next_visit(unwell(ward))

    (asked,) = ward.refuses(clearance(MARA, 2, at=ward.now)).blockers
    assert (asked.code, asked.absolute, asked.limit) == (DUE, False, 1)
    assert "Session 1 had an urgent event" in asked.message
    assert ward.reasons(clearance(MARA, 2, at=ward.now, overrides=over(DUE))) == []

    ward.reports(plan(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []


def test_a_plan_of_before_the_patient_went_home_is_no_review(ward: Ward) -> None:
    """While they are watched nobody knows how it ends."""
    unwell(ward).reports(plan(MARA, at=ward.now))
    ward.discharged()
    gone = ward.session().gone
    assert gone is not None

    assert next_visit(ward) == [DUE]
    ward.sends(plan(MARA, at=gone.at - TICK))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == [DUE]
    ward.sends(plan(MARA, at=gone.at))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []


@pytest.mark.parametrize("session", [1, None])
def test_an_event_at_home_asks_for_a_plan_of_after_it(ward: Ward, session: int | None) -> None:
    """Whoever tells of it may name no session."""
    ward.integrated().reports(plan(MARA, at=ward.now))
    ward.reports(adverse_event(MARA, session, at=ward.now + hours(1), grade=4))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)

    assert next_visit(ward) == [DUE]
    ward.reports(plan(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []


def test_what_was_not_urgent_asks_for_none(ward: Ward) -> None:
    """Nausea, and a session in which nothing happened."""
    ward.watched(until=minutes(15)).reports(adverse_event(MARA, 1, at=ward.now, grade=2))
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.ROUTINE}
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)

    assert next_visit(ward) == []


def test_a_slip_of_the_pen_was_no_event(ward: Ward) -> None:
    """A saturation of 80 that was 98: corrected, seen to, and no reason for another plan."""
    ward.watched(until=minutes(15))
    slip = vitals(MARA, at=ward.now + minutes(1), spo2=80)
    ward.reports(slip)
    ward.reports(correction(slip, at=ward.now + minutes(1), spo2=98))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)

    assert next_visit(ward) == []


def test_an_override_is_asked_for_once(ward: Ward) -> None:
    """The clearance after the event weighs it; the sessions after that have no event of their own."""
    unwell(ward)
    next_visit(ward)
    ward.reports(clearance(MARA, 2, at=ward.now, overrides=over(DUE)))
    ward.discharged(2)

    assert next_visit(ward, 3) == []


def test_a_protocol_may_ask_for_no_review(opens: Opens) -> None:
    """As those did that were written before it could be said."""
    assert next_visit(unwell(opens(weekly({"course.review_after_event": None})))) == []

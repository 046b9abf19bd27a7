"""Calls after a session: what the patient says is judged whenever somebody calls, due or not."""

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import MARA, adverse_event, call, cssrs, days, hours, minutes, phq9, withdrawal
from tests.support.ward import Ward

A_HINT = (0, 0, 0, 0, 0, 0, 0, 0, 1)


def graces(ward: Ward) -> list[object]:
    return [one.grace for one in ward.due(DeadlineKind.CHECK_IN)]


@pytest.mark.parametrize(
    ("symptoms", "severity", "opened"),
    [
        (["chest pain", "nausea"], VerdictSeverity.EMERGENCY, Severity.EMERGENCY),
        (["Convulsions"], VerdictSeverity.EMERGENCY, Severity.EMERGENCY),
        (["agitation"], VerdictSeverity.URGENT, Severity.URGENT),
        (["nausea"], VerdictSeverity.WARNING, None),
        (["something odd"], VerdictSeverity.WARNING, Severity.ROUTINE),
        ([], VerdictSeverity.NORMAL, None),
    ],
)
def test_symptoms_of_a_call_are_judged(
    ward: Ward, symptoms: list[str], severity: VerdictSeverity, opened: Severity | None
) -> None:
    """By the protocol's own lists (S1, S9); at home nobody measures, so it is an adverse event."""
    answer = ward.discharged().reports(call(MARA, at=ward.now + days(1), symptoms=symptoms))

    assert answer.verdict is not None
    assert answer.verdict.severity is severity
    assert ward.open.get(Kind.ADVERSE_EVENT) is opened


@pytest.mark.parametrize("days_after", [None, 2, 1])
def test_talk_of_suicide_is_heard_on_every_call(ward: Ward, days_after: int | None) -> None:
    """One that was not due, one that no protocol names, and a second one of a day whose first was fine."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(24)))
    answer = ward.reports(call(MARA, at=ward.now + hours(20), days_after=days_after, suicidal_ideation=True))

    assert ward.open == {Kind.SUICIDE_RISK: Severity.URGENT}
    assert answer.verdict is not None
    assert [one.code for one in answer.verdict.findings] == ["check_in.suicidal_ideation"]


def test_a_call_that_was_not_due_fulfils_nothing(ward: Ward) -> None:
    """It has no `days_after`, nothing speaks against it, and the day's call stays due."""
    ward.discharged()
    due = len(ward.due(DeadlineKind.CHECK_IN))
    answer = ward.reports(call(MARA, at=ward.now + hours(2), days_after=None))

    assert answer.deviations == ()
    assert len(ward.due(DeadlineKind.CHECK_IN)) == due


def test_a_call_before_any_session_is_judged_too(ward: Ward) -> None:
    """There is no session to it; what was said is said."""
    ward.planned().reports(call(MARA, None, at=ward.now, days_after=None, symptoms=["syncope"]))

    assert ward.open[Kind.ADVERSE_EVENT] is Severity.EMERGENCY


def test_a_call_after_the_course_has_closed_is_judged(ward: Ward) -> None:
    """Dropping out is the risk."""
    ward.discharged().reports(withdrawal(MARA, at=ward.now + hours(1)))
    ward.reports(call(MARA, at=ward.now + hours(20), suicidal_ideation=True))

    assert Kind.SUICIDE_RISK in ward.open


def test_after_talk_of_suicide_the_next_calls_are_hurried(ward: Ward) -> None:
    """`missed_at_risk`, as after a raised C-SSRS, until a C-SSRS says otherwise."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(24), suicidal_ideation=True))
    assert graces(ward) == [hours(1), hours(1)]

    ward.reports(call(MARA, at=ward.now + hours(1), days_after=None))
    assert graces(ward) == [hours(1), hours(1)]

    ward.reports(cssrs(MARA, at=ward.now + hours(1)))
    assert graces(ward) == [hours(4), hours(4)]


def test_a_hint_in_a_questionnaire_hurries_the_next_calls(ward: Ward) -> None:
    """Until the screen that it asks for is taken."""
    ward.discharged().reports(phq9(MARA, at=ward.now + hours(24), items=A_HINT))
    assert graces(ward)[-1] == hours(1)

    ward.reports(cssrs(MARA, at=ward.now + minutes(30)))
    assert graces(ward)[-1] == hours(4)


@pytest.mark.parametrize(
    ("grade", "serious", "severity"),
    [
        (1, False, VerdictSeverity.WARNING),
        (2, False, VerdictSeverity.WARNING),
        (3, False, VerdictSeverity.URGENT),
        (4, False, VerdictSeverity.EMERGENCY),
        (1, True, VerdictSeverity.EMERGENCY),
    ],
)
def test_an_adverse_event_has_a_verdict(ward: Ward, grade: int, serious: bool, severity: VerdictSeverity) -> None:
    """As severe as whom it wakes (S45); the mildest nausea is what the protocol calls nausea."""
    answer = ward.referred().reports(adverse_event(MARA, at=ward.now, grade=grade, serious=serious))

    assert answer.verdict is not None
    assert answer.verdict.severity is severity


@pytest.mark.parametrize("term", ["Left before discharge", "left-before-discharge"])
def test_who_left_is_known_however_it_is_spelled(ward: Ward, term: str) -> None:
    """The term is a code like any other."""
    ward.dosed().reports(adverse_event(MARA, at=ward.now + minutes(1), term=term))

    assert Kind.LEFT_BEFORE_DISCHARGE in ward.open

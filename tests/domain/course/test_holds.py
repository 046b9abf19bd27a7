"""A pause over the course: nothing is dosed under it, nobody is hurried, and a prescriber lifts a safety hold."""

import pytest

from domain.course.deadlines import DeadlineKind
from domain.escalation.messages import Kind
from domain.values import Actor, Severity
from tests.support.cast import (
    CALM,
    DESK,
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    OSEI,
    PATIENT,
    WISHES_TO_BE_DEAD,
    clearance,
    consent_withdrawn,
    cssrs,
    days,
    dose,
    hold,
    minutes,
    resumption,
    seconds,
    vitals,
)
from tests.support.ward import TICK, Ward


def test_nobody_is_cleared_or_dosed_under_a_hold(ward: Ward) -> None:
    """`course.held` is absolute: no rationale lifts it, and it is seen by the very next dose."""
    ward.cleared().reports(hold(MARA, at=ward.now))

    assert ward.course.answer(hold(MARA, at=ward.now), 0, ward.now).held
    assert ward.reasons(clearance(MARA, at=ward.now + minutes(1))) == ["course.held"]
    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == ["course.held"]
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_a_course_goes_on_where_it_was_when_it_is_resumed(ward: Ward) -> None:
    """After an ordinary hold anybody of the clinic resumes."""
    ward.cleared().reports(hold(MARA, at=ward.now))
    ward.reports(resumption(MARA, at=ward.now + minutes(1), by=DESK))

    assert ward.course.hold is None
    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == []


def test_a_course_is_held_once_and_resumed_once(ward: Ward) -> None:
    """The same reason again changes nothing, and there is nothing to resume twice."""
    ward.prepared()
    assert ward.reasons(resumption(MARA, at=ward.now)) == ["course.not_held"]

    ward.reports(hold(MARA, at=ward.now))
    ward.reports(hold(MARA, at=ward.now + minutes(1)))
    assert len(ward.course.holds) == 1
    ward.reports(resumption(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(resumption(MARA, at=ward.now + minutes(1))) == ["course.not_held"]


def test_each_reason_of_a_hold_is_answered(ward: Ward) -> None:
    """The consent that was signed again says nothing of the risk: one resumption lifts what it names."""
    ward.prepared().reports(consent_withdrawn(MARA, at=ward.now))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    ward.reports(resumption(MARA, at=ward.now, reasons=("consent withdrawn",)))

    assert [hold.reason for hold in ward.course.holds] == ["suicide risk high"]


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_after_a_safety_hold_only_a_prescriber_resumes(ward: Ward, actor: Actor) -> None:
    """CONTRACT 5, `course.resumed`: a C-SSRS with intent or a plan holds the course."""
    ward.prepared().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))

    expected = set() if actor is OSEI else {"actor.role_not_allowed"}

    assert set(ward.reasons(resumption(MARA, at=ward.now, by=actor))) == expected


def test_an_ordinary_hold_becomes_a_safety_hold_and_never_the_other_way(ward: Ward) -> None:
    """What was paused for a family matter is not resumed by the desk after they named a plan."""
    ward.prepared().reports(hold(MARA, at=ward.now))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))

    assert ward.course.hold is not None
    assert ward.course.hold.reason == "suicide risk high"

    ward.reports(resumption(MARA, at=ward.now, by=DESK))
    assert [hold.reason for hold in ward.course.holds] == ["suicide risk high"], "the desk lifts its own reason alone"
    assert ward.reasons(resumption(MARA, at=ward.now + TICK, by=DESK)) == ["actor.role_not_allowed"]


@pytest.mark.parametrize(
    ("answers", "held", "severity"),
    [
        (CALM, False, None),
        (WISHES_TO_BE_DEAD, False, None),
        (HAS_A_METHOD, False, Severity.URGENT),
        (HAS_A_PLAN, True, Severity.EMERGENCY),
    ],
    ids=["none", "low", "moderate", "high"],
)
def test_a_risk_of_suicide_wakes_somebody_and_holds_the_course_as_the_protocol_says(
    ward: Ward, answers: tuple[int, ...], held: bool, severity: Severity | None
) -> None:
    """`[measures.cssrs]`: high is an emergency and a hold, moderate is urgent."""
    answer = ward.prepared().reports(cssrs(MARA, at=ward.now, items=answers))

    assert answer.held is held
    assert ward.open.get(Kind.SUICIDE_RISK) == severity


def test_an_open_suicide_risk_blocks_the_dose_even_after_the_course_was_resumed(ward: Ward) -> None:
    """Until a human has resolved it: an escalation's end, not a course's resumption, answers it."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))

    assert ward.reasons(clearance(MARA, at=ward.now)) == ["escalation.suicide_risk_open", "measure.cssrs_raised"]


# Time under a hold


def test_nobody_is_hurried_to_prepare_or_to_dose_under_a_hold(ward: Ward) -> None:
    """Phase and interval deadlines rest; what a dosed patient needs does not, nor the review of the hold itself."""
    ward.planned().reports(hold(MARA, at=ward.now))
    ward.passes(days(60))

    assert set(ward.pages) == {(Kind.HOLD_UNREVIEWED, Severity.ROUTINE)}
    assert ward.due(DeadlineKind.PHASE) == []


def test_a_phase_that_ran_out_under_a_hold_leaves_time_to_act_on_the_resumption(ward: Ward) -> None:
    """Resumed after its deadline, the phase is overdue ten minutes later, not at once."""
    ward.planned().reports(hold(MARA, at=ward.now))
    ward.reports(resumption(MARA, at=ward.now + days(30)))
    ward.calls.clear()

    ward.passes(minutes(10) - TICK)
    quiet = ward.pages
    ward.passes(TICK)

    assert quiet == []
    assert ward.pages == [(Kind.PHASE_OVERDUE, Severity.ROUTINE)]


def test_a_dose_that_fell_due_under_a_hold_leaves_time_to_act_on_the_resumption(ward: Ward) -> None:
    """As for a phase: nobody is called in the moment of the resumption."""
    ward.integrated().reports(hold(MARA, at=ward.now))
    ward.reports(resumption(MARA, at=ward.now + days(68)))
    ward.calls.clear()

    ward.passes(minutes(10) - TICK)
    quiet = ward.pages
    ward.passes(TICK)

    assert quiet == []
    assert ward.pages == [(Kind.PHASE_OVERDUE, Severity.ROUTINE)]


def test_a_dosed_patient_is_watched_under_a_hold(ward: Ward) -> None:
    """A hold laid after the dose stops no checkpoint."""
    ward.dosed().reports(hold(MARA, at=ward.now + seconds(1), by=LIND))

    ward.passes(minutes(5))

    assert ward.open == {Kind.VITALS_OVERDUE: Severity.URGENT}
    assert ward.reasons(hold(MARA, at=ward.now, by=PATIENT)) == ["actor.role_not_allowed"]

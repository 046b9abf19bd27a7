"""Ages and days: how old a fact may be, none speaks for a moment before it, and days are those of the site."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules import consent as consent_rules
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import (
    LIND,
    MARA,
    MONDAY,
    assessment,
    call,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    discharge,
    dose,
    eligible,
    follow_up,
    form,
    hours,
    integration,
    minutes,
    phq9,
    plan,
    resumption,
    screening,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.ward import EDGES, Ward

PACIFIC = "America/Los_Angeles"
ITEM9 = (1, 1, 1, 1, 1, 1, 1, 1, 3)


@EDGES
def test_an_assessment_has_an_age(ward: Ward, edge: timedelta) -> None:
    """Half an hour at most: nurses pre-fill (story 63)."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(121)))
    at = ward.now + minutes(30) + edge
    ward.reports(vitals(MARA, at=at - minutes(1)))

    assert ("discharge.assessment_too_old" in ward.reasons(discharge(MARA, at=at))) is (edge > timedelta())


@EDGES
def test_an_assessment_from_before_the_minimum_observation_is_too_early(ward: Ward, edge: timedelta) -> None:
    """S4: the assessment comes after two hours."""
    ward.watched(until=minutes(90)).reports(assessment(MARA, at=ward.begins() + minutes(120) + edge))
    reasons = ward.reasons(discharge(MARA, at=ward.begins() + minutes(125)))

    assert ("discharge.assessed_too_early" in reasons) is (edge < timedelta())


def test_an_assessment_a_minute_after_the_injection_sends_nobody_home(ward: Ward) -> None:
    """PADSS 10, oriented, steady, typed before it can be so (story 63)."""
    ward.dosed().reports(assessment(MARA, at=ward.now + minutes(1)))
    ward.watched()

    assert {"discharge.assessed_too_early", "discharge.assessment_too_old"} <= set(
        ward.reasons(discharge(MARA, at=ward.begins() + minutes(121)))
    )


def test_an_assessment_does_not_speak_for_a_discharge_before_it(ward: Ward) -> None:
    """Assessed at 12:05, discharged at 12:03."""
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(5)))

    assert "discharge.not_assessed" in ward.reasons(discharge(MARA, at=ward.now - minutes(2)))


@EDGES
def test_a_screening_has_an_age_before_the_first_dose(ward: Ward, edge: timedelta) -> None:
    """Sixty days; 296 of them were no matter before (story 44)."""
    ward.booked()
    assert ward.course.screening is not None
    at = ward.course.screening.at + days(60) + edge
    ward.reports(cssrs(MARA, at=at - minutes(30)))
    ward.reports(check_in(MARA, at=at - minutes(20)))
    ward.reports(vitals(MARA, at=at - minutes(5)))

    assert ward.reasons(clearance(MARA, at=at)) == (["screening.outdated"] if edge > timedelta() else [])


def test_a_screening_and_its_measures_have_an_age_at_the_decision(ward: Ward) -> None:
    """Whoever was screened a year ago is not decided on."""
    ward.screened()
    reasons = ward.reasons(eligible(MARA, at=ward.now + days(61)))

    assert {"screening.outdated", "measure.cssrs_missing", "measure.phq9_missing"} <= set(reasons)


def test_a_screening_in_a_long_gap_grows_old_too(ward: Ward) -> None:
    """Screened again after the last dose, and that is long ago as well."""
    ward.booked(2).reports(screening(MARA, at=ward.now))
    at = ward.now + days(90)
    ward.reports(cssrs(MARA, at=at - minutes(30)))
    ward.reports(check_in(MARA, 2, at=at - minutes(20)))
    ward.reports(vitals(MARA, 2, at=at))

    assert "screening.outdated" in ward.reasons(clearance(MARA, 2, at=at))


@EDGES
def test_a_measure_is_taken_for_this_visit(ward: Ward, edge: timedelta) -> None:
    """C-SSRS at the last discharge clears no dose of three weeks later (story 45)."""
    ward.booked(2)
    at = ward.begins(2)
    ward.reports(cssrs(MARA, at=at - days(1) - edge))
    ward.reports(check_in(MARA, 2, at=at - minutes(20)))
    ward.reports(vitals(MARA, 2, at=at - minutes(5)))

    assert ("measure.cssrs_missing" in ward.reasons(clearance(MARA, 2, at=at))) is (edge > timedelta())


def test_a_consent_signed_after_the_dose_does_not_cover_it(ward: Ward) -> None:
    """Dose at 10:00, consent at 14:00, entered at 15:00 (story 56)."""
    ward.referred().reports(consent(MARA, at=ward.begins() + hours(4)))
    ward.passes(hours(1))
    answer = ward.sends(dose(MARA, at=ward.begins()))

    assert {one.code: one.absolute for one in answer.deviations}["consent.signed_later"]
    assert ward.session().is_monitored


def test_a_consent_given_again_does_not_cover_what_came_between(ward: Ward) -> None:
    """Withdrawn in the evening, signed anew at noon: at ten there was none."""
    ward.checked_in().reports(consent_withdrawn(MARA, at=ward.now - hours(12)))
    ward.reports(consent(MARA, at=ward.now + hours(3)))

    assert "consent.withdrawn" in ward.reasons(dose(MARA, at=ward.now - hours(2)))


def test_a_consent_that_is_renewed_covered_the_dose_before(ward: Ward) -> None:
    """The one in force at that moment counts, whatever was signed since."""
    ward.cleared().reports(consent(MARA, at=ward.begins() + minutes(10)))

    assert ward.reasons(dose(MARA, at=ward.begins())) == []


def test_a_withdrawal_by_a_clock_that_is_ahead_counts_from_when_it_is_told(ward: Ward) -> None:
    """Told at ten, and dated half a minute later: the dose of a moment after is without consent."""
    ward.cleared().sends(consent_withdrawn(MARA, at=ward.now + timedelta(seconds=30)))
    ward.sends(resumption(MARA, at=ward.now))
    answer = ward.sends(dose(MARA, at=ward.now))

    assert "consent.withdrawn" in {one.code for one in answer.deviations}


def test_what_comes_before_the_first_dose_came_before_it(ward: Ward) -> None:
    """Eligibility, plan and talks of the afternoon are none of the morning's dose."""
    ward.cleared()
    held, late = ward.course.preparations, ward.begins() + hours(4)
    course = ward.course.but(preparations=(*held[:-1], held[-1].but(at=late)))

    before, after = (course.blockers_for(dose(MARA, at=at)) for at in (ward.begins(), late))
    assert "course.not_in_medicine" in {one.code for one in before}
    assert "course.not_in_medicine" not in {one.code for one in after}


def test_a_plan_of_the_afternoon_allows_nothing_in_the_morning(ward: Ward) -> None:
    """A monitor reports what the plan of that moment says."""
    ward.cleared(2).reports(plan(MARA, at=ward.begins(2) + hours(4), mg_per_kg=0.6))
    reasons = [one.code for one in ward.course.blockers_for(dose(MARA, 2, at=ward.begins(2), mg=40, by=LIND))]

    assert "dose.above_plan" in reasons


@pytest.mark.parametrize(("hours_later", "is_outdated"), [(3.9, False), (22, True)])
def test_a_check_in_is_of_its_day(ward: Ward, hours_later: float, is_outdated: bool) -> None:
    """Checked in yesterday at ten, cleared today at eight (story 57)."""
    ward.checked_in()
    reasons = ward.reasons(clearance(MARA, at=ward.now + hours(hours_later)))

    assert ("check_in.outdated" in reasons) is is_outdated


def test_a_visit_may_run_past_midnight(ward: Ward) -> None:
    """Midnight alone makes nobody eat."""
    midnight = datetime.combine(ward.booked().begins().date(), datetime.min.time(), UTC) + days(1)
    ward.reports(check_in(MARA, at=midnight - minutes(20)))

    assert "check_in.outdated" not in ward.reasons(clearance(MARA, at=midnight + minutes(20)))
    assert "check_in.outdated" in ward.reasons(clearance(MARA, at=midnight + hours(4)))


def test_a_check_in_does_not_speak_for_a_clearance_before_it(ward: Ward) -> None:
    """Cleared at 9:35, checked in at 9:40."""
    ward.checked_in()

    assert "check_in.missing" in ward.reasons(clearance(MARA, at=ward.now - minutes(5)))


def test_a_call_too_early_counts_for_nothing_and_says_so(ward: Ward) -> None:
    """Day 7, three hours after discharge (story 76); what it hears is judged all the same."""
    ward.discharged()
    answer = ward.reports(call(MARA, at=ward.now + hours(3), days_after=7, suicidal_ideation=True))

    assert [one.code for one in answer.deviations] == ["check_in.too_early"]
    assert ward.session().check_ins == ()
    assert ward.open[Kind.SUICIDE_RISK] is Severity.URGENT


@pytest.mark.parametrize(("days_after", "since"), [(1, hours(12)), (3, days(2)), (7, days(5))])
@EDGES
def test_a_call_counts_from_midway_to_it(ward: Ward, days_after: int, since: timedelta, edge: timedelta) -> None:
    """From then on it is nearer to its own day than to the one before."""
    ward.discharged()
    asked = call(MARA, at=ward.now + since + edge, days_after=days_after)

    assert ("check_in.too_early" in ward.reasons(asked)) is (edge < timedelta())


@pytest.mark.parametrize("what", [call, integration, form])
def test_nothing_after_a_session_is_dated_before_its_discharge(ward: Ward, what: object) -> None:
    """A call, a talk or a paper of before it fulfils nothing (story 76)."""
    ward.discharged()
    before = what(MARA, at=ward.now - minutes(1))  # type: ignore[operator]

    assert ward.reasons(before) != []
    ward.sends(before)
    assert (ward.session().check_ins, ward.session().integrations, ward.session().forms) == ((), (), ())


@pytest.mark.parametrize("days_after", [30, 90, 180])
def test_a_visit_too_early_does_not_close_the_course(ward: Ward, days_after: int) -> None:
    """180 typed on day 7: the day-7 call and the visits stay due (story 77)."""
    ward.in_follow_up()
    answer = ward.reports(follow_up(MARA, at=ward.now, days_after=days_after))

    assert [one.code for one in answer.deviations] == ["follow_up.too_early"]
    assert ward.course.phase is Phase.FOLLOW_UP
    assert len(ward.due(DeadlineKind.FOLLOW_UP)) == 3


def test_who_withdraws_consent_while_monitored_is_always_urgent(ward: Ward) -> None:
    """Whatever day it is: fifteen hours after the dose nobody has sent them home (story 91)."""
    ward.dosed().reports(consent_withdrawn(MARA, at=ward.begins() + hours(15)))

    assert ward.open[Kind.CONSENT_WITHDRAWN] is Severity.URGENT


def test_who_withdraws_while_monitored_is_urgent_too(ward: Ward) -> None:
    """A patient who ends their course takes their consent back."""
    ward.watched(until=minutes(15)).reports(withdrawal(MARA, at=ward.now))

    assert ward.open[Kind.CONSENT_WITHDRAWN] is Severity.URGENT


@pytest.mark.parametrize("offset", [0, -8, 14])
@pytest.mark.parametrize(("zone", "is_same_day"), [(PACIFIC, True), ("UTC", False)])
def test_the_day_is_the_sites_whatever_offset_the_sender_writes(zone: str, is_same_day: bool, offset: int) -> None:
    """Dosed at 10:00 UTC, home at 12:10; withdrawn at 01:00 UTC, which is 17:00 of the same day in Oregon."""
    ward = Ward(timezone=zone).discharged()
    at = (ward.begins().replace(hour=0) + hours(25)).astimezone(timezone(hours(offset)))
    ward.reports(consent_withdrawn(MARA, at=at))

    assert (Kind.CONSENT_WITHDRAWN in ward.open) is is_same_day
    assert ward.stage() is Stage.DISCHARGED


@pytest.mark.parametrize("offset", [0, -8, 14])
@pytest.mark.parametrize(
    ("zone", "day", "told"), [(PACIFIC, "2027-01-06", "6 Jan 2027"), ("UTC", "2027-01-07", "7 Jan 2027")]
)
def test_the_day_that_a_sentence_names_is_the_sites(zone: str, day: str, told: str, offset: int) -> None:
    """Signed at 01:00 UTC of the 7th, which is 17:00 of the 6th in Oregon: a year later it has expired."""
    ward = Ward(timezone=zone).eligible()
    signed_at = (MONDAY + days(2)).replace(hour=1).astimezone(timezone(hours(offset)))
    ward.reports(consent(MARA, at=signed_at))

    (expired,) = consent_rules.blockers(ward.course, signed_at + days(365))

    assert (expired.message, expired.limit) == (f"The consent expired on {told}", day)


def test_a_screen_is_due_at_the_end_of_the_sites_day() -> None:
    """Answered at 17:00 in Oregon, 01:00 UTC of the next day: due at midnight in Oregon."""
    ward = Ward(timezone=PACIFIC).discharged()
    answered = ward.begins().replace(hour=1) + days(2)
    ward.reports(phq9(MARA, at=answered, items=ITEM9))

    assert [due.due_at for due in ward.due(DeadlineKind.RISK_SCREEN)] == [answered.replace(hour=8)]


def test_a_protocol_may_say_other_ages(ward: Ward) -> None:
    """Each is a key of its own."""
    strict = Ward(protocol=weekly({"medicine.measures_valid": minutes(9), "screening.valid_for": days(3)}))
    strict.checked_in().reports(vitals(MARA, at=strict.now))

    assert set(strict.reasons(clearance(MARA, at=strict.now))) == {"measure.cssrs_missing", "screening.outdated"}
    assert ward.cleared().stage() is Stage.CLEARED

"""What stands in the way of a dose, of a booster and of the way home: emergencies, risk, exclusion and the plan."""

import pytest

from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.fields import PregnancyTest
from domain.values import Blocker, Severity
from tests.support.cast import (
    CALM,
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    OSEI,
    abortion,
    adverse_event,
    assessment,
    call,
    check_in,
    clearance,
    correction,
    cssrs,
    discharge,
    dose,
    hours,
    measure,
    minutes,
    over,
    phq9,
    plan,
    rebooking,
    resumption,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import TICK, Ward

BOOSTERS = weekly({"medicine.dose.boosters_max": 1})
ITEM9 = (1, 1, 1, 1, 1, 1, 1, 1, 3)


def against(ward: Ward, event: object) -> dict[str, Blocker]:
    return {blocker.code: blocker for blocker in ward.course.blockers_for(event)}  # type: ignore[arg-type]


def at_the_door(ward: Ward, **last: object) -> dict[str, Blocker]:
    """What stands before the way home, by the monitor, of a patient whose last reading was this."""
    ward.watched().reports(vitals(MARA, at=ward.now + minutes(2), **last))  # type: ignore[arg-type]
    ward.reports(assessment(MARA, at=ward.now))
    return against(ward, discharge(MARA, at=ward.now))


@pytest.mark.parametrize("kind", ["anaphylaxis", "laryngospasm", "seizure"])
def test_an_open_emergency_of_any_kind_is_final_before_the_dose(ward: Ward, kind: str) -> None:
    """Reported after the clearance, and not resolved: whatever its kind (story 33)."""
    ward.cleared().reports(adverse_event(MARA, 1, at=ward.now, term=kind, grade=4, serious=True))

    assert against(ward, dose(MARA, at=ward.now))["escalation.adverse_event_open"].absolute


def test_an_open_emergency_is_final_before_a_booster_and_at_the_door() -> None:
    """Story 34."""
    ward = Ward(protocol=BOOSTERS).watched(until=minutes(15))
    ward.reports(adverse_event(MARA, 1, at=ward.now, term="laryngospasm", grade=4))
    assert against(ward, dose(MARA, at=ward.now + TICK, mg=1))["escalation.adverse_event_open"].absolute

    ward.watched().reports(assessment(MARA, at=ward.now))
    going = discharge(MARA, at=ward.now, by=OSEI, overrides=over("escalation.adverse_event_open"))
    assert ward.reasons(going) == ["escalation.adverse_event_open"]


def test_an_open_urgent_one_of_the_session_before_is_weighed(ward: Ward) -> None:
    """Relative, with a prescriber's rationale (story 35)."""
    ward.discharged().reports(vitals(MARA, at=ward.begins() + minutes(20), symptoms=["agitation"]))
    ward.checked_in(2).reports(vitals(MARA, 2, at=ward.now))

    assert not against(ward, clearance(MARA, 2, at=ward.now))["escalation.vitals_urgent_open"].absolute
    weighed = over("escalation.vitals_urgent_open", "plan.review_due")
    ward.reports(clearance(MARA, 2, at=ward.now, overrides=weighed))
    assert ward.reasons(dose(MARA, 2, at=ward.now)) == []


@pytest.mark.parametrize("kind", ["adverse event", "reading"])
def test_the_next_event_behind_a_weighed_page_asks_again(ward: Ward, kind: str) -> None:
    """The prescriber weighed one event; the other came after, behind the same open page."""

    def unwell(minute: int, symptom: str) -> object:
        at = ward.begins() - minutes(minute)
        if kind == "reading":
            return vitals(MARA, at=at, symptoms=[symptom])
        return adverse_event(MARA, 1, at=at, term=symptom, grade=3)

    code = "escalation.vitals_urgent_open" if kind == "reading" else "escalation.adverse_event_open"
    ward.checked_in().reports(unwell(9, "agitation"))  # type: ignore[arg-type]
    ward.reports(vitals(MARA, at=ward.begins() - minutes(8)))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over(code)))
    assert against(ward, dose(MARA, at=ward.begins())) == {}

    ward.reports(unwell(2, "violence"))  # type: ignore[arg-type]
    ward.reports(vitals(MARA, at=ward.begins() - minutes(1)))
    assert list(against(ward, dose(MARA, at=ward.begins()))) == [code]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(1), overrides=over(code)))
    assert against(ward, dose(MARA, at=ward.begins())) == {}


def test_a_mild_event_behind_a_weighed_page_asks_nobody(ward: Ward) -> None:
    """What opens nothing that blocks does not block behind an open page either."""
    code = "escalation.adverse_event_open"
    ward.checked_in().reports(adverse_event(MARA, 1, at=ward.begins() - minutes(9), grade=3))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(8)))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over(code)))
    ward.reports(adverse_event(MARA, 1, at=ward.begins() - minutes(2), grade=2))

    assert against(ward, dose(MARA, at=ward.begins())) == {}


@pytest.mark.parametrize("event", ["vitals", "adverse event", "adverse event at home"])
def test_no_dose_rises_after_a_session_with_an_urgent_event(ward: Ward, event: str) -> None:
    """Resolved or not; the same dose may be given (CLINICAL.md 3.5, story 35)."""
    ward.watched(until=minutes(15))
    match event:
        case "vitals":
            ward.reports(vitals(MARA, at=ward.now + minutes(1), symptoms=["agitation"]))
            kind = Kind.VITALS_URGENT
        case "adverse event":
            ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
            kind = Kind.ADVERSE_EVENT
        case _:
            ward.discharged().reports(adverse_event(MARA, at=ward.now + hours(5), grade=3))
            kind = Kind.ADVERSE_EVENT
    ward.hears(kind, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    ward.cleared(2)

    assert ward.reasons(dose(MARA, 2, at=ward.now, mg=35)) == []
    assert ward.reasons(dose(MARA, 2, at=ward.now, mg=36)) == ["dose.step_after_event"]
    ward.dosed(2).discharged(2).cleared(3)
    assert ward.reasons(dose(MARA, 3, at=ward.now, mg=36)) == []


@pytest.mark.parametrize("is_true_after_all", [False, True])
def test_a_slip_that_was_corrected_was_no_event(ward: Ward, is_true_after_all: bool) -> None:
    """A rise would be refused for a value that nobody ever had; one that somebody had since still counts."""
    ward.watched(until=minutes(15))
    slip = vitals(MARA, at=ward.now + minutes(1), symptoms=["agitation"])
    ward.reports(slip)
    ward.reports(correction(slip, symptoms=(), at=ward.now))
    if is_true_after_all:
        ward.reports(vitals(MARA, at=ward.now + minutes(2), symptoms=["agitation"]))
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    ward.cleared(2)

    assert ward.reasons(dose(MARA, 2, at=ward.now, mg=36)) == ["dose.step_after_event"] * is_true_after_all


def test_a_lighter_patient_may_have_the_same_dose_after_an_event(ward: Ward) -> None:
    """35 mg are more mg/kg of 69 kg than of 70: that is no rise."""
    ward.watched(until=minutes(15)).reports(vitals(MARA, at=ward.now + minutes(1), symptoms=["agitation"]))
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)
    ward.booked(2).reports(check_in(MARA, 2, at=ward.begins(2) - minutes(20), weight_kg=69))

    assert "dose.step_after_event" not in against(ward, dose(MARA, 2, at=ward.now, mg=35))
    assert "dose.step_after_event" in against(ward, dose(MARA, 2, at=ward.now, mg=36))


@pytest.mark.parametrize(
    ("last", "code", "is_final"),
    [
        ({"respiratory_rate": 8}, "discharge.respiratory_rate_below_limit", False),
        ({"respiratory_rate": 7}, "discharge.respiratory_rate_below_limit", True),
        ({"symptoms": ["agitation", "prolonged_dissociation"]}, "discharge.symptom_reported", False),
        ({"symptoms": ["chest_pain"]}, "discharge.symptom_reported", True),
        ({"spo2": 85}, "discharge.spo2_below_limit", True),
        ({"moaas": 2}, "discharge.moaas_below_limit", False),
    ],
)
def test_the_last_readings_verdict_counts_at_the_door(
    ward: Ward, last: dict[str, object], code: str, is_final: bool
) -> None:
    """Every limited sign and the symptoms, also when the page has been resolved (story 65)."""
    found = at_the_door(ward, **last)
    assert found[code].absolute is is_final

    for kind in ward.open:
        ward.hears(kind, Change.RESOLVED)
    assert code in against(ward, discharge(MARA, at=ward.now))


def test_a_reading_of_one_sign_takes_back_nothing_of_another(ward: Ward) -> None:
    """The breathing that was too slow stands until it is counted again, whatever the pressure is meanwhile."""
    ward.watched().reports(vitals(MARA, at=ward.now + minutes(1), respiratory_rate=8))
    bare = {"spo2": None, "heart_rate": None, "respiratory_rate": None, "moaas": None}

    assert "discharge.respiratory_rate_below_limit" in at_the_door(ward, **bare)


def test_a_breach_that_was_confirmed_counts_at_the_door(ward: Ward) -> None:
    """Heart rate 140 twice (story 65); after a calm reading the page alone is weighed."""
    ward.watched().reports(vitals(MARA, at=ward.now + minutes(1), heart_rate=140))

    assert "discharge.heart_rate_above_limit" in at_the_door(ward, heart_rate=140)
    assert set(at_the_door(ward)) == {"escalation.vitals_urgent_open"}


def test_a_pressure_that_does_not_fall_is_reviewed_before_they_leave(ward: Ward) -> None:
    """The page says "review before leaving", and it counts (story 64)."""
    ward.watched(until=minutes(90))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(115), systolic=141, diastolic=88))
    found = at_the_door(ward, systolic=142, diastolic=88)

    assert ward.open[Kind.BLOOD_PRESSURE_NOT_FALLING] is Severity.URGENT
    assert not found["escalation.blood_pressure_not_falling_open"].absolute


def test_a_screen_from_before_the_answer_that_asks_for_it_does_not_answer_it(ward: Ward) -> None:
    """Calm at 9:30, better off dead at 9:50, the page resolved: the screen is still owed (story 48)."""
    ward.checked_in().reports(phq9(MARA, at=ward.now, items=ITEM9))
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED)
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(clearance(MARA, at=ward.now)) == ["measure.cssrs_missing"]

    ward.reports(cssrs(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


def test_of_one_moment_the_screen_counts_that_was_reported_after_the_answer(ward: Ward) -> None:
    """A visit's papers may be filed with one time: then their order tells."""
    ward.checked_in()
    ward.reports(cssrs(MARA, at=ward.now))
    ward.reports(phq9(MARA, at=ward.now, items=ITEM9))
    assert "measure.cssrs_missing" in ward.reasons(clearance(MARA, at=ward.now))

    ward.reports(measure(MARA, "cssrs", at=ward.now, by=OSEI, items=CALM))
    assert "measure.cssrs_missing" not in ward.reasons(clearance(MARA, at=ward.now))


def test_an_answer_after_the_clearance_stands_before_the_dose(ward: Ward) -> None:
    """Whoever says so in the chair is screened first."""
    ward.cleared().reports(phq9(MARA, at=ward.now, items=ITEM9))
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED)

    assert ward.reasons(dose(MARA, at=ward.now)) == ["measure.cssrs_missing"]


@pytest.mark.parametrize(
    ("items", "level", "others"),
    [(HAS_A_PLAN, "high", ["measure.cssrs_missing"]), (HAS_A_METHOD, "moderate", [])],
)
def test_a_raised_risk_is_weighed_with_its_level_until_a_newer_screen(
    ward: Ward, items: tuple[int, ...], level: str, others: list[str]
) -> None:
    """Resolved and resumed, and yet the answer is the newest there is (story 46); a high one asks for another."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now, items=items))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    if ward.course.holds:
        ward.reports(resumption(MARA, at=ward.now))
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))

    found = against(ward, clearance(MARA, at=ward.now))
    assert (found["measure.cssrs_raised"].observed, found["measure.cssrs_raised"].absolute) == (level, False)
    assert sorted(found) == [*others, "measure.cssrs_raised"]
    ward.reports(clearance(MARA, at=ward.now, overrides=over("measure.cssrs_raised", *others)))
    assert ward.reasons(dose(MARA, at=ward.now)) == []

    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


def test_an_open_suicide_risk_is_final(ward: Ward) -> None:
    """Until a clinician has resolved it, nobody is dosed."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))

    assert against(ward, clearance(MARA, at=ward.now))["escalation.suicide_risk_open"].absolute


def test_a_session_beyond_the_plan_is_neither_cleared_nor_dosed(ward: Ward) -> None:
    """The prescriber ended the treatment while the patient sat there cleared (story 40)."""
    ward.planned(4).integrated(3).reports(plan(MARA, at=ward.now, sessions=4))
    ward.cleared(4)
    assert ward.reasons(dose(MARA, 4, at=ward.now)) == []
    ward.reports(plan(MARA, at=ward.now + TICK, sessions=3))

    found = against(ward, dose(MARA, 4, at=ward.now))
    assert found["session.beyond_plan"].absolute
    assert "session.beyond_plan" in ward.reasons(clearance(MARA, 4, at=ward.now))


def positive(ward: Ward) -> Ward:
    """Tested positive at the first visit, sent home, and booked again for the next day."""
    ward.booked().reports(check_in(MARA, at=ward.begins() - minutes(20), pregnancy_test=PregnancyTest.POSITIVE))
    ward.reports(abortion(MARA, at=ward.now))
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + hours(24)))
    ward.reports(cssrs(MARA, at=ward.begins() + hours(23)))
    return ward


def arrives(ward: Ward, test: PregnancyTest | None) -> list[str]:
    ward.reports(check_in(MARA, at=ward.begins() + hours(23.7), pregnancy_test=test))
    ward.reports(vitals(MARA, at=ward.now))
    ward.hears(Kind.EXCLUSION_FOUND, Change.RESOLVED, by="osei")
    return ward.reasons(clearance(MARA, at=ward.now))


@pytest.mark.parametrize("test", [PregnancyTest.NOT_APPLICABLE, PregnancyTest.POSITIVE])
def test_a_positive_test_survives_a_rebooking(ward: Ward, test: PregnancyTest) -> None:
    """Not applicable is no negative test (story 49); a prescriber is told at once."""
    positive(ward)

    assert ward.open[Kind.EXCLUSION_FOUND] is Severity.URGENT
    assert "pregnancy_test.positive" in arrives(ward, test)


def test_a_negative_test_lifts_it(ward: Ward) -> None:
    """Of the next visit."""
    assert arrives(positive(ward), PregnancyTest.NEGATIVE) == []


def test_a_new_screening_lifts_it(ward: Ward) -> None:
    """Whoever screens again weighs everything anew; that no test applies any more is asked about."""
    positive(ward).reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))

    assert arrives(ward, None) == ["pregnancy_test.no_longer_applicable"]


def test_a_new_screening_that_excludes_is_told_to_a_prescriber(ward: Ward) -> None:
    """The patient is in treatment: a blocker alone waits until the next visit."""
    ward.discharged().reports(screening(MARA, at=ward.now, conditions=["active_psychosis"]))

    assert ward.open[Kind.EXCLUSION_FOUND] is Severity.URGENT


def test_a_first_screening_that_excludes_wakes_nobody(ward: Ward) -> None:
    """The decision on it is due anyway."""
    ward.referred().reports(screening(MARA, at=ward.now, conditions=["active_psychosis"]))

    assert ward.open == {}


def test_changed_medications_are_asked_about_until_somebody_weighs_them(ward: Ward) -> None:
    """Said at a visit that was broken off; the next check-in knows of no change since."""
    ward.booked().reports(check_in(MARA, at=ward.begins() - minutes(20), medications_changed=True))
    ward.reports(abortion(MARA, at=ward.now))
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + hours(24)))
    ward.reports(cssrs(MARA, at=ward.begins() + hours(23)))
    ward.reports(check_in(MARA, at=ward.begins() + hours(23.7)))
    ward.reports(vitals(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, at=ward.now)) == ["medications.changed"]

    ward.reports(clearance(MARA, at=ward.now, overrides=over("medications.changed")))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


def test_a_reading_from_before_the_dose_that_comes_after_it_is_told(ward: Ward) -> None:
    """SpO2 91, below any dose's limit, from a gateway that was late (story 112)."""
    before = ward.cleared().now + minutes(1)
    ward.dosed()
    ward.passes(minutes(1))
    answer = ward.sends(vitals(MARA, at=before, spo2=91))

    assert [(one.code, one.observed) for one in answer.deviations] == [("vitals.spo2_below_limit", 91)]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_a_normal_reading_that_comes_late_tells_nobody(ward: Ward) -> None:
    """Nothing speaks against the dose."""
    before = ward.cleared().now + minutes(1)
    ward.dosed()

    assert ward.sends(vitals(MARA, at=before)).deviations == ()


def test_any_fact_that_comes_late_is_held_against_the_dose(ward: Ward) -> None:
    """A screening of that morning that excludes them, entered in the evening."""
    before = ward.checked_in().now
    ward.dosed()
    answer = ward.sends(screening(MARA, at=before, conditions=["active_psychosis"]))

    assert [one.code for one in answer.deviations] == ["screening.condition_excludes"]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY
    assert ward.stage() is Stage.DOSED


def test_a_call_that_hears_of_suicide_stands_before_the_next_dose(ward: Ward) -> None:
    """Its escalation is open: final until a clinician has resolved it."""
    ward.integrated().reports(call(MARA, at=ward.now, days_after=3, suicidal_ideation=True))
    ward.checked_in(2)

    assert "escalation.suicide_risk_open" in ward.reasons(clearance(MARA, 2, at=ward.now))

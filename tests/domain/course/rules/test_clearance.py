"""Whether a patient who has come may be dosed today: everything a prescriber looks at (CLINICAL.md 3.2)."""

from datetime import timedelta
from typing import Any

import pytest

from domain.course.rules import clearance as clearance_rules
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import PatientCheckedIn, VitalsRecorded
from domain.events.fields import PregnancyTest
from domain.protocol.screening import FurtherConsent
from domain.values import Actor
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    OSEI,
    PATIENT,
    assessment,
    check_in,
    clearance,
    consent_withdrawn,
    cssrs,
    days,
    discharge,
    dose,
    eligible,
    hours,
    integration,
    migration,
    minutes,
    moved,
    over,
    plan,
    screening,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

EVERY_CODE = (
    "course.held",
    "consent.missing",
    "vitals.missing",
    "vitals.too_old",
    "weight.missing",
    "pregnancy_test.positive",
    "vitals.systolic_above_limit",
    "vitals.systolic_below_limit",
    "vitals.spo2_below_limit",
    "escalation.vitals_emergency_open",
)


def arrives(ward: Ward, visit: PatientCheckedIn) -> list[str]:
    """What stands before clearance for a patient who checks in like this and is well."""
    ward.booked()
    ward.reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    ward.reports(moved(visit, ward.begins() - minutes(20)))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    return ward.reasons(clearance(MARA, at=ward.begins()))


def measured(ward: Ward, reading: VitalsRecorded, *overrides: str) -> list[str]:
    """What stands before clearance for a patient with these vitals."""
    ward.checked_in().reports(moved(reading, ward.begins() - minutes(10)))
    return ward.reasons(clearance(MARA, at=ward.begins(), overrides=over(*overrides)))


TODAY = Ward().begins()


def test_a_patient_who_is_well_is_cleared(ward: Ward) -> None:
    """The stage becomes `cleared`, and the dose may come."""
    answer = ward.cleared().answers[-1][1]

    assert ward.stage() is Stage.CLEARED
    assert answer.blockers == ()
    assert "kap.dose.administered" in answer.next


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_only_a_prescriber_clears(ward: Ward, actor: Actor) -> None:
    """Whoever else reports it is told who may."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    expected = [] if actor is OSEI else ["actor.role_not_allowed"]
    lifted = over("actor.role_not_allowed")

    assert ward.reasons(clearance(MARA, at=ward.now, by=actor, overrides=lifted)) == expected


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_the_patient_takes_no_reading_of_their_own(ward: Ward, actor: Actor) -> None:
    """Check-in and vitals are the staff's."""
    ward.booked()
    assert (ward.reasons(check_in(MARA, at=ward.begins(), by=actor)) == []) is (actor is not PATIENT)
    ward.checked_in()
    assert (ward.reasons(vitals(MARA, at=ward.begins(), by=actor)) == []) is (actor is not PATIENT)


# Arrival


@pytest.mark.parametrize(
    ("visit", "codes"),
    [
        (check_in(MARA, at=TODAY, escort=False), ["escort.missing"]),
        (check_in(MARA, at=TODAY, weight_kg=None), ["weight.missing"]),
        (check_in(MARA, at=TODAY, medications_changed=True), ["medications.changed"]),
        (
            check_in(MARA, at=TODAY, pregnancy_test=PregnancyTest.POSITIVE),
            ["pregnancy_test.positive", "escalation.exclusion_found_open"],
        ),
        (
            check_in(MARA, at=TODAY, pregnancy_test=PregnancyTest.NOT_APPLICABLE),
            ["pregnancy_test.no_longer_applicable"],
        ),
        (check_in(MARA, at=TODAY, pregnancy_test=None), ["pregnancy_test.missing"]),
    ],
    ids=["no escort", "not weighed", "new medicine", "pregnant", "no test any more", "not tested"],
)
def test_what_is_asked_at_the_door(ward: Ward, visit: PatientCheckedIn, codes: list[str]) -> None:
    """Escort, weight, test and medications, each by its name."""
    assert arrives(ward, visit) == codes


def test_who_needs_no_pregnancy_test_is_not_asked_for_one(ward: Ward) -> None:
    """The screening said `not_applicable`; a positive test is one all the same."""
    ward.screened().reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("pregnancy_test.no_longer_applicable")))
    assert arrives(ward, check_in(MARA, at=TODAY, pregnancy_test=None)) == []


def test_a_protocol_may_ask_for_less_at_the_door(opens: Opens) -> None:
    """`pregnancy_test_each_session` and `escort_required` are the clinic's to decide."""
    less = {"medicine.pregnancy_test_each_session": False, "medicine.escort_required": False, "medicine.measures": ()}
    visit = check_in(MARA, at=TODAY, pregnancy_test=None, escort=False)
    assert arrives(opens(weekly(less)), visit) == []


@EDGES
@pytest.mark.parametrize(("what", "fasting"), [("solids", hours(6)), ("fluids", hours(2))])
def test_the_patient_has_fasted(ward: Ward, what: str, fasting: timedelta, edge: timedelta) -> None:
    """`solids_fasting` and `fluids_fasting`, up to the moment of clearance: waiting helps."""
    last_at = ward.begins() - fasting - edge
    visit = check_in(MARA, at=TODAY)
    visit = visit.but(data=visit.data.but(**{f"last_{what}_at": last_at}))

    assert arrives(ward, visit) == ([f"fasting.{what}_too_recent"] if edge < timedelta() else [])
    assert ward.reasons(clearance(MARA, at=ward.begins() + minutes(1))) == []


def test_the_relative_reasons_at_the_door_are_the_prescribers_to_lift(ward: Ward) -> None:
    """By code and rationale, each; they stay in the chart beside the clearance."""
    visit = check_in(
        MARA,
        at=TODAY,
        escort=False,
        medications_changed=True,
        pregnancy_test=None,
        last_solids_at=TODAY - hours(1),
        last_fluids_at=TODAY - hours(1),
    )
    codes = [
        "fasting.solids_too_recent",
        "fasting.fluids_too_recent",
        "escort.missing",
        "pregnancy_test.missing",
        "medications.changed",
    ]

    assert arrives(ward, visit) == codes
    ward.reports(clearance(MARA, at=ward.now, overrides=over(*codes)))
    cleared = ward.session().clearance
    assert cleared is not None
    assert [override.code for override in cleared.data.overrides] == codes


# Vitals


@pytest.mark.parametrize(
    ("reading", "hold", "never"),
    [
        (vitals(MARA, at=TODAY, systolic=140), None, False),
        (vitals(MARA, at=TODAY, systolic=141), "vitals.systolic_above_limit", False),
        (vitals(MARA, at=TODAY, systolic=180), "vitals.systolic_above_limit", False),
        (vitals(MARA, at=TODAY, systolic=181), "vitals.systolic_above_limit", True),
        (vitals(MARA, at=TODAY, systolic=90), None, False),
        (vitals(MARA, at=TODAY, systolic=89), "vitals.systolic_below_limit", True),
        (vitals(MARA, at=TODAY, diastolic=90), None, False),
        (vitals(MARA, at=TODAY, diastolic=91), "vitals.diastolic_above_limit", False),
        (vitals(MARA, at=TODAY, diastolic=50), None, False),
        (vitals(MARA, at=TODAY, diastolic=49), "vitals.diastolic_below_limit", False),
        (vitals(MARA, at=TODAY, heart_rate=120), None, False),
        (vitals(MARA, at=TODAY, heart_rate=121), "vitals.heart_rate_above_limit", False),
        (vitals(MARA, at=TODAY, heart_rate=150), "vitals.heart_rate_above_limit", False),
        (vitals(MARA, at=TODAY, heart_rate=151), "vitals.heart_rate_above_limit", True),
        (vitals(MARA, at=TODAY, heart_rate=50), None, False),
        (vitals(MARA, at=TODAY, heart_rate=49), "vitals.heart_rate_below_limit", True),
        (vitals(MARA, at=TODAY, spo2=95), None, False),
        (vitals(MARA, at=TODAY, spo2=94), "vitals.spo2_below_limit", False),
        (vitals(MARA, at=TODAY, spo2=92), "vitals.spo2_below_limit", False),
        (vitals(MARA, at=TODAY, spo2=91), "vitals.spo2_below_limit", True),
        (vitals(MARA, at=TODAY, respiratory_rate=30), None, False),
        (vitals(MARA, at=TODAY, respiratory_rate=31), "vitals.respiratory_rate_above_limit", True),
        (vitals(MARA, at=TODAY, respiratory_rate=10), None, False),
        (vitals(MARA, at=TODAY, respiratory_rate=9), "vitals.respiratory_rate_below_limit", True),
        (vitals(MARA, at=TODAY, moaas=5), None, False),
        (vitals(MARA, at=TODAY, moaas=4), "vitals.moaas_below_limit", False),
        (vitals(MARA, at=TODAY, moaas=None), "vitals.moaas_missing", False),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_a_reading_outside_hold_is_weighed_and_one_outside_never_is_final(
    ward: Ward, reading: VitalsRecorded, hold: str | None, never: bool
) -> None:
    """`[medicine.clearance]`: the ends of a range are within it; a blocker says its own override's code.

    Some of these readings also call somebody, whose open escalation is weighed beside them.
    """

    def of_the_reading(codes: list[str]) -> list[str]:
        return [code for code in codes if code.startswith("vitals.")]

    assert of_the_reading(measured(ward, reading)) == ([hold] if hold else [])
    if hold:
        lifted = ward.reasons(clearance(MARA, at=ward.now, overrides=over(hold)))
        assert of_the_reading(lifted) == ([hold] if never else [])


def test_a_vital_that_was_not_taken_is_named_with_what_is_expected_of_it(ward: Ward) -> None:
    """A range of one value is said as that value."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, moaas=None))
    (blocker,) = ward.refuses(clearance(MARA, at=ward.now)).blockers

    assert (blocker.message, blocker.limit) == ("MOAA/S was not taken; must be 5", "5")


@EDGES
def test_the_vitals_are_fresh(ward: Ward, edge: timedelta) -> None:
    """`clearance.reading_valid`: fifteen minutes; nobody overrides a reading that was not taken."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    cleared = clearance(MARA, at=ward.now + minutes(15) + edge, overrides=over(*EVERY_CODE))

    assert ward.reasons(cleared) == (["vitals.too_old"] if edge > timedelta() else [])


def test_nobody_is_cleared_unmeasured(ward: Ward) -> None:
    """`vitals.missing` is absolute."""
    ward.checked_in()
    assert ward.reasons(clearance(MARA, at=ward.now, overrides=over(*EVERY_CODE))) == ["vitals.missing"]


def test_a_reading_of_after_the_clearance_does_not_speak_for_it(ward: Ward) -> None:
    """Sent in another order: the clearance stands on the last reading before it."""
    ward.checked_in().reports(vitals(MARA, at=ward.now + minutes(10)))
    assert ward.reasons(clearance(MARA, at=ward.now - minutes(1))) == ["vitals.missing"]


def test_the_newest_reading_decides(ward: Ward) -> None:
    """150 at first and 138 five minutes later: they may be cleared."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, systolic=150))
    ward.reports(vitals(MARA, at=ward.now + minutes(5), systolic=138))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


# The course


@EDGES
def test_what_is_measured_before_each_session_is_measured_since_the_last(edge: timedelta) -> None:
    """`medicine.measures`: what they answered before they went home is last week's, however long an answer holds."""
    ward = Ward(protocol=weekly({"medicine.measures_valid": days(30)})).discharged()
    ward.sends(cssrs(MARA, at=ward.now + edge))
    ward.booked(2).reports(check_in(MARA, 2, at=ward.begins(2)))
    ward.reports(vitals(MARA, 2, at=ward.now))

    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == (["measure.cssrs_missing"] if edge < timedelta() else [])


@EDGES
def test_each_sign_is_fresh_at_a_clearance(ward: Ward, edge: timedelta) -> None:
    """`reading_valid`, by itself: the pressure of a quarter of an hour ago still counts beside a newer reading."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    taken_at = ward.now
    ward.reports(signs(MARA, at=taken_at + minutes(5), heart_rate=74, spo2=98, respiratory_rate=14, moaas=5))

    against = ward.reasons(clearance(MARA, at=taken_at + minutes(15) + edge))
    assert against == (["vitals.systolic_missing", "vitals.diastolic_missing"] if edge > timedelta() else [])


@EDGES
def test_what_a_clearance_stood_on_is_fresh_for_as_long_as_it_holds(ward: Ward, edge: timedelta) -> None:
    """The pressure was a quarter of an hour old when they were cleared, and may be older at the dose."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    taken_at = ward.now
    ward.reports(signs(MARA, at=taken_at + minutes(5), heart_rate=74, spo2=98, respiratory_rate=14, moaas=5))
    cleared = clearance(MARA, at=taken_at + minutes(15))
    ward.reports(cleared)
    session = ward.session()
    at = session.clearance.but(at=taken_at + minutes(15) + edge) if session.clearance else None

    found = clearance_rules.unweighed_blockers(ward.course, session.but(clearance=at), taken_at + minutes(25))
    missing = ["vitals.systolic_missing", "vitals.diastolic_missing"]
    assert [one.code for one in found] == (missing if edge > timedelta() else [])


@EDGES
def test_what_is_measured_before_a_session_is_a_day_old_at_most(ward: Ward, edge: timedelta) -> None:
    """`medicine.measures_valid`: what was answered a day before the clearance still counts."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - days(1)))
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20)))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(5)))

    reasons = ward.reasons(clearance(MARA, at=ward.begins() + edge))
    assert reasons == (["measure.cssrs_missing"] if edge > timedelta() else [])


@pytest.mark.parametrize(("minute", "codes"), [(30, ["measure.cssrs_missing"]), (60, [])])
def test_what_is_measured_counts_from_the_last_dose_where_nobody_said_when_they_went_home(
    opens: Opens, minute: int, codes: list[str]
) -> None:
    """Of two doses, an hour apart, from the second: what was answered between them is of the last session."""
    ward = opens(weekly({"medicine.measures_valid": days(30)})).discharged()
    ward.sends(cssrs(MARA, at=ward.begins() + minutes(minute)))
    ward.booked(2).reports(check_in(MARA, 2, at=ward.begins(2)))
    ward.reports(vitals(MARA, 2, at=ward.now))
    first, second = ward.course.sessions
    doses = (first.doses[0], first.doses[0].but(at=ward.begins() + minutes(60)))
    course = ward.course.but(sessions=(first.but(discharge=None, doses=doses), second))

    found = [one.code for one in clearance_rules.blockers(course, second, ward.now)]
    assert [code for code in found if code.startswith("measure.")] == codes


@EDGES
def test_nobody_was_in_medicine_before_all_was_prepared(ward: Ward, edge: timedelta) -> None:
    """Eligibility, plan and preparation are complete at the moment of the last of them."""
    course = ward.cleared().course
    assert course.prepared_at is not None

    found = [one.code for one in clearance_rules.standing_blockers(course, course.prepared_at + edge)]
    assert found == (["course.not_in_medicine"] if edge < timedelta() else [])


def test_an_escalation_of_kapstan_itself_hides_none_of_the_patients(ward: Ward) -> None:
    """The record store is behind, which stands in nobody's way, and then they tell of a plan, which does."""
    ward.checked_in().falls_behind()
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))

    found = [one.code for one in clearance_rules.escalation_blockers(ward.course)]
    assert found == ["escalation.suicide_risk_open"]


def test_the_last_session_of_the_plan_is_cleared_and_no_other(ward: Ward) -> None:
    """As many as the plan of that moment has."""
    ward.planned(4).integrated(3).reports(plan(MARA, at=ward.now, sessions=4))
    ward.checked_in(4).reports(vitals(MARA, 4, at=ward.now))
    assert "session.beyond_plan" not in ward.reasons(clearance(MARA, 4, at=ward.now))

    ward.reports(plan(MARA, at=ward.now + TICK, sessions=3))
    assert "session.beyond_plan" in ward.reasons(clearance(MARA, 4, at=ward.now))


def test_a_further_consent_may_be_asked_for_from_a_later_session_on(opens: Opens) -> None:
    """`from_session`: the first session is cleared without it, the second is not."""
    photos = FurtherConsent(version="1", valid_for=days(365), from_session=2)
    ward = opens(weekly({"screening.further_consents": {"photos": photos}})).checked_in()
    ward.reports(vitals(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []

    later = opens(weekly({"screening.further_consents": {"photos": photos}})).checked_in(2)
    later.reports(vitals(MARA, 2, at=later.now))
    assert later.reasons(clearance(MARA, 2, at=later.now)) == ["consent.further_missing"]


def test_the_last_session_is_talked_through_before_the_next_dose(ward: Ward) -> None:
    """`integration_before_next_dose`: without the talk the course is not in medicine, and nobody checks in."""
    ward.discharged()
    assert ward.reasons(check_in(MARA, 1, at=ward.now)) == ["course.wrong_phase", "session.wrong_stage"]
    assert integration(MARA, at=ward.now).type in ward.course.next_acts(ward.now)


def test_a_longer_integration_asked_for_by_a_new_version_is_outstanding(ward: Ward) -> None:
    """The patient was in medicine already: what the new version asks for is named before their next dose."""
    ward.migrates_to(weekly({"version": "1.1.0", "integration.sessions": 2}))
    ward.checked_in(2).reports(migration(MARA, at=ward.now, to_version="1.1.0"))
    ward.reports(vitals(MARA, 2, at=ward.now))

    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == ["integration.outstanding"]
    ward.reports(integration(MARA, 1, at=ward.now))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []


@EDGES
def test_a_long_gap_asks_for_a_new_screening(ward: Ward, edge: timedelta) -> None:
    """`rescreen_after`: more than four weeks after the last dose; relative, and lifted by the screening itself."""
    ward.booked(2)
    comes_at = ward.begins() + days(28) + edge
    ward.reports(cssrs(MARA, at=comes_at - minutes(30)))
    ward.reports(check_in(MARA, 2, at=comes_at - minutes(20)))
    ward.reports(vitals(MARA, 2, at=comes_at - minutes(10)))
    ward.hears(Kind.CHECK_IN_MISSED, Change.RESOLVED)
    asked = clearance(MARA, 2, at=comes_at)

    assert ward.reasons(asked) == (["screening.outdated"] if edge > timedelta() else [])
    ward.reports(screening(MARA, at=ward.now))
    assert ward.reasons(asked) == []


@pytest.mark.parametrize(
    ("found", "code", "absolute"),
    [
        ({"conditions": ["active_psychosis"]}, "screening.condition_excludes", True),
        ({"medications": ["theophylline"]}, "screening.condition_excludes", True),
        ({"pregnancy_test": PregnancyTest.POSITIVE}, "screening.pregnant", True),
        ({"conditions": ["cystitis"]}, "screening.cystitis", False),
        ({"systolic": 151}, "screening.systolic_above_limit", False),
    ],
    ids=str,
)
def test_what_a_new_screening_finds_is_weighed_like_the_first(
    ward: Ward, found: dict[str, Any], code: str, absolute: bool
) -> None:
    """Found after the decision: what excludes them excludes them, and what is to be reviewed is, at each clearance."""
    ward.checked_in(2).reports(screening(MARA, at=ward.now, **found))
    ward.reports(vitals(MARA, 2, at=ward.now))

    told = ["escalation.exclusion_found_open"] if absolute else []
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == [code, *told]
    lifted = ward.reasons(clearance(MARA, 2, at=ward.now, overrides=over(code, *told)))
    assert lifted == ([code] if absolute else [])


def test_what_excludes_them_is_shown_before_they_come(ward: Ward) -> None:
    """Not only on the day of their visit."""
    ward.booked(2).reports(screening(MARA, at=ward.now, conditions=["active_psychosis"]))
    assert "screening.condition_excludes" in {blocker.code for blocker in ward.course.blockers(ward.now)}


def test_what_was_overridden_at_the_decision_is_not_asked_again(ward: Ward) -> None:
    """The healed cystitis of the first screening stands in the second one too."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("screening.cystitis")))
    ward.checked_in().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    ward.reports(vitals(MARA, at=ward.now))

    assert ward.reasons(clearance(MARA, at=ward.now)) == []


@EDGES
def test_a_check_in_of_another_day_is_none_of_today(ward: Ward, edge: timedelta) -> None:
    """Weight, pregnancy test, escort and fasting are of today: after midnight the visit is booked anew."""
    midnight = ward.checked_in().now.replace(hour=0, minute=0) + days(1)
    ward.reports(vitals(MARA, at=midnight - minutes(1)))
    cleared = clearance(MARA, at=midnight + edge, overrides=over(*EVERY_CODE))

    assert ward.reasons(cleared) == (["check_in.outdated"] if edge >= timedelta() else [])


def test_a_session_that_moved_too_near_is_seen_again_at_clearance(opens: Opens) -> None:
    """They came early: `interval.too_short`, the prescriber's to weigh."""
    ward = opens(weekly({"course.interval_by_day": None})).booked(2)
    comes_at = ward.begins() + days(2) - minutes(1)
    for event in (
        cssrs(MARA, at=comes_at - minutes(30)),
        check_in(MARA, 2, at=comes_at - minutes(20)),
        vitals(MARA, 2, at=comes_at - minutes(10)),
    ):
        ward.sends(event)

    assert ward.reasons(clearance(MARA, 2, at=comes_at)) == ["interval.too_short"]
    assert ward.reasons(clearance(MARA, 2, at=comes_at, overrides=over("interval.too_short"))) == []


def test_an_open_emergency_blocks_whatever_the_vitals_say(ward: Ward) -> None:
    """An open `vitals_emergency` is absolute until a human has resolved it."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, symptoms=["chest_pain"]))
    ward.reports(vitals(MARA, at=ward.now + minutes(5)))
    refused = [ward.reasons(clearance(MARA, at=ward.now, overrides=over(*EVERY_CODE)))]
    ward.hears(Kind.VITALS_EMERGENCY, Change.ACKNOWLEDGED)
    refused.append(ward.reasons(clearance(MARA, at=ward.now, overrides=over(*EVERY_CODE))))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)

    assert refused == [["escalation.vitals_emergency_open"]] * 2
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


def test_nothing_absolute_is_ever_lifted(ward: Ward) -> None:
    """All of it at once, with every override there is."""
    ward.booked()
    ward.reports(cssrs(MARA, at=ward.begins() - hours(1), items=HAS_A_METHOD))
    ward.reports(check_in(MARA, at=ward.begins(), weight_kg=None, pregnancy_test=PregnancyTest.POSITIVE, escort=False))
    ward.reports(vitals(MARA, at=ward.now, systolic=190, spo2=88))
    ward.reports(consent_withdrawn(MARA, at=ward.now))
    blockers = ward.course.blockers(ward.now)
    before = {blocker.code for blocker in blockers if blocker.absolute}

    refusal = ward.refuses(clearance(MARA, at=ward.now, overrides=over(*(one.code for one in blockers))))

    assert {blocker.code for blocker in refusal.blockers} == before
    assert before == {
        "course.held",
        "consent.withdrawn",
        "escalation.suicide_risk_open",
        "escalation.vitals_emergency_open",
        "pregnancy_test.positive",
        "weight.missing",
        "vitals.systolic_above_limit",
        "vitals.spo2_below_limit",
    }


def test_a_clearance_may_be_given_again(ward: Ward) -> None:
    """The half hour ran out while they were in the bathroom: they are measured and cleared anew."""
    ward.cleared()
    ward.reports(vitals(MARA, at=ward.now + minutes(31)))
    refused = ward.reasons(dose(MARA, at=ward.now))
    ward.reports(clearance(MARA, at=ward.now))

    assert refused == ["clearance.expired"]
    assert ward.reasons(dose(MARA, at=ward.now + minutes(5))) == []


def test_a_clearance_sent_late_does_not_push_aside_a_newer_one(ward: Ward) -> None:
    """The first of two clearances arrives last; the second one counts."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    first, second = clearance(MARA, at=ward.now), clearance(MARA, at=ward.now + minutes(14))
    ward.reports(second)
    ward.sends(first)

    assert ward.reasons(dose(MARA, at=second.time + minutes(30))) == []


def test_who_was_not_dosed_is_not_discharged(ward: Ward) -> None:
    """Before the dose there is nothing to recover from: a session is broken off, not discharged."""
    ward.cleared()
    assert ward.reasons(discharge(MARA, at=ward.now)) == ["session.wrong_stage"]
    assert ward.reasons(assessment(MARA, at=ward.now)) == ["session.wrong_stage"]
    assert ward.reasons(check_in(MARA, at=ward.now + TICK)) == ["session.wrong_stage"]
    assert ward.reasons(plan(MARA, at=ward.now)) == []

"""Whether a dosed patient may go home: every criterion on its own, and never by a clock alone (CLINICAL.md 3.6)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.discharge import MOST_READ, blockers
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent, DischargeAssessed, PatientDischarged, VitalsRecorded
from domain.events.fields import Override
from domain.protocol.medicine import Limit
from domain.protocol.values import LimitSeverity, Vital
from domain.values import Actor
from domain.views.course import course_view
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    HAS_A_METHOD,
    LIND,
    MARA,
    OSEI,
    adverse_event,
    assessment,
    clearance,
    cssrs,
    discharge,
    hours,
    medication,
    minutes,
    moved,
    over,
    seconds,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

TODAY = Ward().begins()
NOT_FALLING = "escalation.blood_pressure_not_falling_open"


def leaving(
    ward: Ward,
    *,
    reading: VitalsRecorded | None = None,
    assessed: DischargeAssessed | None = None,
    leaves: PatientDischarged | None = None,
) -> list[str]:
    """What stands between them and their way home, two hours and ten minutes after the dose, all else being well."""
    ward.watched(until=minutes(90))
    ward.reports(moved(reading or vitals(MARA, at=TODAY), ward.begins() + minutes(120)))
    ward.reports(moved(assessed or assessment(MARA, at=TODAY), ward.begins() + minutes(124)))
    return ward.reasons(moved(leaves or discharge(MARA, at=TODAY), ward.begins() + minutes(130)))


def test_a_patient_who_is_well_goes_home(ward: Ward) -> None:
    """The stage becomes `discharged`, the phase integration."""
    answer = ward.discharged().answers[-1][1]

    assert (ward.stage(), answer.phase) == (Stage.DISCHARGED, Phase.INTEGRATION)
    assert answer.blockers == ()
    assert ward.pages == []


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_a_prescriber_or_a_monitor_discharges(ward: Ward, actor: Actor) -> None:
    """Nobody else, and nothing by itself."""
    codes = leaving(ward, leaves=discharge(MARA, at=TODAY, by=actor))
    assert codes == ([] if actor in {OSEI, LIND} else ["actor.role_not_allowed"])


@pytest.mark.parametrize(
    ("assessed", "codes"),
    [
        (assessment(MARA, at=TODAY, padss=9), []),
        (assessment(MARA, at=TODAY, padss=8), ["discharge.padss_below_limit"]),
        (assessment(MARA, at=TODAY, oriented=False), ["discharge.not_oriented"]),
        (assessment(MARA, at=TODAY, steady_gait=False), ["discharge.not_steady_gait"]),
        (assessment(MARA, at=TODAY, dissociation_resolved=False), ["discharge.not_dissociation_resolved"]),
        (
            assessment(MARA, at=TODAY, padss=0, oriented=False, steady_gait=False, dissociation_resolved=False),
            [
                "discharge.padss_below_limit",
                "discharge.not_oriented",
                "discharge.not_steady_gait",
                "discharge.not_dissociation_resolved",
            ],
        ),
    ],
    ids=["nine", "eight", "not oriented", "unsteady", "dissociated", "none of it"],
)
def test_each_criterion_of_the_assessment_is_named(ward: Ward, assessed: DischargeAssessed, codes: list[str]) -> None:
    """`padss_min`, `oriented`, `steady_gait`, `dissociation_resolved`; each is the prescriber's to lift."""
    assert leaving(ward, assessed=assessed) == codes
    lifted = discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, overrides=over(*codes))
    assert ward.reasons(lifted) == []


@pytest.mark.parametrize(
    ("reading", "codes"),
    [
        (vitals(MARA, at=TODAY, systolic=151), [NOT_FALLING]),
        (vitals(MARA, at=TODAY, systolic=152), [NOT_FALLING, "discharge.systolic_not_near_baseline"]),
        (vitals(MARA, at=TODAY, systolic=101), []),
        (vitals(MARA, at=TODAY, systolic=100), ["discharge.systolic_not_near_baseline"]),
        (vitals(MARA, at=TODAY, diastolic=94), [NOT_FALLING]),
        (vitals(MARA, at=TODAY, diastolic=95), [NOT_FALLING, "discharge.diastolic_not_near_baseline"]),
        (vitals(MARA, at=TODAY, diastolic=64), []),
        (vitals(MARA, at=TODAY, diastolic=63), ["discharge.diastolic_not_near_baseline"]),
        (vitals(MARA, at=TODAY, moaas=4), ["discharge.moaas_below_limit"]),
        (vitals(MARA, at=TODAY, moaas=None), ["discharge.moaas_missing"]),
        (vitals(MARA, at=TODAY, spo2=94), []),
        (vitals(MARA, at=TODAY, spo2=93), ["discharge.spo2_below_limit"]),
    ],
    ids=lambda value: None if not isinstance(value, list) else (value[0] if value else "well"),
)
def test_the_last_reading_is_near_the_one_at_clearance(ward: Ward, reading: VitalsRecorded, codes: list[str]) -> None:
    """`bp_within_percent` of 126/79 in both directions, `moaas_min`, `spo2_min`."""
    assert leaving(ward, reading=reading) == codes
    lifted = discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, overrides=over(*codes))
    assert ward.reasons(lifted) == []


@pytest.mark.parametrize(("systolic", "codes"), [(96, []), (95, ["discharge.systolic_not_near_baseline"])])
def test_the_pressure_may_be_as_far_from_that_at_clearance_as_the_protocol_says(
    ward: Ward, systolic: int, codes: list[str]
) -> None:
    """`bp_within_percent`: of 120 at clearance, 96 are twenty percent below it."""
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10), systolic=120))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5)))

    assert leaving(ward, reading=vitals(MARA, at=TODAY, systolic=systolic)) == codes


def test_each_of_the_two_pressures_is_compared(ward: Ward) -> None:
    """That the one was not taken lately does not speak for the other."""
    ward.watched(until=minutes(90))
    ward.reports(signs(MARA, at=ward.begins() + minutes(120), diastolic=95, spo2=98, moaas=5))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130)))
    assert [one for one in against if "tolic" in one] == [
        "discharge.systolic_missing",
        "discharge.diastolic_not_near_baseline",
    ]


def test_what_the_protocol_does_not_ask_for_is_not_asked_for_at_the_door(opens: Opens) -> None:
    """Neither the heart rate nor the breathing, though they were taken at clearance; the pressure is compared."""
    ward = opens(weekly({"medicine.checkpoints.required": (Vital.SPO2, Vital.MOAAS)})).watched()
    ward.reports(signs(MARA, at=ward.begins() + minutes(140), spo2=98, moaas=5))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(141)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(142)))
    assert against == ["discharge.systolic_missing", "discharge.diastolic_missing"]


def test_what_the_protocol_asks_for_is_asked_for_at_the_door(ward: Ward) -> None:
    """All signs of a checkpoint, lately."""
    ward.watched().reports(signs(MARA, at=ward.begins() + minutes(140), spo2=98, moaas=5))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(141)))

    missing = ("systolic", "diastolic", "heart_rate", "respiratory_rate")
    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(142)))
    assert against == [f"discharge.{sign}_missing" for sign in missing]


@EDGES
def test_each_sign_is_a_quarter_of_an_hour_old_at_most(ward: Ward, edge: timedelta) -> None:
    """The pressure was taken ten minutes before the last reading, which left it out."""
    ward.watched().reports(vitals(MARA, at=ward.begins() + minutes(125)))
    ward.reports(signs(MARA, at=ward.begins() + minutes(135), heart_rate=74, respiratory_rate=14, spo2=98, moaas=5))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(136)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(140) + edge))
    pressure = ["discharge.systolic_missing", "discharge.diastolic_missing"]
    assert against == (pressure if edge > timedelta() else [])


def test_at_a_quarter_of_an_hour_the_last_reading_speaks_for_itself_alone(ward: Ward) -> None:
    """It is not too old yet: what it left out counts from a quarter of an hour before now, not before it."""
    ward.watched().reports(vitals(MARA, at=ward.begins() + minutes(125)))
    ward.reports(signs(MARA, at=ward.begins() + minutes(135), heart_rate=74, respiratory_rate=14, spo2=98, moaas=5))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(136)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(150)))
    assert against == ["discharge.systolic_missing", "discharge.diastolic_missing"]


@EDGES
def test_a_reading_of_the_doses_own_moment_is_of_after_it(ward: Ward, edge: timedelta) -> None:
    """One of before it says nothing of the medicine."""
    ward.dosed().sends(vitals(MARA, at=ward.begins() + edge, spo2=89))
    against = {one.code: one for one in blockers(ward.course, ward.session(), ward.begins() + minutes(130))}

    is_after = edge >= timedelta()
    assert ("vitals.missing" in against) is not is_after
    assert [one.absolute for code, one in against.items() if code == "discharge.spo2_below_limit"] == [True] * is_after


@EDGES
def test_an_assessment_of_the_doses_own_moment_is_one(ward: Ward, edge: timedelta) -> None:
    """Too early it is; one of before the dose is none."""
    ward.dosed().sends(assessment(MARA, at=ward.begins() + edge))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130)))
    assert ("discharge.not_assessed" in against) is (edge < timedelta())
    assert ("discharge.assessed_too_early" in against) is (edge >= timedelta())


def test_whoever_is_assessed_is_recovering(ward: Ward) -> None:
    """A dosed patient's stage; of one who is home already nothing changes."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(123)))
    assert ward.stage() is Stage.RECOVERING

    ward.discharged().reports(assessment(MARA, at=ward.begins() + minutes(125)))
    assert ward.stage() is Stage.DISCHARGED


@EDGES
def test_an_assessment_of_after_they_went_home_is_none_of_that_visit(ward: Ward, edge: timedelta) -> None:
    """Made at the very moment of the discharge it is."""
    home_at = ward.discharged().now
    ward.reports(assessment(MARA, at=home_at + edge))

    assessed = ward.session().assessment
    assert assessed is not None
    assert (assessed.at == home_at + edge) is (edge <= timedelta())


def test_an_assessment_that_arrives_late_is_no_newer_one(ward: Ward) -> None:
    """The newest by when it was made is the one that counts."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(124), padss=10))
    ward.sends(assessment(MARA, at=ward.begins() + minutes(121), padss=8))

    assessed = ward.session().assessment
    assert assessed is not None
    assert assessed.data.padss == 10


def test_a_discharge_settles_the_call_for_vitals_of_its_own_session(ward: Ward) -> None:
    """Nobody is asked for readings any more."""
    ward.watched(until=minutes(90)).until(ward.begins() + minutes(131))
    assert Kind.VITALS_OVERDUE in ward.open
    ward.reports(assessment(MARA, at=ward.now))
    against = ward.reasons(discharge(MARA, at=ward.now))
    ward.reports(discharge(MARA, at=ward.now, by=OSEI, overrides=over(*against)))

    assert ward.settled == [Kind.VITALS_OVERDUE]


@EDGES
def test_an_assessment_is_half_an_hour_old_at_most(ward: Ward, edge: timedelta) -> None:
    """`assessment_valid`."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(121)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(145)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(151) + edge))
    assert against == (["discharge.assessment_too_old"] if edge > timedelta() else [])


@EDGES
def test_an_urgent_event_voids_the_assessments_of_before_it_alone(ward: Ward, edge: timedelta) -> None:
    """An assessment of the event's own moment was made with it in view."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.reports(adverse_event(MARA, 1, at=ward.begins() + minutes(124) + edge, grade=3))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130)))
    assert ("discharge.not_assessed" in against) is (edge > timedelta())


@EDGES
def test_an_urgent_event_speaks_against_a_discharge_from_its_own_moment_on(ward: Ward, edge: timedelta) -> None:
    """One that was told before it, and happened after it, does not."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.reports(adverse_event(MARA, 1, at=ward.begins() + minutes(130), grade=3))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130) + edge))
    assert ("discharge.not_assessed" in against) is (edge >= timedelta())


@EDGES
def test_an_urgent_reading_voids_the_assessments_of_before_it_alone(ward: Ward, edge: timedelta) -> None:
    """An assessment of the reading's own moment was made with it in view; the reading itself still speaks."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(124) + edge, spo2=89))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130)))
    assert "discharge.spo2_below_limit" in against
    assert ("discharge.not_assessed" in against) is (edge > timedelta())


@pytest.mark.parametrize("later", [MOST_READ - 1, MOST_READ])
def test_of_a_flood_of_readings_the_newest_void_an_assessment(ward: Ward, later: int) -> None:
    """A monitor that sends every second: an urgent one counts while no more than so many are newer."""
    session = ward.watched().session()
    assessed = ward.begins() + minutes(124)
    ward.reports(assessment(MARA, at=assessed))
    ward.reports(vitals(MARA, at=assessed + seconds(1), spo2=89))
    urgent = ward.session().readings[-1]
    calm = [session.readings[-1].but(at=assessed + seconds(2 + number)) for number in range(later)]
    course = ward.course.but(sessions=(ward.session().with_readings(calm),))

    found = [one.message for one in blockers(course, course.sessions[0], assessed + minutes(5))]
    assert urgent in course.sessions[0].readings
    assert any("unwell since" in message for message in found) is (later < MOST_READ)


@EDGES
def test_nobody_was_discharged_before_their_last_reading(ward: Ward, edge: timedelta) -> None:
    """At its very moment they may have been."""
    ward.watched().reports(vitals(MARA, at=ward.begins() + minutes(130)))
    ward.sends(assessment(MARA, at=ward.begins() + minutes(124)))

    against = ward.reasons(discharge(MARA, at=ward.begins() + minutes(130) + edge))
    assert against == (["discharge.before_reading"] if edge < timedelta() else [])


def test_a_pressure_that_is_urgent_keeps_whoever_was_cleared_near_it(opens: Opens) -> None:
    """However wide `bp_within_percent` is: a file whose limits are stricter than it is no contradiction."""
    urgent = Limit(vital=Vital.SYSTOLIC, above=140, severity=LimitSeverity.URGENT)
    ward = opens(weekly({"medicine.limits": (urgent,), "medicine.discharge.bp_within_percent": 40}))

    codes = leaving(ward, reading=vitals(MARA, at=TODAY, systolic=145))

    assert "discharge.systolic_above_limit" in codes
    assert "discharge.systolic_not_near_baseline" not in codes


def test_nobody_leaves_alone_or_without_instructions(ward: Ward) -> None:
    """Escort and written instructions."""
    alone = discharge(MARA, at=TODAY, escort=False, instructions_given=False)
    assert leaving(ward, leaves=alone) == ["escort.missing", "discharge.no_instructions"]


def test_a_protocol_may_not_ask_for_an_escort(opens: Opens) -> None:
    """`escort_required = false`."""
    ward = opens(weekly({"medicine.escort_required": False}))
    assert leaving(ward, leaves=discharge(MARA, at=TODAY, escort=False)) == []


@EDGES
def test_two_hours_are_the_least(ward: Ward, edge: timedelta) -> None:
    """`minimum_observation` after the last dose."""
    ward.watched(until=minutes(90))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(118)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(120) + edge))

    leaves = discharge(MARA, at=ward.begins() + minutes(120) + edge)

    short = ["discharge.observation_too_short", "discharge.assessed_too_early"]
    assert ward.reasons(leaves) == (short if edge < timedelta() else [])


@EDGES
def test_the_last_reading_is_a_quarter_of_an_hour_old_at_most(ward: Ward, edge: timedelta) -> None:
    """`discharge.reading_valid`."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(124)))
    leaves = discharge(MARA, at=ward.begins() + minutes(135) + edge)

    assert ward.reasons(leaves) == (["vitals.too_old"] if edge > timedelta() else [])


def test_who_was_not_measured_or_not_assessed_since_the_dose_does_not_leave(ward: Ward) -> None:
    """Both absolute: no prescriber lifts what nobody has looked at."""
    ward.dosed().until(ward.begins() + minutes(130))
    lifted = over("vitals.missing", "discharge.not_assessed")

    assert ward.reasons(discharge(MARA, at=ward.now, by=OSEI, overrides=lifted)) == [
        "vitals.missing",
        "discharge.not_assessed",
    ]


def test_a_reading_of_after_they_left_does_not_speak_for_it(ward: Ward) -> None:
    """The reading before the event's time counts, whatever has arrived."""
    ward.watched(until=minutes(90)).reports(assessment(MARA, at=ward.begins() + minutes(122)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(130)))
    reasons = ward.reasons(discharge(MARA, at=ward.begins() + minutes(125)))
    assert reasons == ["discharge.before_reading", "vitals.too_old"]


def test_nobody_goes_home_while_a_second_reading_is_awaited(ward: Ward) -> None:
    """150 beats a minute, neither an alarm nor none until it is read again: or a prescriber answers for it."""
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(4)))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), heart_rate=150))
    early = ward.reasons(discharge(MARA, at=ward.now + minutes(1)))
    weighed = discharge(MARA, at=ward.now + minutes(1), by=OSEI, overrides=over("discharge.recheck_missing"))
    weighed_by_prescriber = ward.reasons(weighed)
    ward.reports(vitals(MARA, at=ward.now + minutes(4), heart_rate=88))

    assert early == ["discharge.recheck_missing"]
    assert weighed_by_prescriber == []
    assert ward.reasons(discharge(MARA, at=ward.now + minutes(1))) == []


def test_a_second_reading_that_is_late_is_told_as_missing(ward: Ward) -> None:
    """Nobody can take it within five minutes any more."""
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(4)))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), heart_rate=150))
    taken = ward.now

    def told(after: int) -> list[str]:
        known = ward.course.blockers(taken + minutes(after))
        return [one.message for one in known if one.code == "discharge.recheck_missing"]

    assert told(after=5) == ["A second reading must be taken within 5 min of the last one"]
    assert told(after=6) == ["A second reading was to be taken within 5 min of the last one, and is missing"]


def test_who_has_left_is_discharged_by_a_prescriber_though_nobody_can_measure_them(ward: Ward) -> None:
    """Else they would be paged for every quarter of an hour, until somebody invents a reading."""
    ward.dosed().reports(adverse_event(MARA, at=ward.now + minutes(3), term="left_before_discharge", grade=1))
    ward.passes(hours(1))
    missing = ["vitals.missing", "discharge.not_assessed"]
    lifted = over(*missing, "discharge.observation_too_short", "escort.missing", "discharge.no_instructions")

    def gone(by: Actor) -> PatientDischarged:
        return discharge(MARA, at=ward.now, by=by, escort=False, instructions_given=False, overrides=lifted)

    assert set(missing) <= set(ward.reasons(gone(LIND)))
    ward.reports(gone(OSEI))
    assert ward.due(DeadlineKind.CHECKPOINT) == []


def test_an_assessment_sent_late_does_not_push_aside_a_newer_one(ward: Ward) -> None:
    """They swayed at noon and were steady ten minutes later."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(130)))
    ward.sends(assessment(MARA, at=ward.begins() + minutes(120), steady_gait=False))
    assert ward.reasons(discharge(MARA, at=ward.now)) == []


def test_an_override_by_a_monitor_does_not_count(ward: Ward) -> None:
    """They may discharge; to weigh what the protocol asks is the prescriber's."""
    codes = ["discharge.padss_below_limit", "escort.missing"]
    assessed = assessment(MARA, at=TODAY, padss=8)
    by_monitor = discharge(MARA, at=TODAY, escort=False, overrides=over(*codes))

    assert leaving(ward, assessed=assessed, leaves=by_monitor) == codes
    by_prescriber = discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, escort=False, overrides=over(*codes))
    assert ward.reasons(by_prescriber) == []


def test_an_override_at_discharge_stays_to_be_seen(ward: Ward) -> None:
    """In the session and in the ledger, with its rationale."""
    weighed = Override(code="escort.missing", rationale="Their brother waits at home")
    leaving(ward)
    ward.reports(discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, escort=False, overrides=[weighed]))

    discharged = ward.session().discharge
    assert discharged is not None
    assert discharged.data.overrides == (weighed,)
    entry = next(entry for entry in ward.entries if entry.type == "kap.patient.discharged")
    assert entry.data["overrides"] == [weighed.model_dump()]


@pytest.mark.parametrize("state", [None, Change.ACKNOWLEDGED, Change.REOPENED])
def test_nobody_goes_home_over_an_open_emergency(ward: Ward, state: Change | None) -> None:
    """An open `vitals_emergency` blocks absolutely until a human has resolved it."""
    ward.watched(until=minutes(90)).reports(vitals(MARA, at=ward.now + minutes(1), spo2=88))
    if state is not None:
        ward.hears(Kind.VITALS_EMERGENCY, state)
    code = "escalation.vitals_emergency_open"

    assert leaving(ward, leaves=discharge(MARA, at=TODAY, by=OSEI, overrides=over(code))) == [code]
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)
    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(130))) == []


def test_nobody_goes_home_over_an_open_suicide_risk(ward: Ward) -> None:
    """Asked before they leave: moderate is enough."""
    ward.watched(until=minutes(90)).reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    assert leaving(ward) == ["escalation.suicide_risk_open"]


def test_an_urgent_reading_that_was_seen_to_does_not_keep_them(ward: Ward) -> None:
    """While it is open, a prescriber weighs it; once somebody has resolved it, the monitor discharges as ever."""
    ward.watched(until=minutes(60)).reports(vitals(MARA, at=ward.now + minutes(1), respiratory_rate=9))

    assert leaving(ward) == ["escalation.vitals_urgent_open"]
    lifted = discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, overrides=over("escalation.vitals_urgent_open"))
    assert ward.reasons(lifted) == []

    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)
    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(130))) == []


def test_they_are_discharged_once(ward: Ward) -> None:
    """And no assessment follows."""
    ward.discharged()
    assert ward.reasons(discharge(MARA, at=ward.now + TICK)) == ["session.wrong_stage"]
    assert ward.reasons(assessment(MARA, at=ward.now + TICK)) == ["session.wrong_stage"]


def test_no_time_discharges_anybody(ward: Ward) -> None:
    """A day later they are still here for all that Kapstan knows, and it says so."""
    ward.dosed().passes(hours(24))

    assert ward.stage() is Stage.DOSED
    assert ward.course.monitored is not None
    assert {Kind.VITALS_OVERDUE, Kind.DISCHARGE_OVERDUE} == set(ward.open)


def test_what_stands_before_their_way_home_is_shown_while_they_are_here(ward: Ward) -> None:
    """With the answer to every event, as if somebody were leaving with them now."""
    answer = ward.dosed().answers[-1][1]

    assert [blocker.code for blocker in answer.blockers] == [
        "vitals.missing",
        "discharge.not_assessed",
        "discharge.observation_too_short",
        "escort.missing",
        "discharge.no_instructions",
    ]


@pytest.mark.parametrize(
    ("minute", "is_void"),
    [(123, False), (124, False), (125, True)],
    ids=["before the assessment", "with it", "after it"],
)
@pytest.mark.parametrize("by", ["reading", "adverse event", "adverse event of no session", "mild grade"])
def test_an_assessment_from_before_a_faint_sends_nobody_home(ward: Ward, by: str, minute: int, is_void: bool) -> None:
    """Whoever was unwell is assessed anew, also when the page is resolved and the next reading is calm."""
    ward.watched(until=minutes(120))
    happened = ward.begins() + minutes(minute)
    by_name: dict[str, ClinicEvent] = {
        "reading": vitals(MARA, at=happened, symptoms=["fainted"]),
        "adverse event": adverse_event(MARA, 1, at=happened, term="a seizure", grade=3),
        "adverse event of no session": adverse_event(MARA, at=happened, term="a seizure", grade=3),
        "mild grade": adverse_event(MARA, 1, at=happened, term="Seizure", grade=1),
    }
    both: list[ClinicEvent] = [assessment(MARA, at=ward.begins() + minutes(124)), by_name[by]]
    for event in sorted(both, key=lambda one: one.time):
        ward.reports(event)
    ward.hears(Kind.VITALS_EMERGENCY if by == "reading" else Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(127)))

    against = ward.course.blockers_for(discharge(MARA, at=ward.begins() + minutes(130)))
    assert [(one.code, one.absolute) for one in against] == ([("discharge.not_assessed", True)] if is_void else [])

    ward.reports(assessment(MARA, at=ward.begins() + minutes(129)))
    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(130))) == []


def test_what_is_only_a_warning_voids_no_assessment(ward: Ward) -> None:
    """Nausea on the way out is no reason to begin again."""
    ward.watched(until=minutes(120)).reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(126), symptoms=["nausea"]))
    ward.reports(adverse_event(MARA, 1, at=ward.begins() + minutes(127), grade=2))

    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(130))) == []


@pytest.mark.parametrize(
    "fares",
    [
        lambda at: vitals(MARA, at=at, symptoms=("seizure",)),
        lambda at: vitals(MARA, at=at, spo2=82),
        lambda at: vitals(MARA, at=at, moaas=2),
        lambda at: vitals(MARA, at=at, respiratory_rate=9),
        lambda at: adverse_event(MARA, at=at, term="syncope", grade=3),
        lambda at: adverse_event(MARA, None, at=at, term="fall", grade=4),
    ],
)
def test_an_assessment_of_before_an_urgent_event_sends_nobody_home(
    ward: Ward, fares: Callable[[datetime], ClinicEvent]
) -> None:
    """Assessed at two hours, a seizure five minutes later, a calm reading, the page resolved: assessed anew first."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(121)))
    ward.reports(fares(ward.begins() + minutes(125)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(130)))
    for kind in ward.open:
        ward.hears(kind, Change.RESOLVED)
    assert ward.reasons(discharge(MARA, at=ward.now + minutes(1))) == ["discharge.not_assessed"]

    ward.reports(assessment(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(discharge(MARA, at=ward.now + minutes(1))) == []


def test_an_assessment_of_before_a_faint_at_the_door_sends_nobody_home_again(ward: Ward) -> None:
    """They were discharged on it once."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(5), symptoms=("syncope",)))
    ward.reports(vitals(MARA, at=ward.now + minutes(5)))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)

    assert ward.reasons(discharge(MARA, at=ward.now + minutes(1))) == ["discharge.not_assessed"]


def test_a_warning_after_the_assessment_does_not_void_it(ward: Ward) -> None:
    """Nausea on the way out."""
    ward.watched().reports(assessment(MARA, at=ward.begins() + minutes(121)))
    ward.reports(vitals(MARA, at=ward.now + minutes(3), symptoms=("nausea",)))

    assert ward.reasons(discharge(MARA, at=ward.now + minutes(1))) == []


# A question before they leave


ASKED = weekly({"medicine.discharge.measures": ("cssrs",)})


def test_a_question_before_they_leave_where_the_protocol_wants_one(opens: Opens) -> None:
    """`medicine.discharge.measures`; the one from before the dose answers nothing, and a prescriber may weigh it."""
    ward = opens(ASKED)
    assert leaving(ward) == ["measure.cssrs_missing"]
    assert [one.instrument for one in course_view(ward.course, ward.now).measures_due] == ["cssrs"]
    weighed = discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, overrides=over("measure.cssrs_missing"))
    assert ward.reasons(weighed) == []

    ward.reports(cssrs(MARA, at=ward.begins() + minutes(125)))
    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(130))) == []
    assert course_view(ward.course, ward.now).measures_due == ()


@EDGES
def test_a_question_before_they_leave_is_asked_since_the_last_dose(opens: Opens, edge: timedelta) -> None:
    """At the moment of the dose is since the dose."""
    ward = opens(ASKED).cleared()
    if edge < timedelta():
        ward.reports(cssrs(MARA, at=ward.begins() + edge))
    ward.dosed()
    if edge >= timedelta():
        ward.reports(cssrs(MARA, at=ward.begins() + edge))

    assert ("measure.cssrs_missing" in leaving(ward)) is (edge < timedelta())


def test_a_raised_risk_before_they_leave_keeps_them_until_a_prescriber_has_weighed_it(opens: Opens) -> None:
    """First somebody sees to it; then the prescriber says why they may go."""
    ward = opens(ASKED)
    ward.dosed().reports(cssrs(MARA, at=ward.begins() + minutes(60), items=HAS_A_METHOD))
    assert leaving(ward)[0] == "escalation.suicide_risk_open"

    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    leaves = ward.begins() + minutes(130)
    assert ward.reasons(discharge(MARA, at=leaves)) == ["measure.cssrs_raised"]
    assert ward.reasons(discharge(MARA, at=leaves, by=OSEI, overrides=over("measure.cssrs_raised"))) == []


def test_what_was_asked_before_a_sedative_is_asked_again(opens: Opens) -> None:
    """The observation begins again with it, and so does the question."""
    ward = opens(ASKED)
    ward.dosed().reports(cssrs(MARA, at=ward.begins() + minutes(30)))
    ward.reports(medication(MARA, 1, at=ward.begins() + minutes(31), code="midazolam"))

    assert "measure.cssrs_missing" in leaving(ward)

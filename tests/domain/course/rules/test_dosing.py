"""The dose: what a prescriber decided is held against the protocol's bounds (CLINICAL.md 3.5)."""

from datetime import timedelta

import pytest

from domain.course.rules.dosing import since_the_first, standing
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import DoseAdministered
from domain.protocol.screening import FurtherConsent
from domain.values import Actor, Role, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    EHR,
    EVERYBODY,
    HAS_A_METHOD,
    LIND,
    MARA,
    OSEI,
    PATIENT,
    THORNE,
    WEEKLY,
    abortion,
    adverse_event,
    assessment,
    check_in,
    clearance,
    correction,
    cssrs,
    days,
    discharge,
    dose,
    handed_over,
    hours,
    left,
    minutes,
    over,
    plan,
    returned,
    screening,
    seconds,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

ONE_BOOSTER = {"medicine.dose.boosters_max": 1}


def test_a_dose_starts_the_clock(ward: Ward) -> None:
    """The stage becomes `dosed`; vitals are due from that moment on."""
    answer = ward.cleared().reports(dose(MARA, at=ward.begins()))

    assert ward.stage() is Stage.DOSED
    assert answer.session is not None
    assert answer.session.stage is Stage.DOSED
    assert ward.course.deadlines()[0].due_at == ward.begins()
    assert [act for act in answer.next if "dose" in act] == []


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_the_patient_gives_no_dose(opens: Opens, actor: Actor) -> None:
    """Without `given_by` whoever of the staff gives it may report it, in the dose that was planned."""
    ward = opens(weekly({"medicine.dose.given_by": None})).cleared()
    assert (ward.reasons(dose(MARA, at=ward.now, by=actor)) == []) is (actor is not PATIENT)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_a_dose_is_given_by_whoever_the_protocol_names(ward: Ward, actor: Actor) -> None:
    """`medicine.dose.given_by`: neither therapist nor desk injects, and a system says who did (CLINICAL 1, S11).

    It is a fact all the same: the patient is watched, and people are told.
    """
    answer = ward.cleared().reports(dose(MARA, at=ward.begins(), by=actor))
    may = actor in {OSEI, LIND}

    source = None if actor is PATIENT else "S11"
    told = [(one.code, one.absolute, one.source) for one in answer.deviations]
    assert told == ([] if may else [("actor.role_not_allowed", True, source)])
    assert ward.stage() is Stage.DOSED
    assert ward.open.get(Kind.PROTOCOL_DEVIATION) == (None if may else Severity.EMERGENCY)


def test_a_clinics_system_reports_doses_where_the_protocol_names_it(opens: Opens) -> None:
    """Of a clinic whose record never says who gave it."""
    ward = opens(weekly({"medicine.dose.given_by": (Role.PRESCRIBER, Role.SYSTEM)})).cleared()

    assert ward.reasons(dose(MARA, at=ward.begins(), by=EHR)) == []
    assert ward.reasons(dose(MARA, at=ward.begins(), by=LIND)) == ["actor.role_not_allowed"]


def test_a_correction_of_who_gave_it_is_told(ward: Ward) -> None:
    """The nurse was said to have given it, and it was the therapist; told the other way round, nobody is paged."""
    given = dose(MARA, at=ward.begins(), by=LIND)
    ward.cleared().reports(given)
    assert ward.open == {}

    answer = ward.reports(correction(given, at=ward.now + minutes(1), actor=THORNE))

    assert [one.code for one in answer.deviations] == ["actor.role_not_allowed"]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_nobody_is_dosed_who_was_not_cleared(ward: Ward) -> None:
    """Neither before they came nor before the prescriber has said so."""
    ward.booked()
    assert "session.wrong_stage" in ward.reasons(dose(MARA, at=ward.now))
    ward.checked_in()
    assert "session.not_cleared" in ward.reasons(dose(MARA, at=ward.now))


@EDGES
def test_a_clearance_holds_for_half_an_hour(ward: Ward, edge: timedelta) -> None:
    """`medicine.clearance_valid`, counted by the times at which things happened."""
    ward.cleared()
    given = dose(MARA, at=ward.now + minutes(30) + edge)
    assert ward.reasons(given) == (["clearance.expired"] if edge > timedelta() else [])


@EDGES
def test_a_dose_does_not_lie_before_its_clearance(ward: Ward, edge: timedelta) -> None:
    """Whatever arrives first: first cleared, then dosed."""
    ward.cleared()
    given = dose(MARA, at=ward.now + edge)
    assert ward.reasons(given) == (["clearance.after_dose"] if edge < timedelta() else [])


def test_a_dose_sent_late_is_judged_by_when_it_was_given(ward: Ward) -> None:
    """The nurse had no time to write: an hour later the dose of ten o'clock is accepted."""
    ward.cleared().passes(minutes(60))
    assert ward.reasons(dose(MARA, at=ward.begins())) == []
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_the_medicine_goes_where_the_protocol_says(ward: Ward) -> None:
    """`route`."""
    ward.cleared()
    assert ward.reasons(dose(MARA, at=ward.now, route="intravenous")) == ["dose.route_not_allowed"]


# Between clearance and dose


def test_a_high_risk_named_after_the_clearance_stops_the_dose(ward: Ward) -> None:
    """A C-SSRS is seen by the very next dose; what the clearance has not weighed is absolute."""
    ward.cleared().reports(cssrs(MARA, at=ward.now + minutes(1), items=HAS_A_METHOD))

    against = ward.course.blockers_for(dose(MARA, at=ward.now))
    assert [(one.code, one.absolute) for one in against] == [
        ("escalation.suicide_risk_open", True),
        ("measure.cssrs_raised", True),
    ]


@pytest.mark.parametrize(
    ("systolic", "codes"), [(140, []), (141, ["vitals.systolic_above_limit"]), (181, ["vitals.systolic_above_limit"])]
)
def test_a_pressure_that_rose_after_the_clearance_stops_the_dose(ward: Ward, systolic: int, codes: list[str]) -> None:
    """`[medicine.clearance]`: a reading outside blocks, whenever it was taken; the prescriber clears anew or not."""
    ward.cleared().reports(vitals(MARA, at=ward.now + minutes(1), systolic=systolic))

    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == codes
    assert ("kap.dose.administered" in ward.course.next_acts(ward.now)) is (not codes)


@pytest.mark.parametrize("systolic", [141, 181])
def test_a_reading_of_the_clearances_own_moment_that_it_could_not_know_stops_the_dose(
    ward: Ward, systolic: int
) -> None:
    """Sent in one batch behind the clearance: taken and recorded at its very moment, and yet unknown to it."""
    ward.cleared().reports(vitals(MARA, at=ward.now, systolic=systolic))

    assert ward.course.session is not None
    assert ward.course.session.clearance is not None
    assert ward.course.session.readings[-1].recorded_at == ward.course.session.clearance.recorded_at
    assert ward.reasons(dose(MARA, at=ward.now)) == ["vitals.systolic_above_limit"]


def test_what_the_prescriber_has_weighed_at_clearance_stays_weighed(ward: Ward) -> None:
    """145 was overridden: 145 a minute later is the same decision, and 146 another one."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, systolic=145))
    ward.reports(clearance(MARA, at=ward.now, overrides=over("vitals.systolic_above_limit")))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), systolic=145))
    weighed = ward.reasons(dose(MARA, at=ward.now))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), systolic=146))

    assert weighed == []
    assert ward.reasons(dose(MARA, at=ward.now)) == ["vitals.systolic_above_limit"]


def test_what_did_not_stand_against_the_clearance_was_not_weighed_by_it(ward: Ward) -> None:
    """Named beforehand, it lifts nothing that comes after: an override lifts a value, and there was none."""
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    ward.reports(clearance(MARA, at=ward.now, overrides=over("vitals.systolic_above_limit")))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), systolic=145))

    assert ward.reasons(dose(MARA, at=ward.now)) == ["vitals.systolic_above_limit"]


@pytest.mark.parametrize("found", ["active_psychosis", "cystitis"])
def test_a_screening_that_comes_after_the_clearance_stops_the_dose(ward: Ward, found: str) -> None:
    """What excludes them does so for good; what is to be reviewed, until the prescriber weighs it and clears anew."""
    ward.cleared().reports(screening(MARA, at=ward.now, conditions=[found]))
    stopped = ward.reasons(dose(MARA, at=ward.now))
    offered = "kap.dose.administered" in ward.course.next_acts(ward.now)

    told = ["screening.condition_excludes", "escalation.exclusion_found_open"]
    assert stopped == (told if found == "active_psychosis" else ["screening.cystitis"])
    assert not offered
    if found == "cystitis":
        ward.reports(clearance(MARA, at=ward.now, overrides=over("screening.cystitis")))
        assert ward.reasons(dose(MARA, at=ward.now)) == []


def test_a_dose_does_not_stand_on_yesterdays_check_in(ward: Ward) -> None:
    """Cleared a minute before midnight, and dosed after it: yesterday's weight."""
    midnight = ward.checked_in().now.replace(hour=0, minute=0) + days(1)
    ward.reports(vitals(MARA, at=midnight - minutes(1)))
    ward.reports(clearance(MARA, at=ward.now))

    assert ward.reasons(dose(MARA, at=ward.now)) == []
    assert ward.reasons(dose(MARA, at=midnight)) == ["check_in.outdated"]


# Bounds


@pytest.mark.parametrize(("mg", "is_offered"), [(34.9, True), (35, False)])
def test_no_booster_is_offered_once_the_bound_is_reached(opens: Opens, mg: float, is_offered: bool) -> None:
    """Not even the least of a dose fits: 35 mg are all that 70 kg may have at first."""
    ward = opens(weekly(ONE_BOOSTER)).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=mg))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(15)))

    assert ("dose.above_first_max" in [one.code for one in standing(ward.course, ward.session(), ward.now)]) is (
        not is_offered
    )


@EDGES
def test_a_clearance_ends_when_they_leave(ward: Ward, edge: timedelta) -> None:
    """A dose of before that, told after it, was given on the clearance."""
    ward.cleared().reports(left(MARA, at=ward.begins()))
    against = ward.reasons(dose(MARA, at=ward.begins() + edge))

    assert ("session.not_cleared" in against) is (edge >= timedelta())


@EDGES
def test_an_absence_of_before_the_clearance_ends_it_not(ward: Ward, edge: timedelta) -> None:
    """One that begins at its very moment does."""
    ward.cleared()
    cleared_at = ward.begins() - minutes(5)
    ward.sends(left(MARA, at=cleared_at + edge))
    ward.sends(returned(MARA, at=cleared_at + minutes(1)))

    assert ("session.not_cleared" in ward.reasons(dose(MARA, at=ward.begins()))) is (edge >= timedelta())


@EDGES
def test_a_booster_may_be_dated_at_the_clearance(opens: Opens, edge: timedelta) -> None:
    """And not before it."""
    ward = opens(weekly(ONE_BOOSTER)).dosed()
    against = ward.reasons(dose(MARA, at=ward.begins() - minutes(5) + edge, mg=1))

    assert ("clearance.after_dose" in against) is (edge < timedelta())


@pytest.mark.parametrize(("session", "codes"), [(1, []), (2, ["consent.further_missing"])])
def test_a_further_consent_is_asked_for_before_a_dose_from_its_session_on(
    opens: Opens, session: int, codes: list[str]
) -> None:
    """`from_session`; withdrawn, or asked for by a new version, after the clearance."""
    ward = opens(WEEKLY).cleared(session)
    photos = {"photos": FurtherConsent(version="1", valid_for=days(365), from_session=2)}
    course = ward.course.but(protocol=weekly({"screening.further_consents": photos}))

    given = dose(MARA, session, at=ward.begins(session))
    assert [one.code for one in course.blockers_for(given)] == codes
    assert [one.code for one in standing(course, course.sessions[-1], ward.begins(session))] == codes


# Boosters


def test_the_weekly_protocol_allows_no_booster(ward: Ward) -> None:
    """`boosters_max = 0`: a second dose in one session is refused, and not offered."""
    ward.watched(until=minutes(15))
    assert ward.reasons(dose(MARA, at=ward.now, mg=1)) == ["dose.booster_not_allowed", "dose.above_first_max"]
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def boosted(opens: Opens, **more: object) -> Ward:
    """Half the dose at ten, a calm reading a quarter of an hour later, under a protocol with one booster."""
    ward = opens(weekly({**ONE_BOOSTER, **more})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))
    return ward.watched(until=minutes(15))


def test_a_booster_is_given_once_and_within_the_same_bounds(opens: Opens) -> None:
    """The doses of a session count together: 20 and 15 mg are 0.5 mg/kg."""
    ward = boosted(opens)

    assert "kap.dose.administered" in ward.course.next_acts(ward.now)
    assert ward.reasons(dose(MARA, at=ward.now, mg=15.1)) == ["dose.above_first_max"]
    ward.reports(dose(MARA, at=ward.now, mg=15))
    assert ward.reasons(dose(MARA, at=ward.now + TICK, mg=0.001)) == [
        "dose.booster_not_allowed",
        "dose.above_first_max",
    ]
    assert [given.mg for given in ward.session().doses] == [20, 15]


@pytest.mark.parametrize(("mg", "is_part"), [(15, True), (15.5, False)])
def test_a_further_part_of_a_dose_is_no_more_than_what_is_left_of_it(opens: Opens, mg: float, *, is_part: bool) -> None:
    """`parts_max`: 20 of 35 mg were given; what is more than the other 15 is a booster."""
    ward = opens(weekly({"medicine.dose.parts_max": 2, "medicine.dose.parts_within": minutes(20)})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))

    against = ward.reasons(dose(MARA, at=ward.begins() + minutes(6), mg=mg))
    assert ("dose.booster_not_allowed" in against) is not is_part


def test_a_booster_above_the_plan_is_the_prescribers(opens: Opens) -> None:
    """Together above what was planned: not the nurse's to give."""
    ward = boosted(opens, **{"medicine.dose.first_max": 1.0})
    assert ward.reasons(dose(MARA, at=ward.now, mg=16, by=LIND)) == ["dose.above_plan"]
    assert ward.reasons(dose(MARA, at=ward.now, mg=16)) == []


@EDGES
def test_a_booster_needs_a_fresh_reading(opens: Opens, edge: timedelta) -> None:
    """`clearance.reading_valid`, as before the first dose."""
    ward = boosted(opens)
    given = dose(MARA, at=ward.now + minutes(15) + edge, mg=10)
    assert ward.reasons(given) == (["vitals.too_old"] if edge > timedelta() else [])


def test_a_booster_needs_a_reading_since_the_dose_before(opens: Opens) -> None:
    """The one at clearance is fresh, and says nothing of what the dose has done."""
    ward = opens(weekly(ONE_BOOSTER)).cleared()
    ward.reports(dose(MARA, at=ward.now, mg=20))
    refused = ward.reasons(dose(MARA, at=ward.now + minutes(5), mg=10))
    ward.reports(vitals(MARA, at=ward.now + minutes(5)))

    assert refused == ["vitals.too_old"]
    assert ward.reasons(dose(MARA, at=ward.now, mg=10)) == []


@EDGES
def test_a_dose_of_another_ones_own_moment_is_given_after_it(opens: Opens, edge: timedelta) -> None:
    """The reading at clearance is fresh for whatever was given before the first dose, and for nothing else."""
    ward = opens(weekly(ONE_BOOSTER)).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))

    against = ward.reasons(dose(MARA, at=ward.begins() + edge, mg=10))
    assert ("vitals.too_old" in against) is (edge >= timedelta())


def test_a_booster_needs_a_normal_reading(opens: Opens) -> None:
    """CLINICAL.md 3.4: a warning already means no further dose."""
    ward = boosted(opens)
    ward.reports(vitals(MARA, at=ward.now + minutes(1), systolic=161))

    assert ward.reasons(dose(MARA, at=ward.now, mg=10)) == ["vitals.not_normal"]
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_more_of_a_dose_needs_a_normal_reading_since_it_began(ward: Ward) -> None:
    """Its sentence speaks of no booster."""
    ward.dosed().reports(vitals(MARA, at=ward.begins() + minutes(1), systolic=200))

    told = since_the_first(ward.course, ward.session(), ward.now, ward.begins())

    assert "The last reading is not normal: no more of the medicine" in [one.message for one in told]


def test_a_booster_that_would_be_a_rise_after_an_event_is_not_offered(opens: Opens) -> None:
    """After a session with an urgent event every further milligram is a rise: none is offered, and none is given."""
    ward = opens(weekly({**ONE_BOOSTER, "medicine.dose.first_max": 1.0})).integrated()
    ward.reports(adverse_event(MARA, 1, at=ward.now + minutes(1), grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.reports(plan(MARA, at=ward.now))
    ward.dosed(2).reports(vitals(MARA, 2, at=ward.begins(2) + minutes(15)))

    assert "dose.step_after_event" in ward.reasons(dose(MARA, 2, at=ward.now, mg=1))
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_no_dose_is_offered_while_something_urgent_is_open_that_the_clearance_has_not_weighed(ward: Ward) -> None:
    """A dose lifts nothing: it is offered again once a prescriber has weighed that, and cleared anew."""
    ward.cleared()
    assert "kap.dose.administered" in ward.course.next_acts(ward.now)

    ward.reports(adverse_event(MARA, at=ward.now, grade=3))
    assert ward.reasons(dose(MARA, at=ward.now)) == ["escalation.adverse_event_open"]
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)

    ward.reports(clearance(MARA, at=ward.now, overrides=over("escalation.adverse_event_open")))
    assert ward.reasons(dose(MARA, at=ward.now)) == []
    assert "kap.dose.administered" in ward.course.next_acts(ward.now)


def test_a_dose_on_a_reading_that_was_taken_back_deviates(ward: Ward) -> None:
    """The clearance rested on it: though the prescriber has looked at that, nobody knows how the patient is."""
    ward.cleared()
    reading = next(event for event, _ in ward.answers if event.type == "kap.vitals.recorded")
    ward.reports(correction(reading, at=ward.now, retracted=True))
    ward.hears(Kind.CORRECTION_REVIEW, Change.RESOLVED)

    assert "vitals.missing" in ward.reasons(dose(MARA, at=ward.now))


def test_whoever_is_checked_in_anew_is_cleared_anew_however_fast_it_was_told(ward: Ward) -> None:
    """Both were told in the same moment: which came later is the ledger's to say, not the clock's."""
    ward.cleared()
    ward.sends(check_in(MARA, at=ward.now, weight_kg=None))

    assert "session.not_cleared" in ward.reasons(dose(MARA, at=ward.now))
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_there_is_no_booster_after_a_session_was_broken_off(opens: Opens) -> None:
    """`aborted`: monitoring goes on, the medicine does not."""
    ward = boosted(opens)
    ward.reports(abortion(MARA, at=ward.now))
    assert ward.reasons(dose(MARA, at=ward.now, mg=10)) == ["session.aborted"]


def test_there_is_no_booster_after_discharge(opens: Opens) -> None:
    """They have gone home."""
    ward = boosted(opens)
    ward.reports(dose(MARA, at=ward.now + TICK, mg=10))
    ward.passes(minutes(120))
    ward.reports(vitals(MARA, at=ward.now))
    ward.reports(assessment(MARA, at=ward.now))
    ward.reports(discharge(MARA, at=ward.now))

    again = ward.reports(dose(MARA, at=ward.now + minutes(1), mg=10))

    assert {"course.wrong_phase", "session.wrong_stage"} <= {one.code for one in again.deviations}
    assert ward.course.monitored is not None, "whoever was dosed is watched, whatever the protocol says"


def test_a_booster_on_the_way_home_takes_them_back(opens: Opens) -> None:
    """Assessed and then dosed again: the assessment of before counts no more, and the observation starts anew."""
    ward = boosted(opens)
    ward.reports(assessment(MARA, at=ward.now))
    ward.reports(dose(MARA, at=ward.now + seconds(1), mg=10))
    leaves = discharge(MARA, at=ward.now)

    assert ward.stage() is Stage.DOSED
    assert {"discharge.not_assessed", "discharge.observation_too_short"} <= set(ward.reasons(leaves))


def test_a_booster_that_arrives_before_the_dose_it_follows_is_put_in_its_place(opens: Opens) -> None:
    """The first dose is entered second: what matters is when each was given."""
    ward = opens(weekly(ONE_BOOSTER)).cleared()
    second, first = dose(MARA, at=ward.begins() + minutes(16), mg=10), dose(MARA, at=ward.begins(), mg=20)
    ward.reports(second)
    ward.reports(vitals(MARA, at=ward.now))
    ward.sends(first)

    assert [given.at for given in ward.session().doses] == [first.time, second.time]
    assert ward.course.last_dose_at == second.time


def test_a_booster_does_not_lie_before_the_clearance(opens: Opens) -> None:
    """A dose of twenty to ten, when they were cleared at five to, is none of this session's."""
    ward = boosted(opens)
    early: DoseAdministered = dose(MARA, at=ward.begins() - minutes(6), mg=10)

    assert "clearance.after_dose" in ward.reasons(early)
    assert ward.reasons(early.but(time=ward.now)) == []
    assert ward.reasons(clearance(MARA, at=ward.now, by=DESK)) == ["actor.role_not_allowed", "session.wrong_stage"]


def test_a_second_check_in_takes_nothing_back_once_they_are_dosed(ward: Ward) -> None:
    """The clearance and the weight that the dose rested on stay."""
    ward.dosed().reports(check_in(MARA, at=ward.now + minutes(3), weight_kg=50))

    assert ward.session().clearance is not None
    assert ward.stage() is Stage.DOSED
    known = ward.session().check_in
    assert known is not None
    assert known.data.weight_kg == 70


@pytest.mark.parametrize(("ago", "is_of_it"), [(seconds(60), True), (minutes(119), True), (minutes(120), False)])
def test_a_dose_dated_before_the_visits_first_is_of_that_visit(ward: Ward, ago: timedelta, is_of_it: bool) -> None:
    """Whoever was given it is observed for two hours: their readings are of one visit, and nobody is called."""
    ward.referred().sends(dose(MARA, at=ward.now))
    ward.sends(dose(MARA, None, at=ward.now - ago))

    assert len(ward.course.sessions) == (1 if is_of_it else 2)
    ward.sends(vitals(MARA, None, at=ward.now))
    ward.passes(minutes(10))
    assert (Kind.VITALS_OVERDUE in ward.open) is not is_of_it


def test_a_dose_before_the_check_in_of_its_visit_is_of_it(ward: Ward) -> None:
    """Told after the dose of that visit: one patient, and one clock."""
    ward.dosed().sends(dose(MARA, None, at=ward.begins() - minutes(40)))

    assert len(ward.course.sessions) == 1


def test_a_dose_that_names_no_session_is_of_the_visit_that_is_booked_for_that_day(ward: Ward) -> None:
    """Nobody checked them in: whoever was given it is watched in that visit, and not in one that nobody planned."""
    ward.booked().reports(dose(MARA, None, at=ward.begins() + minutes(5)))

    assert [(one.number, len(one.doses)) for one in ward.course.sessions] == [(1, 1)]


def test_a_dose_that_names_no_session_is_of_no_visit_of_another_day(ward: Ward) -> None:
    """They are booked for the week after it."""
    ward.booked().reports(dose(MARA, None, at=ward.begins() - days(2)))

    assert [(one.number, len(one.doses)) for one in ward.course.sessions] == [(1, 0), (2, 1)]


def test_a_dose_that_names_no_session_is_of_the_one_under_way(ward: Ward) -> None:
    """Nobody waits for another: one patient, and one clock."""
    ward.dosed().reports(dose(MARA, None, at=ward.begins() + minutes(20)))

    assert [(one.number, len(one.doses)) for one in ward.course.sessions] == [(1, 2)]


@EDGES
def test_a_dose_is_of_the_session_that_it_names_until_they_were_handed_over(ward: Ward, edge: timedelta) -> None:
    """Back from the door, which was told late: a dose in between had been taken for one of another session."""
    went_home = ward.discharged().session().discharge
    assert went_home is not None
    ward.reports(dose(MARA, None, at=went_home.at + hours(1)))
    ward.sends(returned(MARA, at=went_home.at + minutes(30)))
    ward.reports(handed_over(MARA, at=went_home.at + hours(2)))
    ward.reports(dose(MARA, at=went_home.at + hours(2) + edge))

    assert [len(one.doses) for one in ward.course.sessions] == ([2, 1] if edge <= timedelta() else [1, 2])


@EDGES
def test_a_dose_is_of_no_visit_that_had_been_broken_off_before_they_came(ward: Ward, edge: timedelta) -> None:
    """By a time that may be a slip. From their check-in on it has a session of its own; in either they are watched."""
    came = ward.checked_in().now
    ward.sends(abortion(MARA, at=came - minutes(10)))
    ward.reports(dose(MARA, None, at=came + edge))

    assert [len(one.doses) for one in ward.course.sessions] == ([1] if edge < timedelta() else [0, 1])
    assert ward.course.monitored is not None


def test_a_session_is_broken_off_once(ward: Ward) -> None:
    """Who broke it off, and when, is what was told first, although they were dosed again after that."""
    first = abortion(MARA, at=ward.dosed().now + minutes(10))
    ward.reports(first)
    ward.reports(dose(MARA, at=ward.now + minutes(1), mg=5))
    ward.reports(abortion(MARA, at=ward.now + minutes(1), by=LIND))

    broken_off = ward.session().abort
    assert broken_off is not None
    assert (broken_off.at, broken_off.data) == (first.time, first.data)
    assert ward.course.monitored is not None

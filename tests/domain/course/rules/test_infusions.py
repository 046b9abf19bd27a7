"""An intravenous dose: gates and checkpoints from its start, observation from its stop, bounds of what was given."""

from datetime import timedelta
from typing import Any

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.protocol.values import Route
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    EHR,
    LIND,
    MARA,
    OSEI,
    PATIENT,
    THORNE,
    assessment,
    days,
    discharge,
    dose,
    hours,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    infusion_stopped,
    minutes,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward, holds

DRIP = weekly({"route": Route.INTRAVENOUS})
FORTY = minutes(40)
TIMED = weekly(
    {
        "route": Route.INTRAVENOUS,
        "medicine.infusion.least": minutes(30),
        "medicine.infusion.most": minutes(60),
        "medicine.compared.infusion_at_least_percent": 50.0,
    }
)
"""As the files of infusions say it."""


@pytest.fixture
def drip(opens: Opens) -> Ward:
    """A patient cleared for an infusion."""
    return opens(DRIP).cleared()


def running(ward: Ward, over: timedelta | None = timedelta(minutes=40)) -> Ward:
    ward.reports(infusion_started(MARA, at=ward.begins(), over=over))
    return ward


def stopped(ward: Ward, mg_given: float = 35) -> Ward:
    running(ward)
    for minute in (0, 15, 30):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(infusion_stopped(MARA, at=ward.begins() + minutes(40), mg_given=mg_given))
    return ward


@pytest.mark.parametrize("actor", [OSEI, LIND, THORNE, DESK, EHR], ids=lambda actor: actor.role)
def test_an_infusion_is_started_by_whoever_the_protocol_names(drip: Ward, actor: Actor) -> None:
    """`medicine.dose.given_by`: of its start; anybody may stop it."""
    told = drip.reports(infusion_started(MARA, at=drip.begins(), by=actor)).deviations
    stop = drip.reports(infusion_stopped(MARA, at=drip.begins() + minutes(40), by=actor)).deviations

    assert [one.code for one in told] == ([] if actor in {OSEI, LIND} else ["actor.role_not_allowed"])
    assert stop == ()


@pytest.mark.parametrize("actor", [LIND, THORNE, PATIENT], ids=lambda actor: actor.role)
def test_an_infusion_that_nobody_started_was_given_by_whoever_stopped_it(drip: Ward, actor: Actor) -> None:
    """A dose of which no more is known: so much is told once."""
    told = drip.reports(infusion_stopped(MARA, at=drip.begins() + minutes(40), by=actor)).deviations

    assert [one.code for one in told].count("actor.role_not_allowed") == (0 if actor is LIND else 1)


def test_an_infusion_within_its_gates_is_a_dose(drip: Ward) -> None:
    """The session is dosed and the checkpoints run from the start; nothing deviates."""
    answer = drip.reports(infusion_started(MARA, at=drip.begins()))

    assert answer.deviations == ()
    assert drip.stage() is Stage.DOSED
    assert drip.due(DeadlineKind.CHECKPOINT)[0].due_at == drip.begins()
    assert drip.course.last_dose_at == drip.begins()
    assert holds(drip)


def test_a_protocol_by_vein_offers_an_infusion_and_one_by_muscle_does_not(drip: Ward, ward: Ward) -> None:
    """`route`."""
    assert "kap.infusion.started" in drip.course.next_acts(drip.now)
    assert "kap.infusion.started" not in ward.cleared().course.next_acts(ward.now)


def test_an_infusion_outside_its_gates_is_watched_all_the_same(ward: Ward) -> None:
    """The kind of story 26: uncleared, by another route, above the bound; each deviates, and the clock runs."""
    told = ward.checked_in().hears_against(infusion_started(MARA, at=ward.now, mg=60))

    assert {"session.not_cleared", "dose.route_not_allowed", "dose.above_first_max"} <= set(told)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_what_is_to_be_given_is_judged_at_the_start_and_what_was_given_at_the_stop(drip: Ward) -> None:
    """Within the bounds when it was started, above them when it was through."""
    running(drip)
    told = drip.hears_against(infusion_stopped(MARA, at=drip.begins() + minutes(40), mg_given=80))

    assert {"dose.above_first_max", "dose.needs_two_prescribers", "dose.above_plan"} <= set(told)
    assert drip.session().doses[0].mg == 80
    assert drip.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_less_than_was_meant_is_what_counts(drip: Ward) -> None:
    """The next session's step is counted from what was given."""
    stopped(drip, mg_given=20)

    assert [dose.mg for dose in drip.session().doses] == [20]


@EDGES
def test_the_observation_begins_with_the_stop(drip: Ward, edge: timedelta) -> None:
    """Two hours from there; vitals and the assessment come after it."""
    stopped(drip)
    ends = drip.begins() + minutes(160) + edge
    for minute in (45, 60, 90, 120, 135, 150):
        drip.reports(vitals(MARA, at=drip.begins() + minutes(minute)))
    drip.reports(assessment(MARA, at=ends))

    early = {"discharge.observation_too_short", "discharge.assessed_too_early"} if edge < timedelta() else set()
    assert set(drip.reasons(discharge(MARA, at=ends))) == early


def test_nobody_goes_home_with_an_infusion_running(drip: Ward) -> None:
    """Absolute, until somebody says that it has stopped."""
    running(drip)
    drip.reports(vitals(MARA, at=drip.begins() + hours(3)))
    drip.reports(assessment(MARA, at=drip.now))

    assert ("infusion.running", True) in {(one.code, one.absolute) for one in drip.course.blockers(drip.now)}


@EDGES
@pytest.mark.parametrize(("over", "length"), [(minutes(40), 40), (None, 40), (minutes(60), 60)])
def test_an_infusion_that_nobody_stops_is_asked_for(
    drip: Ward, over: timedelta | None, length: int, edge: timedelta
) -> None:
    """A quarter of an hour after its end; the usual length where none was said."""
    running(drip, over)
    drip.until(drip.begins() + minutes(length + 15) + edge)

    assert (Kind.DOSE_UNREPORTED in drip.open) is (edge >= timedelta())


def test_a_pause_puts_off_its_end(drip: Ward) -> None:
    """Ten minutes later, it is asked for ten minutes later."""
    running(drip)
    drip.reports(infusion_paused(MARA, at=drip.begins() + minutes(10)))
    assert drip.session().doses[0].is_paused
    drip.reports(infusion_resumed(MARA, at=drip.begins() + minutes(20)))

    (due,) = drip.due(DeadlineKind.INFUSION)
    assert due.due_at == drip.begins() + minutes(50)
    assert not drip.session().doses[0].is_paused
    assert holds(drip)


def test_a_stop_ends_the_wait(drip: Ward) -> None:
    """Nobody is asked for it any more."""
    assert stopped(drip).due(DeadlineKind.INFUSION) == []


def test_pausing_and_resuming_have_their_order(drip: Ward) -> None:
    """What does not fit is kept and deviates."""
    running(drip)
    at = drip.begins()
    assert drip.hears_against(infusion_resumed(MARA, at=at + minutes(1))) == ["infusion.not_paused"]
    drip.reports(infusion_paused(MARA, at=at + minutes(2)))
    assert drip.hears_against(infusion_paused(MARA, at=at + minutes(3))) == ["infusion.paused"]


def test_a_stop_without_a_start_is_a_dose(drip: Ward) -> None:
    """Whoever was dosed is watched: the start was never reported."""
    told = drip.hears_against(infusion_stopped(MARA, at=drip.now + minutes(1)))

    assert "infusion.not_running" in told
    assert drip.stage() is Stage.DOSED
    assert drip.due(DeadlineKind.CHECKPOINT) != []
    assert [one.mg for one in drip.session().doses] == [35]
    assert holds(drip)


def test_a_start_that_arrives_after_its_stop_is_the_same_infusion(drip: Ward) -> None:
    """One dose, from the start to the stop."""
    drip.until(drip.begins() + minutes(41))
    drip.sends(infusion_stopped(MARA, at=drip.begins() + minutes(40), mg_given=30))
    drip.sends(infusion_started(MARA, at=drip.begins()))

    (given,) = drip.session().doses
    assert (given.at, given.ended_at, given.mg) == (drip.begins(), drip.begins() + minutes(40), 30)
    assert not given.is_running


def test_a_second_stop_is_the_newer_word_on_the_same_infusion(drip: Ward) -> None:
    """No second dose."""
    stopped(drip)
    told = drip.hears_against(infusion_stopped(MARA, at=drip.now + minutes(1), mg_given=34))

    assert told == ["infusion.not_running"]
    assert [one.mg for one in drip.session().doses] == [34]


@pytest.mark.parametrize("minute", [46, 60, 90])
def test_a_stop_long_after_the_first_is_of_another_infusion(drip: Ward, minute: int) -> None:
    """Nobody reported its start: it is a dose of its own, judged on top of the first, and the patient is watched."""
    stopped(drip)
    told = drip.hears_against(infusion_stopped(MARA, at=drip.begins() + minutes(minute), mg_given=5))

    assert "infusion.not_running" in told
    assert [given.mg for given in drip.session().doses] == [35, 5]
    assert drip.course.monitored is not None
    assert "discharge.observation_too_short" in [
        one.code for one in drip.course.blockers(drip.begins() + minutes(minute + 119))
    ]


def test_a_stop_before_its_start_counts_for_nothing(drip: Ward) -> None:
    """It is kept; the infusion runs on."""
    running(drip)
    drip.sends(infusion_stopped(MARA, at=drip.begins() - minutes(2)))

    assert drip.session().running_infusion is not None
    assert len(drip.session().doses) == 1


def test_nothing_is_given_on_top_of_a_running_infusion(opens: Opens) -> None:
    """A booster comes after the stop, within the same bounds as any other."""
    ward = opens(weekly({"route": Route.INTRAVENOUS, "medicine.dose.boosters_max": 1})).cleared()
    ward.reports(infusion_started(MARA, at=ward.begins(), mg=20))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(1)))
    more = dose(MARA, at=ward.begins() + minutes(2), mg=10, route="intravenous")
    assert ward.reasons(more) == ["infusion.running"]

    ward.reports(vitals(MARA, at=ward.begins() + minutes(15)))
    ward.reports(infusion_stopped(MARA, at=ward.begins() + minutes(20), mg_given=20))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(21)))
    assert ward.reasons(infusion_started(MARA, at=ward.begins() + minutes(22), mg=15)) == []
    assert ward.reasons(infusion_started(MARA, at=ward.begins() + minutes(22), mg=16)) == ["dose.above_first_max"]


def test_the_discharge_is_due_from_the_stop(drip: Ward) -> None:
    """`medicine.discharge_overdue`."""
    (due,) = stopped(drip).due(DeadlineKind.DISCHARGE)

    assert due.due_at == drip.begins() + minutes(40) + DRIP.medicine.discharge_overdue


def test_a_monitor_who_stops_what_a_prescriber_started_needs_no_second_one(drip: Ward) -> None:
    """The amount was the prescriber's."""
    drip.reports(infusion_started(MARA, at=drip.begins(), by=OSEI))

    assert drip.hears_against(infusion_stopped(MARA, at=drip.begins() + minutes(40), by=LIND)) == []


def test_an_infusion_without_a_session_opens_one_of_its_own(opens: Opens) -> None:
    """Nobody is drugged and unwatched."""
    ward = opens(DRIP).prepared()
    ward.reports(infusion_started(MARA, None, at=ward.now + days(1)))

    assert ward.course.monitored is not None


@pytest.fixture
def timed(opens: Opens) -> Ward:
    """A patient cleared for an infusion whose length and least amount the protocol knows: 35 mg over 40 minutes."""
    return opens(TIMED).cleared()


def starts(ward: Ward, mg: float = 35, over: timedelta = FORTY) -> list[str]:
    return ward.hears_against(infusion_started(MARA, at=ward.begins(), mg=mg, over=over))


def stops(ward: Ward, minute: float, mg_given: float, reason: str | None = None) -> list[str]:
    at = ward.begins() + minutes(minute)
    return ward.hears_against(infusion_stopped(MARA, at=at, mg_given=mg_given, reason=reason))


def test_milligrams_per_kilogram_for_milligrams_are_asked_about_at_the_start(timed: Ward) -> None:
    """Case 25 of an infusion: nobody noticed 0.5 mg, and a week later the right 35 mg paged an emergency."""
    assert starts(timed, mg=0.5) == ["dose.far_below_plan"]
    assert timed.open == {Kind.PROTOCOL_DEVIATION: Severity.URGENT}
    assert stops(timed, 40, 0.5) == [], "asked once: so much was started"


@pytest.mark.parametrize(
    ("started", "minute", "given", "reason", "told"),
    [
        (35, 40, 0.35, None, ["dose.far_below_plan"]),
        (35, 40, 0.35, "It is through", ["dose.far_below_plan"]),
        (35, 12, 9, "Nausea", []),
        (35, 12, 9, None, ["dose.far_below_plan"]),
        (35, 12, 9, " ", ["dose.far_below_plan"]),
        (35, 40, 17.5, None, []),
        (20, 40, 0.2, None, ["dose.far_below_plan"]),
        (20, 40, 10, None, []),
    ],
)
def test_what_ran_in_is_held_against_the_plan(
    timed: Ward, started: float, minute: float, given: float, reason: str | None, told: list[str]
) -> None:
    """Less is no slip where less was started, or where a reason is given for stopping before it was through."""
    assert starts(timed, mg=started) == []
    assert stops(timed, minute, given, reason) == told


@EDGES
def test_an_infusion_is_no_push(timed: Ward, edge: timedelta) -> None:
    """`least`: 35 mg in half an hour are slow enough, a moment less is asked about."""
    told = starts(timed, over=minutes(30) + edge)

    assert told == (["infusion.too_fast"] if edge < timedelta() else [])


@pytest.mark.parametrize(
    ("minute", "given", "told"),
    [(2, 35, ["infusion.too_fast"]), (28, 35, ["infusion.too_fast"]), (30, 35, []), (26, 18, []), (75, 35, [])],
)
def test_what_truly_ran_is_held_against_its_length(timed: Ward, minute: float, given: float, told: list[str]) -> None:
    """Of a part of the dose so much less; its longest length and the grace after it are not yet too long."""
    assert starts(timed) == []
    assert stops(timed, minute, given) == told


def test_pauses_are_no_running(timed: Ward) -> None:
    """All of it in ten minutes, and half an hour of a pause between: a push. An hour's pause makes none too long."""
    starts(timed)
    timed.reports(infusion_paused(MARA, at=timed.begins() + minutes(5)))
    timed.reports(infusion_resumed(MARA, at=timed.begins() + minutes(35)))

    assert stops(timed, 40, 35) == ["infusion.too_fast"]


def test_an_infusion_that_dripped_on_is_told(timed: Ward) -> None:
    """Three hours of it, told when it stopped; people were asked for its stop long before."""
    starts(timed)
    assert stops(timed, 76, 35) == ["infusion.too_long"]
    assert Kind.DOSE_UNREPORTED in timed.open


def test_the_true_length_is_known_where_the_stop_came_first(timed: Ward) -> None:
    """The start that arrives later tells that it was a push."""
    timed.until(timed.begins() + minutes(5))
    timed.sends(infusion_stopped(MARA, at=timed.begins() + minutes(2)))

    told = timed.sends(infusion_started(MARA, at=timed.begins())).deviations

    assert "infusion.too_fast" in [one.code for one in told]


@EDGES
def test_a_slip_in_its_length_puts_nobody_off(timed: Ward, edge: timedelta) -> None:
    """Ten hours typed for forty minutes: asked about at once, and its stop by the protocol's longest, an hour."""
    assert starts(timed, over=hours(10)) == ["infusion.too_long"]
    timed.until(timed.begins() + minutes(75) + edge)

    assert (Kind.DOSE_UNREPORTED in timed.open) is (edge >= timedelta())


def test_a_push_is_no_infusion(timed: Ward) -> None:
    """35 mg at once, where the protocol infuses."""
    answer = timed.reports(dose(MARA, at=timed.begins(), mg=35, route="intravenous"))

    assert [(one.code, one.absolute) for one in answer.deviations] == [("infusion.too_fast", False)]
    assert timed.session().is_monitored


def test_a_protocol_that_names_no_length_asks_for_none(drip: Ward) -> None:
    """As those did that were written before it could be said."""
    assert starts(drip, mg=0.5, over=hours(10)) == []
    assert stops(drip, 1, 0.5) == []


GATED = weekly({"route": Route.INTRAVENOUS, "medicine.infusion.resume_gated": True})


def paused(ward: Ward, **signs: Any) -> Ward:
    """A reading with these signs at eight minutes, and paused a minute later."""
    running(ward)
    ward.reports(vitals(MARA, at=ward.begins()))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(8), **signs))
    ward.reports(infusion_paused(MARA, at=ward.begins() + minutes(9)))
    return ward


@pytest.mark.parametrize(
    ("signs", "against", "severity"),
    [
        ({"spo2": 88}, {"escalation.vitals_emergency_open", "vitals.not_normal"}, Severity.EMERGENCY),
        ({"systolic": 230, "diastolic": 135}, {"escalation.vitals_urgent_open", "vitals.not_normal"}, None),
        ({"symptoms": ("chest_pain",)}, {"escalation.vitals_emergency_open", "vitals.not_normal"}, Severity.EMERGENCY),
        ({"systolic": 185, "diastolic": 112}, {"vitals.not_normal"}, Severity.EMERGENCY),
        ({"symptoms": ("dissociation", "nausea")}, set(), None),
        ({}, set(), None),
    ],
)
def test_an_infusion_is_resumed_within_the_gates_of_a_dose(
    opens: Opens, signs: dict[str, Any], against: set[str], severity: Severity | None
) -> None:
    """`resume_gated`: it gives more of the medicine, as a booster does, while a danger stands or is not known over."""
    ward = paused(opens(GATED).cleared(), **signs)

    told = ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(10)))

    assert {*told} == against
    if severity is not None:
        assert ward.open[Kind.PROTOCOL_DEVIATION] is severity


def test_a_danger_that_has_passed_and_was_resolved_holds_nobody_up(opens: Opens) -> None:
    """Measured again, and dealt with."""
    ward = paused(opens(GATED).cleared(), spo2=88)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(12)))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)

    assert ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(14))) == []


def test_a_resumption_told_twice_calls_nobody(opens: Opens) -> None:
    """The first of the two was judged; nothing more runs in by the second."""
    ward = paused(opens(GATED).cleared())
    ward.reports(infusion_resumed(MARA, at=ward.begins() + minutes(10)))

    assert "infusion.not_paused" in ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(10), by=EHR))
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.ROUTINE


def test_whoever_may_not_give_the_medicine_does_not_resume_it(opens: Opens) -> None:
    """`medicine.dose.given_by`, as of its start."""
    ward = paused(opens(GATED).cleared())

    told = ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(10), by=THORNE))

    assert told == ["actor.role_not_allowed"]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_without_the_key_a_resumption_is_as_before(opens: Opens) -> None:
    """A course in flight is judged by its own file."""
    ward = paused(opens(DRIP).cleared(), spo2=88)

    assert ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(10))) == []

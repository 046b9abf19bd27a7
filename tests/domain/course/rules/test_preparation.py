"""From eligible to the first medicine session: the plan, the talks, the topics."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Phase
from domain.escalation.messages import Kind
from domain.protocol.medicine import DoseBasis
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    MARA,
    MONDAY,
    OSEI,
    PATIENT,
    THORNE,
    TOPICS,
    abortion,
    booking,
    check_in,
    correction,
    days,
    eligible,
    hours,
    minutes,
    plan,
    preparation,
    weekly,
)
from tests.support.ward import EDGES, Ward


def codes(ward: Ward) -> list[str]:
    return [blocker.code for blocker in ward.course.blockers(ward.now)]


def test_medicine_begins_when_plan_talks_and_topics_are_there(ward: Ward) -> None:
    """Whichever comes last: `preparation.sessions` held, every topic touched, a plan prescribed."""
    ward.eligible()
    first = preparation(MARA, at=ward.now + hours(1), topics=TOPICS[:3])
    second = preparation(MARA, at=ward.now + hours(2), topics=TOPICS[3:])
    told = [codes(ward)]
    for event in (first, second, plan(MARA, at=ward.now + hours(3))):
        ward.reports(event)
        told += [codes(ward)]

    assert told == [
        ["plan.missing", "preparation.sessions_missing", "preparation.topics_missing"],
        ["plan.missing", "preparation.sessions_missing", "preparation.topics_missing"],
        ["plan.missing"],
        [],
    ]
    assert ward.course.phase is Phase.MEDICINE


def test_a_talk_that_the_patient_reports_prepares_nobody(ward: Ward) -> None:
    """Whoever may not report it fulfils nothing by it: it is kept, and somebody is told."""
    ward.planned()
    for day in (1, 2):
        answer = ward.reports(preparation(MARA, at=ward.now + days(day), by=PATIENT, topics=TOPICS))
        assert [one.code for one in answer.deviations] == ["actor.role_not_allowed"]

    assert codes(ward) == ["preparation.sessions_missing", "preparation.topics_missing"]
    assert ward.course.phase is Phase.PREPARATION


def test_two_talks_without_the_safety_plan_are_not_enough(ward: Ward) -> None:
    """A topic that nobody touched is named."""
    ward.planned()
    for hour in (1, 2):
        ward.reports(preparation(MARA, at=ward.now + hours(hour), topics=TOPICS[:3]))

    (missing,) = ward.course.blockers(ward.now)
    assert (missing.code, missing.observed) == ("preparation.topics_missing", "safety_plan")
    assert missing.message == "Safety plan to come"


def test_one_talk_about_everything_is_not_two(ward: Ward) -> None:
    """`preparation.sessions`: the number counts too."""
    ward.planned().reports(preparation(MARA, at=ward.now))
    assert codes(ward) == ["preparation.sessions_missing"]


def test_a_session_may_be_booked_before_the_preparation_is_done_but_nobody_checks_in(ward: Ward) -> None:
    """The visit may be planned; the patient waits until they are prepared."""
    ward.planned().reports(booking(MARA, at=ward.now, starts_at=ward.begins()))
    assert ward.reasons(check_in(MARA, at=ward.begins())) == ["course.wrong_phase"]


def test_a_talk_counts_whenever_it_is_told(ward: Ward) -> None:
    """`during_screening`: told before the decision or after it, dated before it; what counts is when it was held."""
    first, second = (ward.began_at + days(1) + hours(n) for n in (3, 6))
    early, late = ward.screened(), Ward().screened()
    talks = preparation(MARA, at=first, topics=TOPICS[:2]), preparation(MARA, at=second, topics=TOPICS[2:])
    for talk in talks:
        assert early.reports(talk).deviations == ()
    for one in (early, late):
        one.reports(eligible(MARA, at=one.began_at + days(2)))
        one.reports(plan(MARA, at=one.now))
    for talk in talks:
        late.sends(talk)

    assert early.course.phase is late.course.phase is Phase.MEDICINE
    assert len(early.course.preparations) == len(late.course.preparations) == 2


def test_preparation_is_done_in_its_phase(opens: Opens) -> None:
    """Not after medicine has begun, and before the patient is eligible where the protocol lets it count."""
    ward = opens(weekly({"preparation.during_screening": None})).screened()
    assert ward.reasons(preparation(MARA, at=ward.now)) == ["course.wrong_phase"]
    assert ward.reasons(plan(MARA, at=ward.now)) == ["course.wrong_phase"]
    ward.prepared()
    assert ward.reasons(preparation(MARA, at=ward.now + hours(1))) == ["course.wrong_phase"]


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_only_a_prescriber_prescribes(ward: Ward, actor: Actor) -> None:
    """The plan is theirs alone."""
    ward.eligible()
    assert (ward.reasons(plan(MARA, at=ward.now, by=actor)) == []) is (actor is OSEI)


@pytest.mark.parametrize(("sessions", "blocked"), [(None, False), (2, True), (3, False), (8, False), (9, True)])
def test_a_plan_has_as_many_sessions_as_the_protocol_allows(ward: Ward, sessions: int | None, blocked: bool) -> None:
    """`sessions_min` and `sessions_max` are themselves allowed; unsaid, it is the protocol's own number."""
    prescribed = plan(MARA, at=ward.eligible().now, sessions=sessions)
    assert ward.reasons(prescribed) == (["plan.sessions_out_of_bounds"] if blocked else [])
    if sessions is None:
        ward.reports(prescribed)
        assert ward.course.planned_sessions == 6


@pytest.mark.parametrize(("interval", "blocked"), [(None, False), (1, True), (2, False), (21, False), (22, True)])
def test_a_plan_keeps_the_distance_that_the_protocol_allows(ward: Ward, interval: int | None, blocked: bool) -> None:
    """`interval_min` and `interval_max` are themselves allowed."""
    prescribed = plan(MARA, at=ward.eligible().now, interval_days=interval)
    assert ward.reasons(prescribed) == (["plan.interval_out_of_bounds"] if blocked else [])


@pytest.mark.parametrize(("interval", "blocked"), [(1, True), (2, False), (3, False), (4, True)])
def test_a_bound_of_a_day_and_a_half_is_not_rounded_to_one(opens: Opens, interval: int, blocked: bool) -> None:
    """A plan says whole days; one that lies a moment outside `interval_min` or `interval_max` is outside."""
    ward = opens(weekly({"course.interval_min": days(1.5), "course.interval_max": days(3.5)})).eligible()
    refused = ward.reasons(plan(MARA, at=ward.now, interval_days=interval))

    assert refused == (["plan.interval_out_of_bounds"] if blocked else [])
    if blocked:
        (blocker,) = ward.refuses(plan(MARA, at=ward.now, interval_days=interval)).blockers
        length = {1: "1 day", 4: "4 days"}[interval]
        assert blocker.message == f"An interval of {length} was planned; 2 to 3 are allowed"


def test_the_first_plan_names_the_patients_goals_and_a_later_one_need_not(ward: Ward) -> None:
    """`goals_required`."""
    ward.eligible()
    assert ward.reasons(plan(MARA, at=ward.now, goals=())) == ["plan.goals_missing"]
    ward.reports(plan(MARA, at=ward.now))
    assert ward.reasons(plan(MARA, at=ward.now, goals=())) == []


def test_a_protocol_may_leave_the_goals_open(opens: Opens) -> None:
    """`goals_required = false`."""
    ward = opens(weekly({"course.goals_required": False})).eligible()
    assert ward.reasons(plan(MARA, at=ward.now, goals=())) == []


@pytest.mark.parametrize(("mg_per_kg", "reasons"), [(0.1, []), (0.5, []), (0.500001, ["plan.dose_above_first_max"])])
def test_a_first_plan_stays_within_the_first_dose(ward: Ward, mg_per_kg: float, reasons: list[str]) -> None:
    """`medicine.dose.first_max` is itself allowed."""
    assert ward.eligible().reasons(plan(MARA, at=ward.now, mg_per_kg=mg_per_kg)) == reasons


@pytest.mark.parametrize(("mg_per_kg", "reasons"), [(2.0, []), (2.01, ["plan.dose_above_hard_max"])])
def test_a_plan_after_a_dose_stays_within_the_limit_of_any_dose(
    ward: Ward, mg_per_kg: float, reasons: list[str]
) -> None:
    """`medicine.dose.hard_max` is itself allowed; the step is checked at the dose."""
    assert ward.integrated().reasons(plan(MARA, at=ward.now, mg_per_kg=mg_per_kg)) == reasons


def test_a_plan_is_said_in_the_unit_that_the_protocol_counts_in(ward: Ward, opens: Opens) -> None:
    """35 mg is not 35 mg/kg: the wrong unit is refused, never converted."""
    by_mg = opens(weekly({"medicine.dose.basis": DoseBasis.MG, "medicine.dose.first_max": 40}))
    per_kilogram = plan(MARA, at=ward.eligible().now)
    absolute = plan(MARA, at=ward.now, mg=35)

    assert by_mg.eligible().reasons(per_kilogram) == ["plan.dose_in_wrong_unit"]
    assert by_mg.reasons(absolute) == []
    assert ward.reasons(per_kilogram) == []
    assert ward.reasons(absolute) == ["plan.dose_in_wrong_unit"]


def test_the_plan_prescribed_last_is_in_force(ward: Ward) -> None:
    """Prescribed again, it replaces the one before; what was believed before is kept."""
    ward.planned().reports(plan(MARA, at=ward.now + minutes(1), sessions=5))

    assert ward.course.planned_sessions == 5
    assert len(ward.course.plans) == 2


def test_a_plan_sent_late_does_not_replace_a_newer_one(ward: Ward) -> None:
    """Thursday's plan stands when Wednesday's paper is entered on Friday."""
    ward.planned().reports(plan(MARA, at=ward.now + days(1), sessions=5))

    ward.sends(plan(MARA, at=ward.now - hours(20), sessions=8))

    assert ward.course.planned_sessions == 5


@EDGES
def test_a_preparation_is_overdue_two_weeks_after_the_decision(ward: Ward, edge: timedelta) -> None:
    """`preparation.within`: routine, and the course goes on."""
    ward.planned()
    (deadline,) = ward.due(DeadlineKind.PHASE)
    ward.until(MONDAY + days(16) + edge)

    assert deadline.due_at == MONDAY + days(16)
    assert ward.open == ({Kind.PHASE_OVERDUE: Severity.ROUTINE} if edge >= timedelta() else {})
    assert [ward.reasons(preparation(MARA, at=ward.now, by=by)) for by in (THORNE, OSEI)] == [[], []]


# A plan that grows shorter


def test_a_plan_cut_short_after_its_last_session_leads_to_the_follow_up(ward: Ward) -> None:
    """Six sessions were planned; after the third the prescriber ends with three: the course is not forgotten there."""
    ward.planned(6).integrated(3)

    answer = ward.reports(plan(MARA, at=ward.now, sessions=3))

    assert answer.phase is Phase.FOLLOW_UP
    assert "kap.session.booked" not in answer.next


def test_a_plan_cut_short_before_the_last_talk_waits_for_the_talk(ward: Ward) -> None:
    """Integration comes first, then the follow-up."""
    ward.planned(6).discharged(3)
    ward.reports(plan(MARA, at=ward.now, sessions=3))

    ward.integrated(3)

    assert ward.course.phase is Phase.FOLLOW_UP


def test_a_plan_cut_short_lets_a_patient_who_is_here_finish_their_session(ward: Ward) -> None:
    """They have checked in for the fourth: it is given or broken off, and then the follow-up comes."""
    ward.planned(6).checked_in(3)
    ward.reports(plan(MARA, at=ward.now, sessions=3))
    fourth = Ward().planned(6).checked_in(4)
    fourth.reports(plan(MARA, at=fourth.now, sessions=3))

    assert ward.course.phase is Phase.MEDICINE
    assert fourth.course.phase is Phase.MEDICINE
    assert fourth.reports(abortion(MARA, 4, at=fourth.now)).phase is Phase.FOLLOW_UP


@pytest.mark.parametrize(("length", "phase"), [(1, Phase.PREPARATION), (29, Phase.PREPARATION), (30, Phase.MEDICINE)])
def test_a_talk_of_a_minute_prepares_nobody(ward: Ward, length: int, phase: Phase) -> None:
    """`preparation.least_minutes`: half an hour; a shorter talk is a deviation, kept and counted for nothing."""
    ward.planned().reports(preparation(MARA, at=ward.now))
    told = ward.reports(preparation(MARA, at=ward.now + hours(1), minutes=length))

    assert ward.course.phase is phase
    assert [one.code for one in told.deviations] == ([] if phase is Phase.MEDICINE else ["preparation.too_short"])


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_a_talk_is_held_by_whoever_the_protocol_names(ward: Ward, opens: Opens, actor: Actor) -> None:
    """`preparation.roles`: a therapist, or a prescriber; that of anybody else is kept and counts for nothing."""
    told = ward.planned().reports(preparation(MARA, at=ward.now, by=actor))
    ward.reports(preparation(MARA, at=ward.now + days(1)))
    may = actor in {OSEI, THORNE}

    assert [one.code for one in told.deviations] == ([] if may else ["actor.role_not_allowed"])
    assert ward.course.phase is (Phase.MEDICINE if may else Phase.PREPARATION)
    assert ward.open.get(Kind.PROTOCOL_DEVIATION) == (None if may else Severity.ROUTINE)

    careless = opens(weekly({"preparation.roles": None})).planned()
    assert (careless.reasons(preparation(MARA, at=careless.now, by=actor)) == []) is (actor is not PATIENT)


@pytest.mark.parametrize(
    ("later", "length", "is_one"),
    [
        (0, 60, True),
        (59, 60, True),
        (60, 60, False),
        (61, 60, False),
        (61, 180, True),
        (-30, 30, True),
        (-60, 60, False),
    ],
)
def test_a_talk_that_is_told_twice_is_one(ward: Ward, later: int, length: int, is_one: bool) -> None:
    """`preparation.roles`: two that went on at the same time are one talk; `time` is when it was over."""
    ward.planned().passes(days(1))
    ward.sends(preparation(MARA, at=ward.now - hours(4)))
    told = ward.sends(preparation(MARA, at=ward.now - hours(4) + minutes(later), minutes=length).but(id="again"))

    assert [one.code for one in told.deviations] == (["preparation.possible_duplicate"] if is_one else [])
    assert len(ward.course.preparations) == (1 if is_one else 2)


def test_a_talk_that_was_taken_back_makes_room_for_the_one_beside_it(ward: Ward) -> None:
    """The first of the two was another patient's: the second counts."""
    first = preparation(MARA, at=ward.planned().now)
    ward.reports(first)
    ward.reports(preparation(MARA, at=ward.now + minutes(5)))
    assert len(ward.course.preparations) == 1

    ward.reports(correction(first, at=ward.now + minutes(10), retracted=True))
    assert [one.at for one in ward.course.preparations] == [first.time + minutes(5)]


def test_without_roles_talks_are_not_held_against_the_clock(opens: Opens) -> None:
    """A running course keeps the rules that it began under."""
    ward = opens(weekly({"preparation.roles": None})).planned()
    for number in (1, 2):
        ward.reports(preparation(MARA, at=ward.now).but(id=f"talk {number}"))

    assert ward.course.phase is Phase.MEDICINE

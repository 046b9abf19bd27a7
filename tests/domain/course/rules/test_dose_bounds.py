"""How much a dose may be: the protocol's bounds, the step from the last one, and the plan (CLINICAL.md 3.5)."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil

import pytest

from domain.course.rules.dose_bounds import events_of, last_weight
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import PatientCheckedIn
from domain.events.fields import StaffMember
from domain.protocol.medicine import AgeBound, DoseBasis
from domain.protocol.schedule import SchedulePart
from domain.values import Actor, Role, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    LIND,
    MARA,
    OSEI,
    SPRAY,
    STAFF,
    WARD,
    adverse_event,
    assessment,
    booking,
    check_in,
    clearance,
    correction,
    cssrs,
    days,
    discharge,
    dose,
    minutes,
    over,
    plan,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

NOT_COMPARED: Mapping[str, object] = {"medicine.compared": None}
"""Where a weight may be anything, whatever it was last time, and a dose, whatever the plan says."""


def weighing(ward: Ward, weight_kg: float, session: int = 1) -> Ward:
    """Cleared, at this weight today."""
    ward.booked(session)
    begins = ward.begins(session)
    ward.reports(cssrs(MARA, at=begins - minutes(30)))
    ward.reports(check_in(MARA, session, at=begins - minutes(20), weight_kg=weight_kg))
    return ward.cleared(session)


BY_AGE: Mapping[str, object] = {
    **SPRAY,
    "medicine.dose.by_age": (AgeBound(age_min=65, first_max=28), AgeBound(age_min=80, first_max=14)),
}
"""A spray of which whoever is 65 begins with one, and whoever is 80 with less."""


def test_a_spray_has_no_other_amounts(opens: Opens) -> None:
    """`amounts`: 50 mg is a slip of the pen; it is taken and told, and is no emergency."""
    ward = opens(weekly(SPRAY)).eligible()
    (refused,) = ward.refuses(plan(MARA, at=ward.now, mg=50)).blockers
    assert (refused.code, refused.limit) == ("plan.dose_not_an_amount", "28, 56, 84 mg")
    ward.reports(plan(MARA, at=ward.now, mg=56))
    ward.cleared()
    assert [ward.reasons(dose(MARA, at=ward.now, mg=mg)) for mg in (28, 56)] == [[], []]
    assert ward.reasons(dose(MARA, at=ward.now, mg=28.5)) == ["dose.not_an_amount"]

    answer = ward.reports(dose(MARA, at=ward.now, mg=50))

    assert [(one.code, one.absolute) for one in answer.deviations] == [("dose.not_an_amount", False)]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT


@pytest.mark.parametrize(
    ("age", "first", "above"), [(64, 56, 84), (65, 28, 56), (79, 28, 56)], ids=["younger", "at it", "until the next"]
)
def test_a_first_dose_may_be_bound_by_age(opens: Opens, age: int, first: int, above: int) -> None:
    """`by_age`: `age_min` and `first_max`, of the plan and the dose; a second dose rises by the usual step."""
    ward = opens(weekly({**BY_AGE, **NOT_COMPARED})).screened()
    ward.reports(screening(MARA, at=ward.now, age_years=age))
    ward.eligible()
    assert ward.reasons(plan(MARA, at=ward.now, mg=above)) == ["plan.dose_above_first_max"]
    ward.reports(plan(MARA, at=ward.now, mg=first))
    ward.cleared()
    assert ward.reasons(dose(MARA, at=ward.now, mg=above)) == ["dose.above_first_max"]
    ward.reports(dose(MARA, at=ward.now, mg=first))

    ward.cleared(2)

    assert ward.reasons(dose(MARA, 2, at=ward.now, mg=first + 28)) == []


def test_of_an_age_that_nobody_knows_the_lowest_bound_counts(opens: Opens) -> None:
    """The screening was another patient's, and is taken back before the dose."""
    ward = opens(weekly(BY_AGE)).eligible()
    ward.reports(plan(MARA, at=ward.now, mg=28))
    ward.cleared()
    seen = next(event for event, _ in ward.answers if event.type == "kap.screening.recorded")
    ward.reports(correction(seen, at=ward.now, retracted=True))

    assert "dose.above_first_max" in ward.reasons(dose(MARA, at=ward.now, mg=28))
    assert "dose.above_first_max" not in ward.reasons(dose(MARA, at=ward.now, mg=14))


@pytest.mark.parametrize(
    ("weight_kg", "mg", "codes"),
    [
        (70, 35, []),
        (70, 17.5, []),
        (70, 35.001, ["dose.above_first_max"]),
        (70, 35.0000001, []),
        (66.6, 33.3, []),
        (66.7, 33.35, []),
        (49.3, 24.65, []),
        (61.7, 30.85, []),
        (66.6, 33.31, ["dose.above_first_max"]),
        (70, 70, ["dose.above_first_max"]),
        (70, 70.1, ["dose.needs_two_prescribers", "dose.above_first_max"]),
        (70, 140, ["dose.needs_two_prescribers", "dose.above_first_max"]),
        (70, 140.1, ["dose.above_hard_max", "dose.needs_two_prescribers", "dose.above_first_max"]),
    ],
)
def test_a_first_dose_stays_within_its_bounds_at_todays_weight(
    opens: Opens, weight_kg: float, mg: float, codes: list[str]
) -> None:
    """`first_max`, `max`, `hard_max` in mg/kg are themselves allowed, also where a division is not exact."""
    ward = opens(weekly(NOT_COMPARED))
    assert weighing(ward, weight_kg).reasons(dose(MARA, at=ward.begins(), mg=mg)) == codes


@pytest.mark.parametrize(("mg", "codes"), [(35, []), (52.5, []), (52.51, ["dose.step_too_large"]), (20, [])])
def test_a_dose_rises_by_one_step_a_session(ward: Ward, mg: float, codes: list[str]) -> None:
    """`step_max`: 0.25 mg/kg over what was given last; lower is always allowed."""
    assert ward.cleared(2).reasons(dose(MARA, 2, at=ward.begins(2), mg=mg)) == codes


def test_a_step_is_counted_in_milligrams_per_kilogram_of_each_days_weight(opens: Opens) -> None:
    """35 mg at 70 kg was 0.5; at 60 kg today 0.75 is 45 mg."""
    ward = opens(weekly(NOT_COMPARED)).dosed()
    weighing(ward, 60, session=2)

    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=45)) == []
    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=45.1)) == ["dose.step_too_large"]


def test_a_dose_of_whom_nobody_weighed_today_is_held_against_their_last_weight(opens: Opens) -> None:
    """That of the screening, 70 kg; without any there is nothing to hold it against."""
    ward = opens(weekly(NOT_COMPARED)).booked()
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20), weight_kg=None))

    assert "dose.above_first_max" not in ward.reasons(dose(MARA, at=ward.now, mg=35))
    assert "dose.above_first_max" in ward.reasons(dose(MARA, at=ward.now, mg=35.1))


@pytest.mark.parametrize("by", [LIND, OSEI], ids=["of a nurse", "of a prescriber"])
def test_what_the_plan_says_is_told_to_six_places(opens: Opens, by: Actor) -> None:
    """A third of a milligram per kilogram, for 77 kg."""
    ward = opens(weekly({"medicine.compared.weight_within_percent": None, "medicine.dose.first_max": 1.0})).eligible()
    ward.reports(plan(MARA, at=ward.now, mg_per_kg=0.3333333))
    weighing(ward, 77)

    (told,) = ward.course.blockers_for(dose(MARA, at=ward.begins(), mg=40, by=by))
    assert (told.code, told.limit) == (f"dose.{'above_plan' if by is LIND else 'far_above_plan'}", 25.666664)


def test_the_highest_next_step_is_told_to_six_places(opens: Opens) -> None:
    """0.5 mg/kg last time, and a step of seven places."""
    ward = opens(weekly({"medicine.dose.step_max": 0.1234567, **NOT_COMPARED})).cleared(2)

    told = ward.course.blockers_for(dose(MARA, 2, at=ward.begins(2), mg=45))
    assert [(one.code, one.limit) for one in told] == [("dose.step_too_large", 0.623457)]


@pytest.mark.parametrize(
    ("weight_kg", "mg", "codes"),
    [(60, 35, []), (80, 40, []), (80, 40.1, ["dose.step_after_event"])],
    ids=["as much for one who weighs less", "as much for each kilogram of more", "more of both"],
)
def test_after_an_urgent_event_a_dose_is_no_rise_for_a_change_of_weight(
    opens: Opens, weight_kg: float, mg: float, codes: list[str]
) -> None:
    """35 mg for 70 kg were given in the session that had the event."""
    ward = opens(weekly(NOT_COMPARED)).dosed()
    ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    weighing(ward, weight_kg, session=2)

    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=mg)) == codes


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"severity": Severity.EMERGENCY}, True),
        ({"severity": Severity.ROUTINE}, False),
        ({"kind": Kind.VITALS_OVERDUE}, False),
        ({"session": 2}, False),
        ({"session": None}, True),
        ({"rests_on_corrected": True}, False),
    ],
    ids=["urgent", "an emergency", "routine", "of another kind", "of another session", "of none", "a slip"],
)
def test_an_urgent_event_of_the_session_keeps_the_next_dose_from_rising(
    ward: Ward, changes: Mapping[str, object], counts: bool
) -> None:
    """And what rests on a corrected slip alone did not happen."""
    ward.dosed().reports(adverse_event(MARA, 1, at=ward.now + minutes(1), grade=3))
    (event,) = ward.course.escalations
    course = ward.course.but(escalations=(event.but(**changes),))

    assert len(events_of(course, ward.session())) == counts


@EDGES
def test_an_event_of_no_session_counts_from_the_dose_on(ward: Ward, edge: timedelta) -> None:
    """Whoever reports one at home may name none."""
    ward.dosed().reports(adverse_event(MARA, 1, at=ward.now + minutes(1), grade=3))
    (event,) = ward.course.escalations
    course = ward.course.but(escalations=(event.but(session=None, opened_at=ward.begins() + edge),))

    assert len(events_of(course, ward.session())) == (edge >= timedelta())


def test_the_last_weight_is_that_of_the_newest_check_in_with_one(opens: Opens) -> None:
    """Up to a session; before the first it is that of the screening."""
    ward = opens(weekly(NOT_COMPARED))
    weighing(ward, 71)
    ward.integrated().booked(2).reports(check_in(MARA, 2, at=ward.begins(2), weight_kg=72))
    assert [last_weight(ward.course, until) for until in (None, 2, 1, 0)] == [72, 72, 71, 70]

    unweighed = ward.course.sessions[1].but(check_in=None)
    assert last_weight(ward.course.but(sessions=(ward.course.sessions[0], unweighed))) == 71


def test_above_the_maximum_two_prescribers_stand_for_it(opens: Opens) -> None:
    """`max`: the reporter and a witness, whom the course has met as a prescriber: a name alone is nobody."""
    ward = opens(weekly({"medicine.dose.first_max": 2.0, **NOT_COMPARED})).cleared()

    def with_witness(actor: Actor, witness: Actor | None) -> list[str]:
        return ward.reasons(dose(MARA, at=ward.begins(), mg=80, by=actor, witness=witness))

    refused = ["dose.needs_two_prescribers"]
    assert with_witness(OSEI, WARD) == refused
    assert with_witness(OSEI, Actor(id="asdf", role=Role.PRESCRIBER)) == refused
    assert with_witness(WARD, OSEI) == []
    assert with_witness(OSEI, None) == refused
    assert with_witness(OSEI, OSEI) == refused
    assert with_witness(OSEI, LIND) == refused
    assert with_witness(OSEI, DESK) == refused  # they have referred the patient, and are booked for nothing
    assert set(with_witness(LIND, WARD)) == {"dose.needs_two_prescribers", "dose.above_plan"}

    ward.reports(clearance(MARA, at=ward.now, by=WARD))
    assert with_witness(OSEI, WARD) == []
    assert set(with_witness(LIND, WARD)) == {"dose.needs_two_prescribers", "dose.above_plan"}


def test_a_second_prescriber_may_be_named_by_the_clinic(opens: Opens) -> None:
    """`medicine.dose.second_prescribers`: whom no course need have met; left out, whoever it met in no other role."""
    bounds: Mapping[str, object] = {"medicine.dose.first_max": 2.0, **NOT_COMPARED}
    named = opens(weekly({**bounds, "medicine.dose.second_prescribers": (WARD.id,)})).cleared()
    left_out = opens(weekly({**bounds, "medicine.dose.second_prescribers": None})).cleared()
    stranger = Actor(id="asdf", role=Role.PRESCRIBER)

    def told(ward: Ward, witness: Actor) -> list[str]:
        return ward.reasons(dose(MARA, at=ward.begins(), mg=80, witness=witness))

    assert [told(named, one) for one in (WARD, stranger)] == [[], ["dose.needs_two_prescribers"]]
    assert [told(left_out, one) for one in (WARD, stranger, LIND)] == [[], [], ["dose.needs_two_prescribers"]]


@pytest.mark.parametrize("role", [Role.PRESCRIBER, Role.MONITOR])
def test_whoever_is_booked_as_a_prescriber_is_one(opens: Opens, role: Role) -> None:
    """A second one who has done nothing yet; and one person in two roles is still a prescriber."""
    rules: Mapping[str, object] = {
        **NOT_COMPARED,
        "medicine.dose.first_max": 2.0,
        "medicine.staff_several": (Role.PRESCRIBER, Role.MONITOR),
        "medicine.one_person_two_roles": True,
    }
    ward = opens(weekly(rules)).prepared()
    staff = (*STAFF, StaffMember(id=WARD.id, role=role), StaffMember(id=OSEI.id, role=Role.MONITOR))
    ward.reports(booking(MARA, at=ward.now, starts_at=ward.begins(), staff=staff))
    ward.cleared()

    given = dose(MARA, at=ward.begins(), mg=80, witness=WARD)
    assert ward.reasons(given) == ([] if role is Role.PRESCRIBER else ["dose.needs_two_prescribers"])
    assert ward.reasons(dose(MARA, at=ward.begins(), mg=80, witness=OSEI)) == ["dose.needs_two_prescribers"]
    assert ward.reasons(dose(MARA, at=ward.begins(), mg=80, by=WARD, witness=OSEI)) == []


@pytest.mark.parametrize(("mg", "codes"), [(35, []), (35.1, ["dose.above_plan"])])
def test_above_the_plan_only_a_prescriber_reports(opens: Opens, mg: float, codes: list[str]) -> None:
    """CONTRACT 5: they may raise it; a nurse gives what was planned, or less."""
    ward = opens(weekly({"medicine.dose.first_max": 1.0})).cleared()

    assert ward.reasons(dose(MARA, at=ward.begins(), mg=mg, by=LIND)) == codes
    assert ward.reasons(dose(MARA, at=ward.begins(), mg=mg, by=OSEI)) == []


def test_a_protocol_may_count_in_milligrams(opens: Opens) -> None:
    """`basis = "mg"`: the same bounds whatever the patient weighs."""
    bounds = {"basis": DoseBasis.MG, "first_max": 100.0, "max": 200.0, "hard_max": 300.0, "step_max": 50.0}
    ward = opens(
        weekly({**NOT_COMPARED, **{f"medicine.dose.{name}": value for name, value in bounds.items()}})
    ).eligible()
    ward.reports(plan(MARA, at=ward.now, mg=100))
    weighing(ward, 45)

    assert ward.reasons(dose(MARA, at=ward.begins(), mg=100)) == []
    assert ward.reasons(dose(MARA, at=ward.begins(), mg=101)) == ["dose.above_first_max"]
    ward.reports(dose(MARA, at=ward.begins(), mg=100))
    ward.cleared(2)
    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=150)) == []
    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=151)) == ["dose.step_too_large"]


def unweighed(ward: Ward) -> Ward:
    """Session 1 without a check-in: 35 mg of somebody who weighed 70 kg at the screening."""
    ward.booked().reports(dose(MARA, at=ward.begins(), mg=35))
    ward.hears(Kind.PROTOCOL_DEVIATION, Change.RESOLVED)
    return ward


def goes_on(ward: Ward, weight_kg: float = 70) -> Ward:
    """They went home, and are cleared a week later at this weight."""
    for distance in (0, 15, 30, 45, 60, 90, 120):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(distance)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))
    codes = {one.code for one in ward.course.blockers(ward.begins() + minutes(130))}
    ward.reports(discharge(MARA, at=ward.begins() + minutes(130), by=OSEI, overrides=over(*codes)))
    return weighing(ward.integrated(), weight_kg, session=2)


def test_the_step_is_held_against_the_last_weight_known_where_nobody_was_weighed(ward: Ward) -> None:
    """70 mg a week after 35: twice the dose is too large a step, whoever forgot the scales."""
    goes_on(unweighed(ward))

    assert "dose.step_too_large" in ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=70))
    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=35)) == []


def test_a_dose_of_whom_nobody_weighed_counts_at_their_weight_of_before_it(opens: Opens) -> None:
    """35 mg were 0.5 mg/kg of the 70 kg of the screening, whatever they weigh a week later: 45 mg are 0.75 of 60 kg."""
    ward = goes_on(unweighed(opens(weekly(NOT_COMPARED))), weight_kg=60)

    assert "dose.step_too_large" not in ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=45))
    assert "dose.step_too_large" in ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=45.1))


def test_what_two_prescribers_stood_for_they_stand_for_whatever_is_learned_of_it(opens: Opens) -> None:
    """80 mg were above the limit of one; told afterwards, a lower weight makes more of it, and asks for no third."""
    rules = {"medicine.dose.first_max": 2.0, "medicine.dose.second_prescribers": (WARD.id,)}
    ward = opens(weekly({**NOT_COMPARED, **rules})).booked()
    ward.reports(dose(MARA, at=ward.begins(), mg=80, witness=WARD))
    answer = ward.sends(check_in(MARA, at=ward.begins() - minutes(20), weight_kg=60))

    assert "dose.needs_two_prescribers" not in [one.code for one in answer.deviations]


def test_a_check_in_that_arrives_after_the_dose_tells_what_they_weighed(ward: Ward) -> None:
    """It is of the wrong stage, and kept: 35 mg were 0.875 mg/kg of 40 kg, above the first dose's bound."""
    unweighed(ward)
    answer = ward.sends(check_in(MARA, at=ward.begins() - minutes(20), weight_kg=40))

    assert "session.wrong_stage" in [one.code for one in answer.deviations]
    assert "dose.above_first_max" in [one.code for one in answer.deviations]
    assert ward.stage() is Stage.DOSED
    assert ward.session().check_in is not None


@pytest.mark.parametrize("number", [1, None])
def test_a_check_in_that_is_dated_after_the_dose_is_kept_too(ward: Ward, number: int | None) -> None:
    """There is no other of this visit."""
    unweighed(ward).reports(check_in(MARA, number, at=ward.begins() + minutes(3), weight_kg=68))

    assert ward.session().check_in is not None
    assert ward.session().doses[0].at == ward.begins()
    assert ward.stage() is Stage.DOSED


@pytest.mark.parametrize("before", [minutes(20), minutes(1), minutes(0)], ids=["early", "later", "with the dose"])
def test_a_check_in_told_after_the_dose_takes_no_weight_away(opens: Opens, before: timedelta) -> None:
    """They were weighed when they came: whoever tells of their coming again leaves it out, and a booster goes by it."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1, "medicine.dose.first_max": 1.0})).dosed()
    ward.reports(vitals(MARA, at=ward.now))
    answer = ward.sends(check_in(MARA, at=ward.session().doses[0].at - before, weight_kg=None))
    ward.hears(Kind.PROTOCOL_DEVIATION, Change.RESOLVED)

    assert [one.code for one in answer.deviations] == ["session.wrong_stage"]
    booster = dose(MARA, at=ward.now + TICK, mg=1)
    assert "kap.dose.administered" in ward.course.next_acts(booster.time)
    assert ward.reasons(booster) == []


def test_no_booster_is_offered_whoever_was_not_weighed_today_after_all(opens: Opens) -> None:
    """The check-in is corrected: the scales were somebody else's."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1, "medicine.dose.first_max": 1.0})).dosed()
    ward.reports(vitals(MARA, at=ward.now))
    arrived = next(event for event, _ in ward.answers if isinstance(event, PatientCheckedIn))
    ward.sends(correction(arrived, at=ward.now, weight_kg=None))
    for kind in (Kind.PROTOCOL_DEVIATION, Kind.CORRECTION_REVIEW):
        ward.hears(kind, Change.RESOLVED)

    booster = dose(MARA, at=ward.now + TICK, mg=1)
    assert "weight.missing" in ward.reasons(booster)
    assert "kap.dose.administered" not in ward.course.next_acts(booster.time)


ROUNDED = {"medicine.dose.rounding_percent": 4.0}


@pytest.mark.parametrize(
    ("mg", "is_rounding"), [(35.0000001, True), (35.2, True), (36, True), (36.4, True), (36.5, False)]
)
def test_a_dose_is_rounded_to_what_a_syringe_shows(opens: Opens, mg: float, *, is_rounding: bool) -> None:
    """35 mg are planned, the most of a first dose: so many percent more are no more than the plan says."""
    ward = opens(weekly(ROUNDED)).cleared()

    told = ward.hears_against(dose(MARA, at=ward.begins(), mg=mg, by=LIND))

    assert told == ([] if is_rounding else ["dose.above_first_max", "dose.above_plan"])
    assert (ward.pages == []) is is_rounding


def test_what_is_given_after_the_limit_was_reached_is_no_rounding(opens: Opens) -> None:
    """35 mg are the most of a first dose; one on top of 34.5 is its rounding, a tenth of one on top of 35 not."""
    rounded = weekly({**ROUNDED, "medicine.compared": None})
    later = minutes(40)
    reaching, reached = opens(rounded).cleared(), opens(rounded).cleared()
    for ward, first in ((reaching, 34.5), (reached, 35)):
        ward.reports(dose(MARA, at=ward.begins(), mg=first, by=LIND))
        ward.reports(vitals(MARA, at=ward.begins() + later - minutes(5)))

    rounding = reaching.hears_against(dose(MARA, at=reaching.begins() + later, mg=1, by=LIND))
    more = reached.hears_against(dose(MARA, at=reached.begins() + later, mg=0.1, by=LIND))

    assert "dose.above_first_max" not in rounding
    assert "dose.above_first_max" in more


def test_a_rounded_dose_of_every_weight_calls_nobody(opens: Opens) -> None:
    """The nurse gives whole milligrams, up to the next mark, of half a milligram a kilogram."""
    for weight in range(50, 110, 3):
        ward = opens(weekly({**ROUNDED, "medicine.compared": None})).booked()
        ward.reports(cssrs(MARA, at=ward.begins() - minutes(30)))
        ward.reports(check_in(MARA, at=ward.begins() - minutes(20), weight_kg=weight + 0.3))
        ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
        ward.reports(clearance(MARA, at=ward.begins() - minutes(5)))

        assert ward.hears_against(dose(MARA, at=ward.begins(), mg=ceil((weight + 0.3) / 2), by=LIND)) == []


@pytest.mark.parametrize("bound", ["max", "hard_max"])
def test_nothing_is_rounded_above_the_limits_of_any_dose(opens: Opens, bound: str) -> None:
    """There the dose is rounded down."""
    ward = opens(
        weekly(
            {**ROUNDED, "medicine.dose.max": 0.5, **({"medicine.dose.hard_max": 0.5} if bound == "hard_max" else {})}
        )
    ).cleared()

    told = ward.hears_against(dose(MARA, at=ward.begins(), mg=36, by=LIND))

    assert told == (["dose.above_hard_max"] if bound == "hard_max" else []) + ["dose.needs_two_prescribers"]


def test_no_further_dose_is_offered_for_the_sake_of_rounding(opens: Opens) -> None:
    """The whole dose has been given."""
    ward = opens(weekly({**ROUNDED, "medicine.dose.boosters_max": 1})).dosed()
    ward.reports(vitals(MARA, at=ward.begins()))

    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


IN_A_PART: Mapping[str, object] = {
    **ROUNDED,
    **NOT_COMPARED,
    "medicine.dose.first_max": 1.0,
    "medicine.dose.boosters_max": 1,
    "course.schedule": (
        SchedulePart(
            part="first_week",
            sessions=2,
            interval=days(7),
            interval_min=days(2),
            interval_max=days(21),
            dose_max=0.5,
        ),
    ),
}
"""35 mg are the most of the whole course, of its two sessions in one part."""


@pytest.mark.parametrize(("mg", "codes"), [(35, []), (36.4, []), (36.5, ["dose.above_part_max"])])
def test_the_limit_of_a_part_is_rounded_as_that_of_a_first_dose(opens: Opens, mg: float, codes: list[str]) -> None:
    """And is named as the clinic names the part."""
    ward = opens(weekly(IN_A_PART)).cleared()

    told = ward.course.blockers_for(dose(MARA, at=ward.begins(), mg=mg))

    assert [one.code for one in told] == codes
    assert all("above the limit of first week," in one.message for one in told)


def test_where_the_limit_of_a_part_was_reached_no_further_dose_is_offered(opens: Opens) -> None:
    """It is not rounded for that; of less there is some left."""
    given_all, given_less = (opens(weekly(IN_A_PART)).cleared() for _ in range(2))
    for ward, mg in ((given_all, 35), (given_less, 34)):
        ward.reports(dose(MARA, at=ward.begins(), mg=mg))
        ward.reports(vitals(MARA, at=ward.begins()))

    assert "kap.dose.administered" not in given_all.course.next_acts(given_all.now)
    assert "kap.dose.administered" in given_less.course.next_acts(given_less.now)


@pytest.mark.parametrize(("mg", "codes"), [(54.6, []), (54.7, ["dose.step_too_large"])])
def test_a_step_is_rounded_as_a_first_dose(opens: Opens, mg: float, codes: list[str]) -> None:
    """35 mg were given, and 17.5 more are a step: so many percent of both are no larger one."""
    ward = opens(weekly({**ROUNDED, **NOT_COMPARED})).cleared(2)

    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=mg)) == codes


@pytest.mark.parametrize(("mg", "codes"), [(36.4, []), (36.5, ["dose.step_after_event"])])
def test_after_an_urgent_event_a_rounded_dose_is_no_rise(opens: Opens, mg: float, codes: list[str]) -> None:
    """35 mg were given in the session that had the event."""
    ward = opens(weekly({**ROUNDED, **NOT_COMPARED})).dosed()
    ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    weighing(ward, 70, session=2)

    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=mg)) == codes


@pytest.mark.parametrize(
    ("weight_kg", "mg", "codes"),
    [
        (60, 36.4, []),
        (60, 36.5, ["dose.step_after_event"]),
        (80, 41.6, []),
        (80, 41.7, ["dose.step_after_event"]),
    ],
)
def test_after_an_urgent_event_a_dose_rounded_for_another_weight_is_no_rise(
    opens: Opens, weight_kg: float, mg: float, codes: list[str]
) -> None:
    """35 mg for 70 kg: whoever weighs less may have 4 % more of the milligrams, whoever weighs more of the mg/kg."""
    ward = opens(weekly({**ROUNDED, **NOT_COMPARED})).dosed()
    ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    weighing(ward, weight_kg, session=2)

    assert ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=mg)) == codes


@pytest.mark.parametrize(("mg", "is_offered"), [(35, False), (34.9, True)])
def test_after_an_urgent_event_no_further_dose_is_offered_once_as_much_was_given(
    opens: Opens, mg: float, *, is_offered: bool
) -> None:
    """35 mg were given in the session that had the event; what would be rounding is none on top of them."""
    ward = opens(weekly({**ROUNDED, **NOT_COMPARED, "medicine.dose.boosters_max": 1})).dosed()
    ward.reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    weighing(ward, 70, session=2).reports(dose(MARA, 2, at=ward.begins(2), mg=mg))
    ward.reports(vitals(MARA, 2, at=ward.begins(2)))

    assert ("kap.dose.administered" in ward.course.next_acts(ward.now)) is is_offered


WHOLE = {"medicine.dose.whole_from_percent": 80.0, "medicine.dose.step_max": 0.15}


def after_doses(ward: Ward, *given: float, event: bool = False) -> Ward:
    """Sessions with these doses behind them, and cleared for the next; with an `event`, urgent, in the last."""
    for number, mg in enumerate(given, 1):
        ward.cleared(number).reports(dose(MARA, number, at=ward.begins(number), mg=mg, by=LIND))
        if event and number == len(given):
            ward.reports(adverse_event(MARA, number, at=ward.now, grade=3))
        for kind in list(ward.open):
            ward.hears(kind, Change.RESOLVED)
        ward.integrated(number)
        ward.reports(plan(MARA, at=ward.now, sessions=6))
    return ward.cleared(len(given) + 1)


@pytest.mark.parametrize(
    ("given", "mg", "is_step"),
    [
        ((11,), 35, False),
        ((11,), 36, True),
        ((35, 35, 6), 35, False),
        ((35, 35, 6), 36, True),
        ((35, 6, 6), 35, False),
        ((28,), 35, False),
        ((28,), 38.6, True),
    ],
)
def test_after_a_dose_that_was_cut_short_the_plans_is_no_step(
    opens: Opens, given: tuple[float, ...], mg: float, *, is_step: bool
) -> None:
    """The needle came out at 11 of 35 mg: the next one is what was planned, and no more. 28 mg were a whole one."""
    ward = after_doses(opens(weekly(WHOLE)), *given)

    told = ward.reasons(dose(MARA, len(given) + 1, at=ward.begins(len(given) + 1), mg=mg))

    assert ("dose.step_too_large" in told) is is_step


@pytest.mark.parametrize(("given", "is_whole"), [(27.9, False), (28, True)])
def test_a_dose_of_so_many_percent_of_the_plans_was_a_whole_one(opens: Opens, given: float, *, is_whole: bool) -> None:
    """`whole_from_percent`: 28 are eighty of 35 mg, and a step from them; after less the plan's dose is none."""
    ward = after_doses(opens(weekly({**WHOLE, "medicine.dose.step_max": 0.05})), given)

    assert ("dose.step_too_large" in ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=35))) is is_whole


def test_after_an_event_a_dose_that_was_cut_short_is_all_that_is_known(opens: Opens) -> None:
    """It was stopped for a pressure: what was not given was not tolerated."""
    ward = after_doses(opens(weekly(WHOLE)), 35, 11, event=True)

    assert "dose.step_too_large" in ward.reasons(dose(MARA, 3, at=ward.begins(3), mg=35))


def test_without_the_key_a_step_is_counted_from_whatever_was_given(opens: Opens) -> None:
    """A course in flight is judged by its own file."""
    ward = after_doses(opens(weekly({**WHOLE, "medicine.dose.whole_from_percent": None})), 11)

    assert "dose.step_too_large" in ward.reasons(dose(MARA, 2, at=ward.begins(2), mg=35))

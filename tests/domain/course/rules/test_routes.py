"""Two routes in one session: a lozenge, and then an injection, each within bounds of its own."""

from typing import Final

import pytest

from domain.protocol.medicine import DoseBasis, RouteRules
from domain.protocol.values import Route
from tests.domain.conftest import Opens
from tests.support.cast import EHR, LIND, MARA, assessment, changed, discharge, dose, minutes, plan, vitals, weekly
from tests.support.ward import Ward

INJECTION: Final = RouteRules(
    route=Route.INTRAMUSCULAR,
    basis=DoseBasis.MG_PER_KG,
    first_max=0.75,
    max=1.0,
    hard_max=1.5,
    step_max=0.25,
    boosters_max=0,
)
LOZENGE: Final = weekly(
    {
        "route": Route.SUBLINGUAL,
        "medicine.dose.basis": DoseBasis.MG,
        "medicine.dose.first_max": 200.0,
        "medicine.dose.max": 300.0,
        "medicine.dose.hard_max": 400.0,
        "medicine.dose.step_max": 100.0,
        "medicine.routes": (INJECTION,),
    }
)
GIVEN: Final = "kap.dose.administered"


def with_a_lozenge(ward: Ward) -> Ward:
    """They weigh 70 kg, have had 200 mg under the tongue, and are measured after a quarter of an hour."""
    ward.eligible().reports(plan(MARA, at=ward.now, mg=200))
    ward.cleared().reports(dose(MARA, at=ward.now, mg=200, route=Route.SUBLINGUAL))
    return ward.watched(until=minutes(15))


def injects(ward: Ward, mg: float, session: int = 1) -> list[str]:
    return ward.reasons(dose(MARA, session, at=ward.now, mg=mg, route=Route.INTRAMUSCULAR))


def test_an_injection_may_follow_a_lozenge(opens: Opens) -> None:
    """Story 103: 50 mg after 200 mg by another route are no booster and not 250 mg; after them no more is offered."""
    ward = with_a_lozenge(opens(LOZENGE))
    assert GIVEN in ward.course.next_acts(ward.now)

    answer = ward.reports(dose(MARA, at=ward.now + minutes(1), mg=50, route=Route.INTRAMUSCULAR))

    assert answer.deviations == ()
    ward.watched(until=minutes(15))
    assert GIVEN not in ward.course.next_acts(ward.now)
    for route in (Route.INTRAMUSCULAR, Route.SUBLINGUAL):
        assert "dose.booster_not_allowed" in ward.reasons(dose(MARA, at=ward.now, mg=1, route=route))


@pytest.mark.parametrize(
    ("mg", "reasons"),
    [
        (52.5, []),
        (52.6, ["dose.above_first_max"]),
        (70.1, ["dose.needs_two_prescribers", "dose.above_first_max"]),
        (105.1, ["dose.above_hard_max", "dose.needs_two_prescribers", "dose.above_first_max"]),
    ],
)
def test_each_route_has_its_own_bounds(opens: Opens, mg: float, reasons: list[str]) -> None:
    """`routes`: `first_max`, `max` and `hard_max`, in a `basis` of its own; a plan speaks of the protocol's route."""
    assert injects(with_a_lozenge(opens(LOZENGE)), mg) == reasons


def test_what_comes_by_another_route_waits_for_a_normal_reading(opens: Opens) -> None:
    """As a booster does: a lozenge that raised the pressure is followed by nothing."""
    ward = with_a_lozenge(opens(LOZENGE))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), systolic=165))
    assert injects(ward, 50) == ["vitals.not_normal"]


def test_a_route_in_no_list_is_a_deviation(opens: Opens) -> None:
    """The protocol's `route` and its `routes` alone."""
    ward = with_a_lozenge(opens(LOZENGE))
    answer = ward.reports(dose(MARA, at=ward.now, mg=50, route=Route.INTRANASAL))
    told = {one.code: one.limit for one in answer.deviations}
    assert told["dose.route_not_allowed"] == "sublingual or intramuscular"


def test_each_route_rises_by_its_own_steps(opens: Opens) -> None:
    """`step_max`, from the last session in which anything was given by that route."""
    ward = with_a_lozenge(opens(LOZENGE))
    ward.reports(dose(MARA, at=ward.now, mg=35, route=Route.INTRAMUSCULAR))
    ward.watched()
    ward.reports(assessment(MARA, at=ward.now + minutes(2)))
    ward.reports(discharge(MARA, at=ward.now + minutes(3)))
    for session in (2, 3):
        ward.cleared(session).reports(dose(MARA, session, at=ward.begins(session), mg=200, route=Route.SUBLINGUAL))
        ward.watched(session, until=minutes(15))
        assert injects(ward, 52.5, session) == []
        assert injects(ward, 52.6, session) == ["dose.step_too_large"]


CAREFUL: Final = weekly(
    {
        "route": Route.SUBLINGUAL,
        "medicine.dose.basis": DoseBasis.MG,
        "medicine.dose.first_max": 200.0,
        "medicine.dose.max": 300.0,
        "medicine.dose.hard_max": 400.0,
        "medicine.dose.step_max": 100.0,
        "medicine.dose.given_by": None,
        "medicine.routes": (INJECTION.but(least=0.2, prescribed=True),),
    }
)
"""As `LOZENGE`, and an injection is of 0.2 mg/kg at least, 14 mg, and prescribed."""


@pytest.mark.parametrize(("mg", "reasons"), [(0.5, ["dose.below_least"]), (13.9, ["dose.below_least"]), (14, [])])
def test_each_route_has_its_least(opens: Opens, mg: float, reasons: list[str]) -> None:
    """`least`: mg/kg typed as mg, of what no plan says an amount of."""
    assert injects(with_a_lozenge(opens(CAREFUL)), mg) == reasons


def test_another_route_than_the_plans_is_a_prescribers(opens: Opens) -> None:
    """`prescribed`: after the lozenge or instead of it, by the EHR or the nurse, and planned by nobody."""
    ward = with_a_lozenge(opens(CAREFUL))
    for by in (EHR, LIND):
        against = ward.reasons(dose(MARA, at=ward.now, mg=35, route=Route.INTRAMUSCULAR, by=by))
        assert against == ["dose.route_not_planned"]

    instead = opens(CAREFUL)
    instead.eligible().reports(plan(MARA, at=instead.now, mg=200))
    instead.cleared()
    assert instead.reasons(dose(MARA, at=instead.now, mg=35, route=Route.INTRAMUSCULAR, by=LIND)) == [
        "dose.route_not_planned"
    ]
    assert instead.reasons(dose(MARA, at=instead.now, mg=35, route=Route.INTRAMUSCULAR)) == []


def test_a_plan_may_name_a_further_route(opens: Opens) -> None:
    """Then the nurse gives it; a route that the protocol does not have is refused in a plan."""
    ward = opens(CAREFUL).eligible()
    unknown = plan(MARA, at=ward.now, mg=200, further_routes=("intravenous",))
    assert ward.reasons(unknown) == ["plan.route_not_allowed"]
    ward.reports(plan(MARA, at=ward.now, mg=200, further_routes=("intramuscular",)))
    ward.cleared().reports(dose(MARA, at=ward.now, mg=200, route=Route.SUBLINGUAL))
    ward.watched(until=minutes(15))

    assert ward.reasons(dose(MARA, at=ward.now, mg=35, route=Route.INTRAMUSCULAR, by=LIND)) == []


def test_a_route_that_the_plan_does_not_name_is_held_against_all_that_it_does(opens: Opens) -> None:
    """The protocol's own, and the further one that was planned."""
    spray = INJECTION.but(route=Route.INTRANASAL, prescribed=True)
    injection = INJECTION.but(prescribed=True)
    ward = opens(changed(CAREFUL, {"medicine.routes": (injection, spray)})).eligible()
    ward.reports(plan(MARA, at=ward.now, mg=200, further_routes=("intramuscular",)))
    ward.cleared().reports(dose(MARA, at=ward.now, mg=200, route=Route.SUBLINGUAL))
    ward.watched(until=minutes(15))

    against = ward.course.blockers_for(dose(MARA, at=ward.now, mg=35, route=Route.INTRANASAL, by=LIND))
    assert [(one.code, one.limit) for one in against] == [("dose.route_not_planned", "sublingual or intramuscular")]


def test_a_session_with_another_route_alone_says_nothing_of_a_dose_that_was_cut_short(opens: Opens) -> None:
    """`whole_from_percent`: an injection, then 50 of 200 mg under the tongue: the plan's 200 are no step from those."""
    rules = {"medicine.dose.whole_from_percent": 80.0, "medicine.dose.step_max": 20.0, "medicine.compared": None}
    ward = opens(changed(LOZENGE, rules))
    ward.eligible().reports(plan(MARA, at=ward.now, mg=200))
    for session, mg, route in ((1, 35, Route.INTRAMUSCULAR), (2, 50, Route.SUBLINGUAL)):
        ward.cleared(session).reports(dose(MARA, session, at=ward.begins(session), mg=mg, route=route))
        ward.integrated(session)
    ward.cleared(3)

    assert ward.reasons(dose(MARA, 3, at=ward.begins(3), mg=200, route=Route.SUBLINGUAL)) == []
    assert ward.reasons(dose(MARA, 3, at=ward.begins(3), mg=201, route=Route.SUBLINGUAL)) != []

"""Who may report what, where in a course each event belongs, and that what is offered is what is accepted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules import clearance as clearance_rules
from domain.course.rules import followup
from domain.course.rules.booking import BOOKED
from domain.course.session import Stage
from domain.course.state import Phase
from domain.events.clinic_events import MODELS, ClinicEvent, CourseReferred
from domain.values import Actor, CourseId, Role
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    MARA,
    OSEI,
    WARD,
    abortion,
    cancellation,
    dose,
    hold,
    integration,
    minutes,
    missed,
    vitals,
    weekly,
)
from tests.support.event_strategies import everything, offered_and_accepted
from tests.support.ward import Ward

POINTS = (
    "referred",
    "screened",
    "eligible",
    "planned",
    "prepared",
    "booked",
    "checked_in",
    "cleared",
    "dosed",
    "watched",
    "discharged",
    "integrated",
    "in_follow_up",
)


class FallsThrough(Protocol):
    """How a session comes to nothing."""

    def __call__(self, course: CourseId, session: int = 1, *, at: datetime) -> ClinicEvent: ...


def at_point(ward: Ward, point: str) -> Ward:
    brought: Ward = getattr(ward, point)()
    return brought


@pytest.mark.parametrize("point", POINTS)
def test_what_is_offered_is_what_is_accepted(ward: Ward, point: str) -> None:
    """`next` lists the acts that may come now: all of them, and no other."""
    offered, accepted = offered_and_accepted(at_point(ward, point))
    assert offered == accepted


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("ending", [cancellation, missed, abortion])
def test_what_is_offered_after_a_session_that_fell_through_is_what_is_accepted(
    ward: Ward, ending: FallsThrough, held: bool
) -> None:
    """It may be booked again; under a hold as well, for nobody is dosed by a booking."""
    at_point(ward, "checked_in" if ending is abortion else "booked").reports(ending(MARA, at=ward.now))
    if held:
        ward.reports(hold(MARA, at=ward.now))

    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert {"kap.session.booked", "kap.session.rebooked"} <= offered


@pytest.mark.parametrize("point", ["cleared", "dosed", "watched"])
def test_what_is_offered_under_a_hold_is_what_is_accepted(ward: Ward, point: str) -> None:
    """Nothing is dosed; a dosed patient is measured, assessed and discharged."""
    at_point(ward, point).reports(hold(MARA, at=ward.now))
    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert "kap.dose.administered" not in offered
    assert "kap.course.resumed" in offered


def test_what_is_offered_when_a_clearance_has_run_out_is_what_is_accepted(ward: Ward) -> None:
    """Half an hour and a tick later: measured and cleared anew, not dosed."""
    ward.cleared().passes(minutes(31))
    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert "kap.dose.administered" not in offered


def test_a_booster_is_offered_while_it_may_be_given(opens: Opens) -> None:
    """With a fresh and normal reading, in a protocol that has boosters."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))
    ward.watched(until=minutes(15))
    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert "kap.dose.administered" in offered


@pytest.mark.parametrize(
    ("bound", "given", "may"),
    [
        ("medicine.dose.hard_max", 69, True),
        ("medicine.dose.hard_max", 70, False),
        ("medicine.dose.first_max", 34, True),
        ("medicine.dose.first_max", 35, False),
        ("medicine.dose.max", 70, True),
    ],
)
def test_a_booster_is_offered_while_there_is_room_for_the_least_of_one(
    opens: Opens, bound: str, given: float, may: bool
) -> None:
    """`first_max` and `hard_max` reached leave none, whoever gives it; above `max` two prescribers still may."""
    bounds = {"first_max": 2.0, "max": 2.0, "hard_max": 2.0}
    reached = {"hard_max": 1.0, "max": 1.0, "first_max": 0.5}[bound.rpartition(".")[2]]
    bounds |= {name: min(value, reached) if bound.endswith(".hard_max") else value for name, value in bounds.items()}
    bounds[bound.rpartition(".")[2]] = reached
    rules: dict[str, object] = {f"medicine.dose.{name}": value for name, value in bounds.items()}
    rules["medicine.dose.second_prescribers"] = (WARD.id,)
    # What the plan says of so much is another matter.
    rules["medicine.compared"] = None
    ward = opens(weekly({"medicine.dose.boosters_max": 1, **rules})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), by=OSEI, mg=given, witness=WARD))
    ward.watched(until=minutes(15))

    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert ("kap.dose.administered" in offered) is may


def test_a_booster_is_offered_up_to_the_step_from_the_session_before(opens: Opens) -> None:
    """`step_max`: 35 mg last time leave room for less than 52.5 mg, at 0.25 mg/kg a step."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1})).cleared(2)
    ward.reports(dose(MARA, 2, at=ward.begins(2), by=OSEI, mg=52.5))
    ward.reports(vitals(MARA, 2, at=ward.now))

    offered, accepted = offered_and_accepted(ward)

    assert offered == accepted
    assert "kap.dose.administered" not in offered


def test_every_clinic_event_has_its_rule() -> None:
    """One rule an event, and one event a rule."""
    assert list(EVENT_RULES) == [rule.event for rule in EVENT_RULES.values()]
    assert set(EVENT_RULES) == set(MODELS.values())


PRESCRIBER = {Role.PRESCRIBER}
ANYBODY = set(Role)
STAFF = ANYBODY - {Role.PATIENT}
HOLDS_TALKS = {Role.THERAPIST, Role.PRESCRIBER}
MAY: Mapping[str, tuple[str, set[Role]]] = {
    "kap.screening.recorded": ("referred", STAFF),
    "kap.consent.signed": ("referred", ANYBODY),
    "kap.consent.withdrawn": ("screened", ANYBODY),
    "kap.measure.recorded": ("referred", ANYBODY),
    "kap.eligibility.decided": ("screened", PRESCRIBER),
    "kap.plan.prescribed": ("eligible", PRESCRIBER),
    "kap.preparation.held": ("eligible", HOLDS_TALKS),
    "kap.session.booked": ("eligible", STAFF),
    "kap.session.rebooked": ("booked", STAFF),
    "kap.session.canceled": ("booked", STAFF),
    "kap.session.missed": ("booked", STAFF),
    "kap.patient.checked_in": ("booked", STAFF),
    "kap.vitals.recorded": ("checked_in", STAFF),
    "kap.session.cleared": ("cleared", PRESCRIBER),
    "kap.dose.administered": ("cleared", {Role.PRESCRIBER, Role.MONITOR}),
    "kap.medication.administered": ("checked_in", STAFF),
    "kap.patient.left": ("dosed", STAFF),
    "kap.patient.handed_over": ("dosed", STAFF),
    "kap.patient.died": ("referred", STAFF),
    "kap.note.added": ("referred", STAFF),
    "kap.adverse_event.reported": ("referred", ANYBODY),
    "kap.session.aborted": ("dosed", STAFF),
    "kap.discharge.assessed": ("dosed", STAFF),
    "kap.check_in.completed": ("discharged", ANYBODY),
    "kap.integration.held": ("discharged", HOLDS_TALKS),
    "kap.form.filed": ("discharged", STAFF),
    "kap.follow_up.held": ("in_follow_up", STAFF),
    "kap.course.held": ("referred", STAFF),
    "kap.patient.withdrew": ("referred", ANYBODY),
    "kap.course.discontinued": ("referred", STAFF),
    "kap.course.transferred": ("referred", STAFF),
    "kap.course.voided": ("referred", STAFF),
    "kap.protocol.migrated": ("referred", PRESCRIBER),
}
"""Where each event may come, and who may report it; results, discharge, resumption, returning and infusions are tried
with their own rules."""


OPENS = {
    "kap.patient.checked_in": timedelta(days=1, hours=23),
    "kap.check_in.completed": timedelta(hours=13),
    "kap.follow_up.held": timedelta(days=20),
    "kap.integration.held": timedelta(hours=2),
}
"""How long after that point the day of the visit has come, and the first call, talk and visit may be held."""


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
@pytest.mark.parametrize("name", MAY)
def test_who_may_report_what(ward: Ward, name: str, actor: Actor) -> None:
    """Whoever may not gets `actor.role_not_allowed`, whatever else is right."""
    point, roles = MAY[name]
    at_point(ward, point).migrates_to(weekly({"version": "1.1.0"}))
    ward.passes(OPENS.get(name, timedelta()))
    by_actor = [
        event.but(data=event.data.but(actor=actor), id=f"{event.id} by {actor.id}")
        for event in everything(ward)
        if event.type == name
    ]
    told = [ward.reasons(event) for event in by_actor]

    if actor.role in roles:
        assert [] in told
    else:
        assert all("actor.role_not_allowed" in codes for codes in told)


def test_the_table_of_roles_is_whole() -> None:
    """An event that nobody thought of here would be tried by nobody."""
    elsewhere = {
        "kap.course.referred",
        "kap.result.recorded",
        "kap.patient.discharged",
        "kap.course.resumed",
        "kap.correction.recorded",
        "kap.patient.returned",
        "kap.infusion.started",
        "kap.infusion.paused",
        "kap.infusion.resumed",
        "kap.infusion.stopped",
    }
    assert set(MAY) == set(MODELS) - elsewhere


@pytest.mark.parametrize("point", POINTS[:-1])
def test_an_event_out_of_its_place_says_where_it_belongs(ward: Ward, point: str) -> None:
    """`course.wrong_phase` and `session.wrong_stage` name what was expected."""
    at_point(ward, point)
    for event in everything(ward):
        if isinstance(event, CourseReferred):
            continue
        for blocker in ward.course.blockers_for(event):
            if blocker.code == "course.wrong_phase":
                assert blocker.observed == ward.course.phase
                assert set(str(blocker.limit).split(", ")) == set(EVENT_RULES[type(event)].phases_in(ward.course))
            if blocker.code == "session.wrong_stage":
                assert blocker.observed in set(Stage)
                assert blocker.absolute


def test_each_rule_holds_by_itself(ward: Ward) -> None:
    """Where the place of an event is asked first these are never told; asked alone, each rule still answers."""
    ward.checked_in()
    course, at = ward.course, ward.now
    here = ward.session()
    elsewhere = course.but(phase=Phase.INTEGRATION)
    asked = {
        "course.not_in_medicine": clearance_rules.standing_blockers(elsewhere, at),
        "check_in.missing": clearance_rules.blockers(course, here.but(check_in=None), at),
        "session.not_discharged": followup.integration_blockers(course, here, integration(MARA, at=at)),
        "booking.none_due": BOOKED.standing(course, at),
    }

    for code, blockers in asked.items():
        assert code in [blocker.code for blocker in blockers]


def test_phases_are_spelled_as_the_contract_spells_them() -> None:
    """CONTRACT section 1."""
    assert list(Phase) == ["screening", "preparation", "medicine", "integration", "follow_up", "closed"]
    assert list(Stage) == [
        "booked",
        "checked_in",
        "cleared",
        "dosed",
        "recovering",
        "discharged",
        "canceled",
        "missed",
        "aborted",
    ]

"""What a medical director reads before they sign a new version: each change in words, and for whom it is stricter."""

from datetime import timedelta
from typing import Final

import pytest

from domain.escalation.messages import Kind
from domain.protocol.changes import protocol_changes
from domain.protocol.medicine import ComedicationRule, DoseBasis, RouteRules
from domain.protocol.model import Grade
from domain.protocol.parameters import parameters
from domain.protocol.strictness import Strictness, is_judged, strictness
from domain.protocol.values import Range, Route
from domain.values import Role, Severity
from tests.support.cast import WEEKLY, weekly

STRICTER, LOOSER = Strictness.STRICTER, Strictness.LOOSER
RESOLVED: Final = "escalations.resolved_by.vitals_emergency"

NOBODY_CAN_SAY: Final = frozenset(
    {
        *("route", "course.medicine_sessions", "course.interval", "course.interval_max", "course.review_after_session"),
        *(
            "course.hold_review_by_day",
            "course.review_every",
            "screening.consent_version",
            "medicine.credentials.therapist",
        ),
        *("medicine.planned_duration", "medicine.dose.basis", "medicine.infusion.usual", "check_ins.waking"),
        *("medicine.symptoms.urgent", "medicine.symptoms.warning"),
    }
)
NOBODY_CAN_SAY_OF: Final = (
    *(".every", ".range", ".response_percent", ".remission_below", ".meaningful_change", ".needs", ".indications"),
    *(".measure", ".wanted"),
)
NAMES: Final = ("vocabulary.", "escalations.resolved_by.")


def test_a_version_of_the_same_values_changes_nothing() -> None:
    """Its version and its title are no values."""
    assert protocol_changes(WEEKLY, WEEKLY.but(version="9.9.9", title="Another title")) == ()


def test_a_change_is_told_in_words_with_its_unit_and_its_evidence_where_that_differs() -> None:
    """From what to what, for the patient; the evidence of a value that keeps it is not told again."""
    key = "screening.systolic_max"
    was = WEEKLY.evidence[key]
    founded = {**WEEKLY.evidence, key: was.but(grade=Grade.SOURCED, source="S99", note=None)}
    new = weekly({key: 145, "medicine.minimum_observation": timedelta(minutes=90)}).but(evidence=founded)

    first, second = protocol_changes(WEEKLY, new)

    assert (first.key, first.before, first.after, first.strictness) == (key, "150 mmHg", "145 mmHg", STRICTER)
    assert first.evidence_after == "sourced, S99"
    assert (first.evidence_before or "").startswith(f"{was.grade.replace('_', ' ')}, {was.source}")
    assert (second.before, second.after, second.strictness) == ("2 h", "1 h 30 min", LOOSER)
    assert (second.evidence_before, second.evidence_after) == (None, None)


def test_evidence_alone_is_a_change() -> None:
    """The value is as it was, and founded on something else."""
    key = "medicine.minimum_observation"
    other = WEEKLY.but(evidence={**WEEKLY.evidence, key: WEEKLY.evidence[key].but(source="S99")})

    (change,) = protocol_changes(WEEKLY, other)

    assert (change.key, change.is_of_evidence_alone, change.strictness) == (key, True, None)


def test_of_a_list_what_came_and_went_is_told() -> None:
    """By its codes, and durations in words; whoever asks for more is stricter, and for other things neither."""
    absolute = WEEKLY.screening.absolute
    more = weekly({"screening.absolute": (*absolute, "porphyria")})
    others = weekly({"screening.absolute": (*absolute[1:], "porphyria")})
    seldom = weekly({"medicine.checkpoints.offsets": WEEKLY.medicine.checkpoints.offsets[:-1]})

    ((gained,), (swapped,), (fewer,)) = (protocol_changes(WEEKLY, one) for one in (more, others, seldom))

    assert (gained.added, gained.removed, gained.strictness) == (("porphyria",), (), STRICTER)
    assert (swapped.added, swapped.removed, swapped.strictness) == (("porphyria",), absolute[:1], None)
    assert (fewer.removed, fewer.strictness) == (("2 h",), LOOSER)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("medicine.clearance_valid", timedelta(minutes=20), STRICTER),
        ("medicine.solids_fasting", timedelta(hours=8), STRICTER),
        ("medicine.escort_required", False, LOOSER),
        ("medicine.dose.step_after_event", True, LOOSER),
        ("medicine.dose.max", 0.9, STRICTER),
        ("medicine.clearance.hold.systolic", Range(low=95, high=135), STRICTER),
        ("medicine.clearance.hold.systolic", Range(low=95, high=145), None),
        ("medicine.checkpoints.grace", timedelta(minutes=3), STRICTER),
        ("medicine.missed_visit", Severity.URGENT, STRICTER),
        ("medicine.compared.dose_at_least_percent", 40.0, LOOSER),
        ("medicine.compared.same_dose_percent", 1.0, LOOSER),
        ("medicine.compared.same_dose_within", timedelta(minutes=5), LOOSER),
        ("medicine.compared.dose_at_most_percent", 200.0, LOOSER),
        ("medicine.compared.weight_kg", Range(low=50, high=110), STRICTER),
        ("course.review_after_event", False, LOOSER),
        ("screening.known", (), STRICTER),
        ("preparation.sessions", 3, STRICTER),
        ("check_ins.urgent_through", timedelta(days=3), STRICTER),
        ("course.interval", timedelta(days=8), None),
    ],
)
def test_what_is_stricter_asks_for_more_or_sooner(key: str, value: object, expected: Strictness | None) -> None:
    """And what is looser for less, or later."""
    new = weekly({key: value})

    assert strictness(WEEKLY, new, key) is expected
    assert strictness(new, WEEKLY, key) is {STRICTER: LOOSER, LOOSER: STRICTER, None: None}[expected]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("screening.consent_documents", None),
        ("medicine.dose.given_by", None),
        ("medicine.dose.given_by", (Role.THERAPIST, Role.COORDINATOR)),
        ("medicine.dose.second_prescribers", None),
        ("preparation.roles", (Role.COORDINATOR,)),
        ("preparation.least_minutes", None),
        ("medicine.compared.weight_kg", None),
        ("medicine.compared.dose_at_most_percent", None),
        ("medicine.check_in_on_booked_day", None),
        ("course.review_every", None),
        ("route", Route.INTRAVENOUS),
        ("indications", (*WEEKLY.indications, "F20")),
        ("measures.phq9.item9.needs", "pain_nrs"),
        ("measures.phq9.indications", ("F32.1",)),
        ("measures.pcl5.indications", ()),
        ("deviations.silent", (*WEEKLY.deviations.silent, "session.not_cleared")),
        ("medicine.checkpoints.early", timedelta(minutes=10)),
        ("medicine.clearance.never.systolic", Range(low=60, high=220)),
        ("medicine.staff", (Role.PRESCRIBER, Role.THERAPIST)),
        ("medicine.one_person_two_roles", True),
        ("medicine.pregnancy_test_each_session", False),
        ("check_ins.after", (timedelta(hours=1),)),
        ("vocabulary.dyspnoea", WEEKLY.vocabulary["dyspnoea"][1:]),
        ("vocabulary.sedation", (*WEEKLY.vocabulary["sedation"], "heart_attack")),
        ("vocabulary", {name: names for name, names in WEEKLY.vocabulary.items() if name != "dyspnoea"}),
        ("vocabulary", {**WEEKLY.vocabulary, "palpitations": ("skipped_beats",)}),
        ("screening.known", (*WEEKLY.screening.known, "schizophrenia")),
    ],
)
def test_what_would_let_more_through_is_marked_as_looser(key: str, value: object) -> None:
    """Also what went, or came: a medical director reads it before they sign."""
    new = weekly({key: value})

    assert strictness(WEEKLY, new, key) is LOOSER or key == "vocabulary"
    assert LOOSER in {one.strictness for one in protocol_changes(WEEKLY, new) if one.key.startswith(key)}


@pytest.mark.parametrize("table", ["screening.gates", "screening.tests"])
def test_a_table_that_goes_asks_for_nothing_any_more(table: str) -> None:
    """Its indications too: nobody is asked by it, and no list of them reads as if somebody were asked sooner."""
    without = weekly({table: None})

    assert STRICTER not in {one.strictness for one in protocol_changes(WEEKLY, without)}
    assert LOOSER not in {one.strictness for one in protocol_changes(without, WEEKLY)}


def test_a_medicine_that_gets_a_rule_is_weighed_by_nobody_any_more() -> None:
    """Unless the rule starts the observation anew."""
    rules = WEEKLY.medicine.comedication
    blunt, sharp = (
        weekly({"medicine.comedication": (*rules, ComedicationRule(code="fentanyl", restarts_observation=restarts))})
        for restarts in (False, True)
    )
    key = "medicine.comedication.fentanyl.restarts_observation"

    assert strictness(WEEKLY, blunt, key) is LOOSER
    assert strictness(WEEKLY, sharp, key) is None


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.COORDINATOR])
def test_another_role_that_may_resolve_an_emergency_is_looser(role: Role) -> None:
    """Whoever it takes the place of."""
    rules = {**WEEKLY.escalations.resolved_by, Kind.VITALS_EMERGENCY: (role,)}

    assert strictness(WEEKLY, weekly({"escalations.resolved_by": rules}), RESOLVED) is LOOSER


def test_an_infusions_keys_are_stricter_where_they_ask_more_or_sooner() -> None:
    """Its least and longest, its share of the plan, its parts, and a route that must be prescribed."""
    route = RouteRules(
        route=Route.SUBLINGUAL,
        basis=DoseBasis.MG,
        first_max=10.0,
        max=15.0,
        hard_max=20.0,
        step_max=5.0,
        boosters_max=0,
        least=2.0,
        prescribed=False,
    )
    old = {
        "medicine.infusion.least": timedelta(minutes=30),
        "medicine.infusion.most": timedelta(minutes=60),
        "medicine.compared.infusion_at_least_percent": 50.0,
        "medicine.dose.parts_max": 3,
        "medicine.dose.parts_within": timedelta(minutes=20),
        "medicine.routes": (route,),
    }
    stricter = {
        "medicine.infusion.least": timedelta(minutes=35),
        "medicine.infusion.most": timedelta(minutes=50),
        "medicine.compared.infusion_at_least_percent": 60.0,
        "medicine.dose.parts_max": 2,
        "medicine.dose.parts_within": timedelta(minutes=10),
        "medicine.routes": (route.but(least=3.0, prescribed=True),),
    }
    before, after = weekly(old), weekly(stricter)

    for key in (*list(old)[:-1], "medicine.routes.sublingual.least", "medicine.routes.sublingual.prescribed"):
        assert (key, strictness(before, after, key)) == (key, STRICTER)


def test_a_limit_that_must_be_confirmed_is_looser_than_one_that_need_not() -> None:
    """The first breach calls nobody."""
    confirmed = [one for one in WEEKLY.medicine.limits if one.confirm_within is not None]
    assert confirmed
    at_once = weekly(
        {"medicine.limits": tuple(one.but(confirm_within=None, confirm_of=None) for one in WEEKLY.medicine.limits)}
    )

    changes = protocol_changes(WEEKLY, at_once)

    assert {one.key for one in changes} == {one.key for one in confirmed}
    assert {one.strictness for one in changes} == {STRICTER}


def test_of_doses_by_another_unit_nobody_can_say() -> None:
    """0.5 mg is less than 0.5 mg/kg, and 40 mg need not be more."""
    other = weekly({"medicine.dose.basis": "mg", "medicine.dose.max": 70.0})

    assert strictness(WEEKLY, other, "medicine.dose.max") is None


def test_of_every_value_it_is_known_whether_a_change_could_be_stricter() -> None:
    """Judged, or named here as one of which nobody can say: none is forgotten."""
    left = {one.key for one in parameters(WEEKLY) if not is_judged(WEEKLY, one.key)}

    assert {one for one in left if not one.startswith(NAMES) and not one.endswith(NOBODY_CAN_SAY_OF)} <= NOBODY_CAN_SAY

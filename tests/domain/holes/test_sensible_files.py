"""What a clinic may sensibly write passes, in each of the shipped files: it is practised, or stricter.

A checker that refuses such a file teaches a clinic to do without it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import pytest

from domain.holes.checker import found_in
from domain.protocol.checks import contradictions
from domain.protocol.measures import MeasureMoment, MeasureRule
from domain.protocol.medicine import ComedicationRule, DoseBasis, Limit
from domain.protocol.model import Protocol
from domain.protocol.screening import ScreeningTest
from domain.protocol.values import LimitSeverity, Range, Route, Vital
from domain.values import Role, Severity
from tests.support.cast import changed, days, hours
from tests.support.shipped_protocols import SHIPPED_BY_ID

FILES: Final = tuple(SHIPPED_BY_ID.values())
URGENT_FROM: Final = {160: 150, 180: 160, 220: 200}

HOLD, NEVER, LIMITS = "medicine.clearance.hold", "medicine.clearance.never", "medicine.limits"


class Sensible(NamedTuple):
    """What a clinic might write, of which files, and the keys of which there is a remark."""

    name: str
    changes: Mapping[str, object]
    only: Callable[[Protocol], bool] = lambda _: True
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def moved(vital: Vital, **bounds: float) -> Callable[[tuple[Limit, ...]], object]:
    """The limits of the sign's low side, by their severity."""

    def new(old: tuple[Limit, ...]) -> object:
        return tuple(
            one.but(below=bounds[one.severity])
            if one.vital is vital and one.below is not None and one.severity in bounds
            else one
            for one in old
        )

    return new


def gates(low: float) -> Callable[[Range | None], object]:
    return lambda old: old and Range(low=low, high=old.high)


def low_end(vital: Vital, low: float, **bounds: float) -> dict[str, object]:
    """Patients are dosed from there on, and the limits go with it."""
    return {
        LIMITS: moved(vital, **bounds),
        f"{NEVER}.{vital}": gates(low),
        f"{HOLD}.{vital}": gates(low),
    }


SIGNS: Final = (
    Sensible(
        "an athlete's heart rate of 45",
        low_end(Vital.HEART_RATE, 45, urgent=45),
        remarks=(f"{LIMITS}.heart_rate", f"{HOLD}.heart_rate"),
    ),
    Sensible(
        "a systolic pressure of 85",
        low_end(Vital.SYSTOLIC, 85, urgent=85),
        remarks=(f"{LIMITS}.systolic", f"{HOLD}.systolic"),
    ),
    Sensible(
        "a respiratory rate of 8",
        low_end(Vital.RESPIRATORY_RATE, 8, urgent=8, emergency=7),
        remarks=(f"{LIMITS}.respiratory_rate", f"{HOLD}.respiratory_rate"),
    ),
    Sensible("bradycardia below 40 is an emergency", {LIMITS: moved(Vital.HEART_RATE, emergency=40)}),
)


def with_tests(**tests: ScreeningTest) -> dict[str, object]:
    return {
        "medicine.pregnancy_test_each_session": False,
        "screening.tests": lambda old: {**(old or {}), **tests},
    }


SCREENING: Final = (
    Sensible(
        "a test of pregnancy before each session, by its answer",
        with_tests(pregnancy=ScreeningTest(wanted=("negative", "not_applicable"), valid_for=days(1), before_every=1)),
    ),
    Sensible(
        "a test of pregnancy before each session, by its value",
        with_tests(beta_hcg=ScreeningTest(range=Range(low=0, high=5), unit="IU/L", valid_for=days(3), before_every=1)),
    ),
    Sensible("bipolar depression is an indication", {"indications": lambda old: (*old, "F31.3", "F31.4")}),
    Sensible("a stable condition is known", {"screening.known": lambda old: (*old, "bipolar_2_stable")}),
    Sensible("nobody under 21", {"screening.age_min": 21}),
)


def instead_of_phq9(name: str) -> dict[str, object]:
    """Another measure of mood, at each session."""
    rule = MeasureRule(every=MeasureMoment.EACH_SESSION, range=Range(low=0, high=63))
    return {
        "measures": lambda old: {**{one: other for one, other in old.items() if one not in ("phq9", name)}, name: rule},
        "screening.measures": lambda old: tuple(name if one == "phq9" else one for one in old),
    }


MOOD: Final = tuple(
    Sensible(f"{name} instead of PHQ-9", instead_of_phq9(name))
    for name in (
        *("madrs", "MADRS-S", "qids", "qids_sr_16", "QIDS-SR16", "hdrs", "ham_d", "HAM-D17", "bdi", "bdi-ii", "epds"),
        *("phq8", "promis_depression", "ids_sr"),
    )
)


def is_by(*routes: Route) -> Callable[[Protocol], bool]:
    return lambda one: one.route in routes


DOSES: Final = (
    Sensible(
        "an injection in milligrams",
        {
            "medicine.dose.basis": DoseBasis.MG,
            "medicine.dose.first_max": 35,
            "medicine.dose.max": 100,
            "medicine.dose.hard_max": 150,
            "medicine.dose.step_max": 25,
        },
        is_by(Route.INTRAMUSCULAR),
    ),
    Sensible(
        "a racemic spray of 50 to 150 mg",
        {
            "medicine.dose.amounts": (50, 75, 100, 125, 150),
            "medicine.dose.by_age": None,
            "medicine.dose.first_max": 50,
            "medicine.dose.max": 100,
            "medicine.dose.hard_max": 150,
            "medicine.dose.step_max": 50,
        },
        is_by(Route.INTRANASAL),
        remarks=("medicine.dose.hard_max",),
    ),
    Sensible(
        "infusions on consecutive days",
        {"course.interval": days(1), "course.interval_min": hours(20), "course.sessions_max": 10},
        lambda one: one.course.schedule is None and one.route is Route.INTRAVENOUS,
    ),
    Sensible("a careful first dose", {"medicine.dose.first_max": 0.25}, is_by(Route.INTRAMUSCULAR, Route.INTRAVENOUS)),
    Sensible(
        "a first dose by vein above the reference",
        {"medicine.dose.first_max": 0.75},
        is_by(Route.INTRAVENOUS),
        remarks=("medicine.dose.first_max",),
    ),
    Sensible("no dose that needs two prescribers", {"medicine.dose.hard_max": 1.0}, is_by(Route.INTRAMUSCULAR)),
    Sensible("one booster", {"medicine.dose.boosters_max": 1}),
    Sensible(
        "devices in America",
        {"medicine.dose.by_age": None},
        is_by(Route.INTRANASAL),
        remarks=("medicine.dose.by_age",),
    ),
)

STRICTER: Final = (
    Sensible(
        "urgent from a systolic pressure of 160 on",
        {
            LIMITS: lambda old: tuple(
                one.but(above=URGENT_FROM.get(one.above, one.above)) if one.vital is Vital.SYSTOLIC else one
                for one in old
            )
        },
    ),
    Sensible("a hold up to 160", {f"{HOLD}.systolic": Range(low=90, high=160)}),
    Sensible("a diastolic hold up to 95", {f"{HOLD}.diastolic": Range(low=50, high=95)}),
    Sensible("a long observation", {"medicine.minimum_observation": hours(2.5)}),
    Sensible("an unknown word is urgent at any time", {"medicine.symptoms.unknown": Severity.URGENT}),
)

COURSES: Final = (
    *(
        Sensible(
            f"a course of {sessions}",
            {
                "course.medicine_sessions": sessions,
                "course.sessions_min": sessions,
                "course.sessions_max": sessions + 1,
                "course.review_after_session": sessions,
            },
            lambda one: one.course.schedule is None,
        )
        for sessions in (1, 3)
    ),
    Sensible(
        "a call after a month",
        {"check_ins.after": (days(1), days(3), days(30)), "course.safety_window": days(30)},
        remarks=("check_ins.after",),
    ),
    Sensible("calls that evening and the next day", {"check_ins.after": (hours(4), days(1))}),
    Sensible("a call the next morning", {"check_ins.after": (hours(18),)}),
    Sensible("no visits afterwards", {"follow_up.after": ()}, remarks=("follow_up.after",)),
    Sensible(
        "the form of the REMS",
        {"medicine.checkpoints.required": (Vital.SYSTOLIC, Vital.DIASTOLIC, Vital.SPO2, Vital.MOAAS)},
        is_by(Route.INTRANASAL),
        remarks=("medicine.checkpoints.required",),
    ),
    Sensible(
        "a clinic without a therapist in the room",
        {
            "medicine.staff": (Role.PRESCRIBER, Role.MONITOR),
            "medicine.staff_several": (),
            "medicine.credentials": {},
        },
    ),
    Sensible(
        "other medicines that do nothing, and one that sedates",
        {
            "medicine.comedication": lambda old: (
                *old,
                *(ComedicationRule(code=code) for code in ("famotidine", "dexamethasone", "granisetron")),
                ComedicationRule(code="guanfacine", restarts_observation=True),
            )
        },
    ),
    Sensible(
        "a low pressure in words is a warning: numbers judge it",
        {
            "medicine.symptoms.urgent": lambda old: tuple(one for one in old if one != "hypotension"),
            "medicine.symptoms.warning": lambda old: (*old, "hypotension"),
        },
        remarks=("medicine.symptoms.urgent",),
    ),
)

ASKED_OF_NOBODY: Final = (
    Sensible(
        "for one indication alone",
        {"indications": ("F33.2",)},
        lambda one: one.id == "kap-im-weekly",
        remarks=(
            *(f"screening.gates.{name}.indications" for name in ("ptsd", "ocd", "pain", "addiction")),
            "screening.tests.urine_drug_screen.indications",
            *(f"measures.{name}.indications" for name in ("pcl5", "ybocs", "pain_nrs", "craving_nrs")),
        ),
    ),
    Sensible(
        "a drug screen before every 99th session",
        {"screening.tests.urine_drug_screen.before_every": 99},
        lambda one: "urine_drug_screen" in (one.screening.tests or {}),
        remarks=("screening.tests.urine_drug_screen.before_every",),
    ),
)

LOUD: Final = (
    *(
        Sensible(f"loud: {key}", {key: value}, remarks=(key,))
        for key, value in (
            ("medicine.missed_visit_at_risk", Severity.EMERGENCY),
            ("deviations.other", Severity.EMERGENCY),
            ("medicine.symptoms.unknown", Severity.EMERGENCY),
            ("measures.phq9.worsened", Severity.EMERGENCY),
            ("check_ins.waking", None),
            ("check_ins.missed_at_risk", timedelta(seconds=2)),
            ("measures.phq9.item9.routine_to", None),
        )
    ),
    Sensible(
        "loud: nausea",
        {
            "medicine.symptoms.warning": lambda old: tuple(one for one in old if one != "nausea"),
            "medicine.symptoms.emergency": lambda old: (*old, "nausea"),
        },
        remarks=("medicine.symptoms.emergency",),
    ),
)

WHAT_IS_USUAL: Final = (
    Sensible(
        "loud: any rise",
        {
            LIMITS: lambda old: tuple(
                one.but(rise=15, severity=LimitSeverity.URGENT) if one.rise else one for one in old
            )
        },
        remarks=(f"{LIMITS}.systolic",),
    ),
    Sensible(
        "loud: sleepy",
        {
            LIMITS: lambda old: tuple(
                one.but(below=5) if (one.vital, one.below) == (Vital.MOAAS, 3) else one
                for one in old
                if (one.vital, one.below) != (Vital.MOAAS, 4)
            )
        },
        remarks=(f"{LIMITS}.moaas",),
    ),
    Sensible(
        "loud: a pressure that still rises",
        {"medicine.discharge.bp_not_falling_after": timedelta(minutes=12)},
        remarks=("medicine.discharge.bp_not_falling_after",),
        only=lambda one: one.route is not Route.INTRAVENOUS,
    ),
    Sensible(
        "loud: overdue as soon as they may leave",
        {"medicine.discharge_overdue": hours(2)},
        lambda one: one.medicine.minimum_observation == hours(2),
        remarks=("medicine.discharge_overdue",),
    ),
    *(
        Sensible(f"{key} that nobody can keep", {key: value}, remarks=(key,))
        for key, value in (
            ("medicine.clearance_valid", timedelta(minutes=3)),
            ("medicine.clearance.reading_valid", timedelta(minutes=2)),
            ("medicine.discharge.reading_valid", timedelta(minutes=2)),
            ("medicine.discharge.assessment_valid", timedelta(minutes=3)),
            ("medicine.solids_fasting", hours(60)),
            ("screening.systolic_max", 115),
            ("screening.diastolic_max", 9),
            ("medicine.compared.weight_within_percent", 1),
            ("medicine.compared.pounds_from_kg", 10),
            ("medicine.discharge.bp_within_percent", 2),
        )
    ),
    Sensible(
        "fluids that nobody can keep",
        {"medicine.fluids_fasting": hours(20), "medicine.solids_fasting": hours(24)},
        remarks=("medicine.fluids_fasting",),
    ),
    Sensible(
        "a plan that nobody is asked about",
        {"course.plan_interval_within": days(19)},
        lambda one: one.course.interval == days(7),
        remarks=("course.plan_interval_within",),
    ),
    Sensible(
        "a second review that never comes",
        {"course.review_every": 90},
        remarks=("course.review_every",),
    ),
)

ALL: Final = (*SIGNS, *SCREENING, *MOOD, *DOSES, *STRICTER, *COURSES, *ASKED_OF_NOBODY, *LOUD, *WHAT_IS_USUAL)


@pytest.mark.parametrize("sensible", ALL, ids=str)
def test_what_is_sensible_stands_in_nobodys_way(sensible: Sensible) -> None:
    """Its evidence apart, which a clinic writes for itself; of some of it there is a remark."""
    # Two files of those that may say it: they differ in route, and the checker takes its time.
    asked = [one for one in FILES if sensible.only(one)][:2]
    for protocol in asked:
        mine = changed(protocol, sensible.changes)
        found = [hole for hole in found_in(mine) if "[evidence]" not in hole.mend]
        assert [str(hole) for hole in found if not hole.is_remark] == [], protocol.id
        assert {hole.key for hole in found} == set(sensible.remarks), protocol.id
        assert [one for one in contradictions(mine) if not one[0].startswith("evidence.")] == [], protocol.id
    assert asked


@pytest.mark.parametrize("protocol", FILES, ids=lambda one: one.id)
def test_of_what_is_shipped_there_is_no_remark(protocol: Protocol) -> None:
    """Nothing to look at."""
    assert found_in(protocol) == ()

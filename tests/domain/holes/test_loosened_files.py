"""Whatever a clinic loosens beyond all that is published is named, in each of the shipped files, by its own key.

Each is a change that a file may hold: it contradicts nothing else in it. What is shipped has no such hole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any, Final, NamedTuple

import pytest

from domain.codes import folded
from domain.escalation.messages import Kind
from domain.holes.confirmations import confirmation_holes
from domain.holes.dangers import danger_holes, gate_holes
from domain.holes.door import comedication_holes, door_holes
from domain.holes.doses import deviation_holes, dose_holes
from domain.holes.hole import Holes
from domain.holes.indication_needs import indication_need_holes
from domain.holes.infusions import infusion_holes
from domain.holes.instruments import instrument_holes
from domain.holes.left_out import ASKED_FOR, left_out_holes
from domain.holes.limits import limit_holes
from domain.holes.published import ANTIDOTES, EXCLUDES, NEVER_DOSED, OURS, PLAIN, SEDATING, TAKEN, TOLD, WEIGHED, WORDS
from domain.holes.required_signs import required_sign_holes
from domain.holes.screening_words import excluded_holes, indication_holes
from domain.holes.second_readings import second_reading_holes
from domain.holes.staff import staff_holes
from domain.holes.suicide import suicide_holes
from domain.holes.symptom_words import danger_word_holes
from domain.holes.unreachable import unreachable_holes
from domain.holes.watch import watch_holes
from domain.holes.windows import window_holes
from domain.protocol.checks import contradictions
from domain.protocol.measures import KnownBaselineRule, MeasureMoment, MeasureRule, RiskRule
from domain.protocol.medicine import AgeBound, ComedicationRule, DoseBasis, InfusionRules, Limit, RouteRules
from domain.protocol.model import Protocol
from domain.protocol.schedule import MaintenanceRules
from domain.protocol.screening import ScreeningGate, ScreeningTest
from domain.protocol.values import LimitSeverity, Range, Route, Vital
from domain.values import Role, Severity
from tests.support.cast import changed, days, hours, minutes, seconds
from tests.support.shipped_protocols import SHIPPED_BY_ID

FILES: Final = tuple(SHIPPED_BY_ID.values())
EACH = pytest.mark.parametrize("protocol", FILES, ids=lambda one: one.id)
YEARS: Final = days(3650)
URGENT, EMERGENCY, WARNING = LimitSeverity.URGENT, LimitSeverity.EMERGENCY, LimitSeverity.WARNING

SCORED: Final = MeasureRule(every=MeasureMoment.EACH_SESSION, range=Range(low=0, high=60))

Ask = Callable[[Protocol], Holes]


class Loosened(NamedTuple):
    """What a clinic might write, the checks that hear of it, and the key that is named."""

    name: str
    asked: tuple[Ask, ...]
    key: str
    changes: Mapping[str, object]
    only: Callable[[Protocol], bool] = lambda _: True

    def __str__(self) -> str:
        return self.name


def only_limits(vital: Vital, *limits: tuple[str, float, LimitSeverity]) -> Callable[[tuple[Limit, ...]], object]:
    """These limits of the sign instead of its own, each with its side, bound and severity."""
    new = tuple(Limit(vital=vital, severity=severity, **{side: bound}) for side, bound, severity in limits)  # type: ignore[arg-type]
    return lambda old: (*(one for one in old if one.vital is not vital), *new)


def each_limit(**keys: object) -> Callable[[tuple[Limit, ...]], object]:
    """The limits that wait for a second reading, with these keys."""
    return lambda old: tuple(one.but(**keys) if one.confirm_within else one for one in old)


def at_once_only_beyond(vital: Vital, above: float) -> Callable[[tuple[Limit, ...]], object]:
    """The value of which one reading is enough, moved out of sight."""

    def moved(old: tuple[Limit, ...]) -> object:
        last = [one for one in old if one.vital is vital and one.above and one.severity is URGENT][-1]
        return tuple(one.but(above=above) if one is last else one for one in old)

    return moved


def without(*words: str) -> Callable[[Any], object]:
    return lambda old: (
        {name: value for name, value in old.items() if name not in words}
        if isinstance(old, Mapping)
        else tuple(one for one in old if one not in words)
    )


def with_more(*words: str) -> Callable[[tuple[str, ...]], object]:
    return lambda old: (*old, *words)


SAID_BY_ANOTHER: Final = {"swollen_lips", "wants_to_die", "wish_to_die", "wish_to_be_dead"}
"""Words that another name of the same danger says too, whatever else they are called: `swollen_lip`, `want_to_die`."""


def without_names(words: Sequence[str]) -> Callable[[Mapping[str, tuple[str, ...]]], dict[str, tuple[str, ...]]]:
    """The vocabulary in which nothing is also called by these words."""
    return lambda old: {name: tuple(one for one in names if one not in words) for name, names in old.items()}


def as_another_name(code: str, word: str, of: str) -> Callable[[Mapping[str, tuple[str, ...]]], object]:
    """The vocabulary without the code, and with the word as the one other name of another."""
    return lambda old: {**{name: names for name, names in old.items() if name != code}, of: (word,)}


HOLD, NEVER, LIMITS = "medicine.clearance.hold", "medicine.clearance.never", "medicine.limits"
SIGNS = (limit_holes, danger_holes)
CSSRS, PHQ9 = "measures.cssrs", "measures.phq9"

NUMBERS = (
    Loosened(
        "SpO₂: the gate and its limits moved to 70",
        SIGNS,
        f"{LIMITS}.spo2",
        {
            f"{NEVER}.spo2": Range(low=70, high=100),
            LIMITS: only_limits(Vital.SPO2, ("below", 70, URGENT), ("below", 60, EMERGENCY)),
        },
    ),
    Loosened(
        "SpO₂: no gate, urgent below 51",
        SIGNS,
        f"{LIMITS}.spo2",
        {f"{NEVER}.spo2": None, f"{HOLD}.spo2": None, LIMITS: only_limits(Vital.SPO2, ("below", 51, URGENT))},
    ),
    Loosened(
        "systolic: the gate moved to 41 and 300",
        SIGNS,
        f"{LIMITS}.systolic",
        {
            f"{NEVER}.systolic": Range(low=41, high=300),
            LIMITS: only_limits(Vital.SYSTOLIC, ("above", 299, URGENT), ("below", 41, URGENT)),
        },
    ),
    Loosened(
        "systolic: no gate of `never`",
        SIGNS,
        f"{LIMITS}.systolic",
        {
            f"{NEVER}.systolic": None,
            LIMITS: only_limits(Vital.SYSTOLIC, ("above", 299, URGENT), ("below", 41, URGENT)),
        },
    ),
    Loosened(
        "heart rate: the gate moved to 10 and 249",
        SIGNS,
        f"{LIMITS}.heart_rate",
        {
            f"{NEVER}.heart_rate": Range(low=10, high=249),
            LIMITS: only_limits(Vital.HEART_RATE, ("above", 249, URGENT), ("below", 10, URGENT)),
        },
    ),
    Loosened(
        "respiratory rate: no gate of `never`",
        SIGNS,
        f"{LIMITS}.respiratory_rate",
        {
            f"{NEVER}.respiratory_rate": None,
            LIMITS: only_limits(Vital.RESPIRATORY_RATE, ("above", 59, URGENT), ("below", 1, URGENT)),
        },
    ),
    Loosened(
        "MOAA/S: below 1 alone", SIGNS, f"{LIMITS}.moaas", {LIMITS: only_limits(Vital.MOAAS, ("below", 1, URGENT))}
    ),
    Loosened(
        "diastolic: neither gate nor limit",
        SIGNS,
        f"{LIMITS}.diastolic",
        {f"{HOLD}.diastolic": None, LIMITS: only_limits(Vital.DIASTOLIC)},
    ),
    Loosened(
        "diastolic: a warning above 199",
        SIGNS,
        f"{LIMITS}.diastolic",
        {LIMITS: only_limits(Vital.DIASTOLIC, ("above", 199, WARNING), ("below", 21, WARNING))},
    ),
    *(
        Loosened(f"{vital}: one reading is enough above {above}", SIGNS, f"{LIMITS}.{vital}", {LIMITS: moved})
        for vital, above, moved in (
            (vital, above, at_once_only_beyond(vital, above))
            for vital, above in ((Vital.SYSTOLIC, 299), (Vital.DIASTOLIC, 199), (Vital.HEART_RATE, 249))
        )
    ),
    Loosened(
        "two readings in a row alone",
        (confirmation_holes,),
        f"{LIMITS}.systolic.urgent",
        {LIMITS: each_limit(confirm_of=None)},
    ),
    Loosened(
        "one high reading of six",
        (confirmation_holes,),
        f"{LIMITS}.systolic.urgent",
        {LIMITS: each_limit(confirm_of=6)},
    ),
    Loosened(
        "a second reading after 15 minutes",
        (confirmation_holes,),
        f"{LIMITS}.systolic.urgent",
        {
            LIMITS: each_limit(confirm_within=minutes(15)),
            "medicine.checkpoints.offsets": (minutes(0), minutes(15)),
            "medicine.checkpoints.then_every": minutes(15),
        },
    ),
    Loosened(
        "a second reading after a second",
        (confirmation_holes,),
        f"{LIMITS}.heart_rate.urgent",
        {LIMITS: each_limit(confirm_within=seconds(1))},
    ),
)

TAKEN_AWAY = tuple(
    Loosened(
        f"no dose depends on {vital}, and no checkpoint",
        asked,
        key,
        {
            f"{HOLD}.{vital}": None,
            f"{NEVER}.{vital}": None,
            "medicine.checkpoints.required": without(vital),
        },
    )
    for vital in TAKEN
    for asked, key in (((gate_holes,), f"{HOLD}.{vital}"), ((required_sign_holes,), "medicine.checkpoints.required"))
)

OVERRIDDEN = tuple(
    Loosened(f"a prescriber alone doses on any {vital}", (gate_holes,), f"{NEVER}.{vital}", {f"{NEVER}.{vital}": never})
    for vital, never in (
        *((vital, None) for vital in NEVER_DOSED),
        (Vital.SPO2, Range(low=0, high=100)),
        (Vital.HEART_RATE, Range(low=0, high=150)),
        (Vital.RESPIRATORY_RATE, Range(low=0, high=30)),
    )
)

WATCHED = (
    Loosened(
        "one reading is enough for ten days",
        (watch_holes,),
        "medicine.checkpoints.then_every",
        {"medicine.checkpoints.offsets": (minutes(15),), "medicine.checkpoints.then_every": days(10)},
    ),
    Loosened(
        "then every ten years",
        (watch_holes,),
        "medicine.checkpoints.then_every",
        {"medicine.checkpoints.then_every": YEARS},
    ),
    Loosened(
        "the first reading after 100 minutes",
        (watch_holes,),
        "medicine.checkpoints.offsets",
        {"medicine.checkpoints.offsets": (minutes(100),)},
    ),
    Loosened(
        "a gap of an hour and a half",
        (watch_holes,),
        "medicine.checkpoints.offsets",
        {"medicine.checkpoints.offsets": (minutes(20), minutes(110))},
    ),
    Loosened(
        "no emergency for two hours",
        (watch_holes,),
        "medicine.checkpoints.emergency_after",
        {"medicine.checkpoints.emergency_after": minutes(119)},
    ),
    Loosened(
        "told after 50 minutes",
        (watch_holes,),
        "medicine.checkpoints.told_after",
        {
            "medicine.checkpoints.told_after": minutes(50),
            "medicine.checkpoints.emergency_after": minutes(50),
            "medicine.checkpoints.offsets": (minutes(0),),
            "medicine.checkpoints.then_every": hours(1),
        },
    ),
    Loosened(
        "they leave after 15 minutes",
        (watch_holes,),
        "medicine.minimum_observation",
        {"medicine.minimum_observation": minutes(15)},
    ),
    Loosened(
        "they leave after two hours less a minute",
        (watch_holes,),
        "medicine.minimum_observation",
        {"medicine.minimum_observation": minutes(119)},
        lambda one: one.route is Route.INTRANASAL,
    ),
)

AT_THE_DOOR = tuple(
    Loosened(f"{key} {value}", (door_holes,), key, {key: value})
    for key, value in {
        "medicine.discharge.padss_min": 0,
        "medicine.discharge.oriented": False,
        "medicine.discharge.steady_gait": False,
        "medicine.discharge.dissociation_resolved": False,
        "medicine.discharge.moaas_min": 3,
        "medicine.escort_required": False,
    }.items()
)

WINDOWS = tuple(
    Loosened(f"{key} {value}", (window_holes,), key, {key: value, **more})
    for key, value, more in (
        ("course.rescreen_after", YEARS, {}),
        ("medicine.compared.same_dose_within", days(1), {}),
        ("medicine.compared.same_dose_percent", 20, {}),
        ("screening.within", YEARS, {}),
        ("preparation.within", YEARS, {}),
        ("integration.within", YEARS, {"medicine.integration_before_next_dose": False}),
        ("follow_up.grace", days(91), {"follow_up.after": (days(100),)}),
        ("escalations.history_after", days(7), {"course.safety_window": days(7)}),
        (
            "escalations.risk_history_after",
            days(7),
            {"escalations.history_after": days(7), "course.safety_window": days(7)},
        ),
        ("medicine.symptoms.unknown_after_dose.within", seconds(1), {}),
        ("medicine.symptoms.unknown_after_dose.severity", Severity.ROUTINE, {}),
        ("course.hold_review", YEARS, {}),
        ("course.safety_hold_review", days(300), {"course.hold_review": YEARS}),
        ("course.ask_again", YEARS, {}),
        ("course.interval_min", seconds(1), {}),
        ("screening.valid_for", YEARS, {}),
        ("screening.consent_valid_for", YEARS, {}),
        ("screening.age_min", 0, {}),
        ("medicine.solids_fasting", timedelta(), {"medicine.fluids_fasting": timedelta()}),
        ("medicine.fluids_fasting", timedelta(), {}),
        ("medicine.discharge_overdue", YEARS, {}),
        ("medicine.clearance_valid", YEARS, {}),
        ("medicine.clearance.reading_valid", YEARS, {}),
        ("medicine.measures_valid", YEARS, {}),
        ("medicine.unreported_after", YEARS, {}),
        ("medicine.unreported_at_risk", YEARS, {"medicine.unreported_after": YEARS}),
        ("medicine.unreported_again", YEARS, {}),
        ("medicine.missed_visit_at_risk", Severity.ROUTINE, {}),
        ("medicine.discharge.reading_valid", YEARS, {}),
        ("medicine.discharge.assessment_valid", YEARS, {}),
        ("medicine.discharge.bp_not_falling_after", days(30), {"medicine.discharge_overdue": YEARS}),
        ("medicine.infusion.usual", YEARS, {"medicine.infusion.most": YEARS}),
        ("medicine.infusion.most", YEARS, {}),
        ("medicine.infusion.grace", YEARS, {}),
        ("medicine.dose.boosters_max", 99, {}),
        ("medicine.watched_at_once_max", 9, {}),
        ("check_ins.missed", days(1) + minutes(1), {}),
        ("check_ins.missed_at_risk", days(1), {"check_ins.missed": days(1)}),
        ("check_ins.after", (days(20),), {}),
        ("check_ins.after", (hours(1),), {}),
        ("check_ins.urgent_through", seconds(1), {}),
        ("escalations.reviewed_within", None, {}),
        ("escalations.reviewed_within", YEARS, {}),
    )
)

OF_SUICIDE = (
    Loosened(
        "a high answer, urgent and no hold",
        (suicide_holes,),
        f"{CSSRS}.high.hold",
        {f"{CSSRS}.high": RiskRule(severity=Severity.URGENT, hold=False)},
    ),
    Loosened("question 9 from 3 on", (suicide_holes,), f"{PHQ9}.item9", {f"{PHQ9}.item9.at_least": 3}),
    Loosened(
        "question 9 by day alone", (suicide_holes,), f"{PHQ9}.item9", {f"{PHQ9}.item9.severity": Severity.ROUTINE}
    ),
    Loosened("question 9 by day up to 3", (suicide_holes,), f"{PHQ9}.item9", {f"{PHQ9}.item9.routine_to": 3}),
    Loosened("the screen every ten years", (suicide_holes,), f"{CSSRS}.every", {f"{CSSRS}.every": YEARS}),
    Loosened(
        "the screen of some alone", (suicide_holes,), f"{CSSRS}.indications", {f"{CSSRS}.indications": ("F32.1",)}
    ),
    Loosened("mood asked at the end alone", (suicide_holes,), PHQ9, {f"{PHQ9}.every": MeasureMoment.END}),
    Loosened("mood asked of some alone", (suicide_holes,), f"{PHQ9}.indications", {f"{PHQ9}.indications": ("F32.1",)}),
    Loosened(
        "mood never asked", (suicide_holes,), PHQ9, {"measures": without("phq9"), "screening.measures": without("phq9")}
    ),
    Loosened(
        "everybody's risk known for ten years",
        (suicide_holes,),
        f"{CSSRS}.known_baseline.indications",
        {f"{CSSRS}.known_baseline": KnownBaselineRule(indications=("F33.2",), valid_for=YEARS)},
    ),
    Loosened(
        "a risk known for ten years",
        (suicide_holes,),
        f"{CSSRS}.known_baseline.valid_for",
        {f"{CSSRS}.known_baseline": KnownBaselineRule(indications=("R45.851",), valid_for=YEARS)},
    ),
    Loosened(
        "referred for ideation, and paged for it each week",
        (suicide_holes,),
        f"{CSSRS}.known_baseline",
        {"indications": ("R45.851",), f"{CSSRS}.known_baseline": None},
    ),
    *(
        Loosened(
            f"the desk resolves {kind}",
            (staff_holes,),
            f"escalations.resolved_by.{kind}",
            {"escalations.resolved_by": lambda old, kind=kind: {**old, kind: (Role.COORDINATOR,)}},
        )
        for kind in (Kind.SUICIDE_RISK, Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT, Kind.ITEM9_POSITIVE)
    ),
)

DOSES = (
    *(
        Loosened(
            f"ten times the highest dose, {basis}",
            (dose_holes,),
            "medicine.dose.hard_max",
            {
                "medicine.dose.basis": basis,
                "medicine.dose.first_max": most / 100,
                "medicine.dose.max": most / 50,
                "medicine.dose.hard_max": most,
                "medicine.dose.step_max": most / 100,
                "medicine.dose.amounts": None,
                "medicine.dose.by_age": None,
            },
        )
        for basis, most in ((DoseBasis.MG_PER_KG, 20.0), (DoseBasis.MG, 1000.0))
    ),
    Loosened(
        "one prescriber alone gives an anaesthetic",
        (dose_holes,),
        "medicine.dose.max",
        {"medicine.dose.max": 1.5, "medicine.dose.hard_max": 2.0},
        lambda one: one.route is Route.INTRAVENOUS,
    ),
    Loosened(
        "a spray of any amount",
        (dose_holes,),
        "medicine.dose.amounts",
        {"medicine.dose.amounts": None},
        lambda one: one.route is Route.INTRANASAL,
    ),
    Loosened("a dose outside by day", (deviation_holes,), "deviations.dose", {"deviations.dose": Severity.ROUTINE}),
    Loosened(
        "a forbidden dose by day",
        (deviation_holes,),
        "deviations.dose_absolute",
        {"deviations.dose_absolute": Severity.ROUTINE},
    ),
    Loosened(
        "pounds for kilograms", (dose_holes,), "medicine.compared.weight_within_percent", {"medicine.compared": None}
    ),
    Loosened(
        "a prescriber alone",
        (staff_holes,),
        "medicine.staff",
        {"medicine.staff": (Role.PRESCRIBER,), "medicine.staff_several": (), "medicine.credentials": {}},
    ),
    Loosened(
        "no pregnancy test",
        (excluded_holes,),
        "medicine.pregnancy_test_each_session",
        {"medicine.pregnancy_test_each_session": False},
    ),
)


def bounds(amount: float, basis: DoseBasis = DoseBasis.MG_PER_KG, **bounds: float) -> dict[str, object]:
    """The dose by the file's route, every bound of it at this amount but for those that are named."""
    names = {name: bounds.get(name, amount) for name in ("first_max", "max", "hard_max", "step_max")}
    return {
        "medicine.dose.basis": basis,
        "medicine.dose.amounts": None,
        "medicine.dose.by_age": None,
        "course.schedule": None,
        **{f"medicine.dose.{name}": bound for name, bound in names.items()},
    }


INJECTED = (Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.INTRAVENOUS)
TOO_MUCH = (
    *(
        Loosened(
            f"{route}: {name} of {amount} {basis}",
            (dose_holes,),
            f"medicine.dose.{name}",
            {"route": route, **bounds(most, basis, **{name: amount})},
        )
        for route, basis, most, name, amount in (
            *((route, DoseBasis.MG_PER_KG, 2.0, name, 2.0) for route in INJECTED for name in ("first_max", "max")),
            *((route, DoseBasis.MG_PER_KG, 1.0, "step_max", 1.0) for route in INJECTED),
            *((route, DoseBasis.MG, 200.0, name, 200.0) for route in INJECTED for name in ("first_max", "step_max")),
            *((Route.SUBLINGUAL, DoseBasis.MG, 600.0, name, 600.0) for name in ("first_max", "max", "step_max")),
            *((Route.INTRANASAL, DoseBasis.MG, 200.0, name, 200.0) for name in ("first_max", "max", "step_max")),
        )
    ),
    Loosened(
        "three devices on the first day",
        (dose_holes,),
        "medicine.dose.first_max",
        {"medicine.dose.first_max": 84.0},
        lambda one: one.route is Route.INTRANASAL,
    ),
    Loosened(
        "more for the old than for the young",
        (dose_holes,),
        "medicine.dose.by_age.65.first_max",
        {"medicine.dose.by_age": (AgeBound(age_min=65, first_max=84),)},
        lambda one: one.route is Route.INTRANASAL,
    ),
    Loosened(
        "less from 120 years on",
        (dose_holes,),
        "medicine.dose.by_age.120.first_max",
        {"medicine.dose.by_age": (AgeBound(age_min=120, first_max=28),)},
        lambda one: one.route is Route.INTRANASAL,
    ),
    Loosened(
        "a dose every day",
        (dose_holes,),
        "course.interval_min",
        {
            "course.schedule": None,
            "course.interval": days(1),
            "course.interval_min": days(1),
            "course.sessions_max": 60,
        },
    ),
    Loosened(
        "a dose every day after the series",
        (dose_holes,),
        "course.maintenance.interval_min",
        {"course.maintenance": MaintenanceRules(interval=days(1), interval_min=days(1), interval_max=days(7), most=30)},
    ),
    Loosened(
        "a further session after years in which nobody asks",
        (window_holes,),
        "course.maintenance.interval_max",
        {"course.maintenance": MaintenanceRules(interval=days(7), interval_min=days(7), interval_max=YEARS, most=30)},
    ),
    *(
        Loosened(f"{key} {value}", (window_holes,), key, {key: value, **more})
        for key, value, more in (
            ("medicine.dose.parts_within", hours(12), {"medicine.dose.parts_max": 3}),
            (
                "medicine.checkpoints.early",
                minutes(39),
                {
                    "medicine.checkpoints.offsets": (minutes(40), minutes(100)),
                    "medicine.checkpoints.then_every": hours(1),
                },
            ),
            ("course.interval_min", hours(12), {}),
        )
    ),
    *(
        Loosened(
            f"question 9 is answered by {name}",
            (instrument_holes,),
            f"{PHQ9}.item9.needs",
            {f"{PHQ9}.item9.needs": name, "measures": lambda old, name=name: {**old, name: SCORED}},
        )
        for name in ("pain_nrs", "cadss6", "madrs")
    ),
)


SLIPS_OF_THE_PEN = (
    Loosened(
        "a positive drug screen is wanted",
        (excluded_holes,),
        "screening.tests.urine_drug_screen.wanted",
        {"screening.tests.urine_drug_screen.wanted": ("positive",)},
        lambda one: "urine_drug_screen" in (one.screening.tests or {}),
    ),
    Loosened(
        "devices every day of the first week",
        (dose_holes,),
        "course.schedule",
        {"course.schedule": lambda old: (old[0].but(interval_min=days(1)), *old[1:])},
        lambda one: one.route is Route.INTRANASAL,
    ),
    Loosened(
        "a gate of F1O.2",
        (unreachable_holes,),
        "screening.gates.addiction.indications",
        {"screening.gates.addiction.indications": ("F1O.2",)},
        lambda one: "addiction" in (one.screening.gates or {}),
    ),
    Loosened(
        "a drug screen of FIO.2",
        (unreachable_holes,),
        "screening.tests.urine_drug_screen.indications",
        {"screening.tests.urine_drug_screen.indications": ("F1O.2",)},
        lambda one: "urine_drug_screen" in (one.screening.tests or {}),
    ),
    Loosened("an indication F3O", (unreachable_holes,), "indications", {"indications": with_more("F4O")}),
)


def waits(vital: Vital, below: float, furthest: float) -> Callable[[tuple[Limit, ...]], object]:
    """The limits of the sign's low side: urgent by a second reading alone, and an emergency further out."""
    patient = Limit(vital=vital, below=below, severity=URGENT, confirm_within=minutes(10), confirm_of=3)
    grave = Limit(vital=vital, below=furthest, severity=EMERGENCY)
    return lambda old: (*(one for one in old if one.vital is not vital or one.below is None), patient, grave)


def with_a_test(**keys: object) -> dict[str, object]:
    """A test of pregnancy among the others, instead of one at each check-in."""
    rule = {"wanted": ("negative",), "valid_for": days(3), "before_every": 1, **keys}
    return {
        "medicine.pregnancy_test_each_session": False,
        "screening.tests": lambda old: {**(old or {}), "hcg": ScreeningTest(**rule)},  # type: ignore[arg-type]
    }


PREGNANT = tuple(
    Loosened(
        f"a test of pregnancy with {keys}",
        (excluded_holes,),
        "medicine.pregnancy_test_each_session",
        with_a_test(**keys),
    )
    for keys in (
        {"before_every": 12},
        {"before_every": None},
        {"valid_for": days(365)},
        {"indications": ("F10.2",)},
        {"wanted": ("positive",)},
        {"wanted": ("negative", "positive")},
        {"wanted": None, "range": Range(low=0, high=1_000_000), "unit": "IU/L"},
    )
)

TREATED = tuple(
    Loosened(f"{code} is an indication", (indication_holes,), "indications", {"indications": with_more(code)})
    for code in (
        "F32",
        "F33",
        "F32.3",
        "F20",
        "F20.0",
        "F31",
        "F31.5",
        "F10",
        "O99",
        "I71.4",
        "pregnancy",
        "schizophrenia",
    )
)

LOW_AND_WAITING = tuple(
    Loosened(
        f"{vital} below {below} waits", (danger_holes,), f"{LIMITS}.{vital}", {LIMITS: waits(vital, below, furthest)}
    )
    for vital, below, furthest in (
        (Vital.SPO2, 92, 85),
        (Vital.RESPIRATORY_RATE, 10, 7),
        (Vital.SYSTOLIC, 90, 60),
        (Vital.HEART_RATE, 50, 25),
        (Vital.MOAAS, 3, 2),
    )
)

TOO_WIDE = tuple(
    Loosened(
        f"never: {vital} from {low} to {high}",
        (gate_holes,),
        f"{NEVER}.{vital}",
        {f"{NEVER}.{vital}": Range(low=low, high=high)},
    )
    for vital, low, high in (
        (Vital.SYSTOLIC, 60, 180),
        (Vital.SYSTOLIC, 90, 220),
        (Vital.HEART_RATE, 25, 150),
        (Vital.HEART_RATE, 50, 180),
        (Vital.SPO2, 85, 100),
        (Vital.RESPIRATORY_RATE, 7, 30),
        (Vital.RESPIRATORY_RATE, 10, 60),
    )
)

STAFF = (
    *(
        Loosened(
            f"nobody watches: {', '.join(staff)}",
            (staff_holes,),
            "medicine.staff",
            {"medicine.staff": staff, "medicine.staff_several": (), "medicine.credentials": {}},
        )
        for staff in ((Role.PRESCRIBER, Role.THERAPIST), (Role.PRESCRIBER, Role.COORDINATOR))
    ),
    Loosened(
        "one person in both roles",
        (staff_holes,),
        "medicine.one_person_two_roles",
        {
            "medicine.staff": (Role.PRESCRIBER, Role.MONITOR),
            "medicine.staff_several": (),
            "medicine.credentials": {},
            "medicine.one_person_two_roles": True,
        },
    ),
    *(
        Loosened(
            f"a therapist resolves {kind}",
            (staff_holes,),
            f"escalations.resolved_by.{kind}",
            {"escalations.resolved_by": lambda old, kind=kind: {**old, kind: (Role.THERAPIST,)}},
        )
        for kind in (Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT, Kind.VITALS_OVERDUE)
    ),
    *(
        Loosened(
            f"the desk resolves {kind}",
            (staff_holes,),
            f"escalations.resolved_by.{kind}",
            {"escalations.resolved_by": lambda old, kind=kind: {**old, kind: (Role.COORDINATOR,)}},
        )
        for kind in (Kind.VITALS_URGENT, Kind.VITALS_OVERDUE, Kind.LEFT_BEFORE_DISCHARGE, Kind.PROTOCOL_DEVIATION)
    ),
    *(
        Loosened(
            f"{role} gives the dose", (left_out_holes,), "medicine.dose.given_by", {"medicine.dose.given_by": (role,)}
        )
        for role in (Role.THERAPIST, Role.COORDINATOR)
    ),
    *(
        Loosened(
            f"the desk holds {table}", (left_out_holes,), f"{table}.roles", {f"{table}.roles": (Role.COORDINATOR,)}
        )
        for table in ("preparation", "integration")
    ),
    Loosened(
        "nobody prepares them",
        (left_out_holes,),
        "preparation.sessions",
        {"preparation.sessions": 0, "preparation.topics": ()},
    ),
)

BY_VEIN = tuple(
    Loosened(f"by vein: {key} {value}", (infusion_holes,), key, {"route": Route.INTRAVENOUS, key: value})
    for key, value in (
        ("medicine.infusion.least", None),
        ("medicine.infusion.least", seconds(1)),
        ("medicine.infusion.most", None),
        ("medicine.compared.infusion_at_least_percent", None),
        ("medicine.infusion.resume_gated", False),
    )
)

WHILE_IT_RUNS = tuple(
    Loosened(
        f"by vein: read at {offsets}",
        (watch_holes,),
        "medicine.checkpoints.offsets",
        {"medicine.checkpoints.offsets": offsets},
        lambda one: one.route is Route.INTRAVENOUS,
    )
    for offsets in ((minutes(40),), (minutes(0), minutes(40)), (minutes(0), minutes(15), minutes(36), minutes(46)))
)

DROWSY = (
    Loosened(
        "whoever is drowsy is cleared",
        (gate_holes,),
        f"{HOLD}.moaas",
        {f"{HOLD}.moaas": Range(low=4, high=5)},
    ),
)

AT_LEAST_THE_SAME_DAY = (
    Loosened(
        "a method in mind waits for Monday",
        (instrument_holes,),
        f"{CSSRS}.moderate",
        {f"{CSSRS}.moderate": RiskRule(severity=Severity.ROUTINE, hold=False)},
    ),
)

UNSAID = tuple(
    Loosened(
        f"nobody says who resolves {kind}",
        (staff_holes,),
        f"escalations.resolved_by.{kind}",
        {"escalations.resolved_by": lambda old, kind=kind: {one: roles for one, roles in old.items() if one != kind}},
    )
    for kind in (Kind.VITALS_URGENT, Kind.PROTOCOL_DEVIATION, Kind.BLOOD_PRESSURE_NOT_FALLING, Kind.MEASURE_HIGH)
)

DEVICES = tuple(
    Loosened(
        f"{key} {value}",
        (window_holes,),
        key,
        {key: value, "medicine.dose.parts_within": hours(1)},
        lambda one: one.medicine.dose.parts_apart is not None,
    )
    for key, value in (("medicine.dose.parts_apart", minutes(59)),)
)

SLIPS = tuple(
    Loosened(f"{key} {value}", (window_holes,), key, {key: value})
    for key, value in (
        ("medicine.compared.dose_at_most_percent", 1000),
        ("medicine.compared.weight_kg", Range(low=1, high=600)),
        ("preparation.least_minutes", 1),
    )
)

ALL: Final = (
    *(*NUMBERS, *TAKEN_AWAY, *OVERRIDDEN, *WATCHED, *AT_THE_DOOR, *WINDOWS, *OF_SUICIDE, *DOSES),
    *(
        *SLIPS_OF_THE_PEN,
        *TOO_MUCH,
        *PREGNANT,
        *TREATED,
        *LOW_AND_WAITING,
        *TOO_WIDE,
        *STAFF,
        *BY_VEIN,
        *SLIPS,
        *DEVICES,
        *WHILE_IT_RUNS,
        *DROWSY,
        *AT_LEAST_THE_SAME_DAY,
        *UNSAID,
    ),
)


SIGNS_OF_ALL: Final = {(one.medicine.limits, one.medicine.clearance): one for one in FILES}
"""A file for each set of limits and gates among those that are shipped."""


@pytest.mark.parametrize("loosened", ALL, ids=str)
def test_what_is_loosened_beyond_all_that_is_published_is_named_in_each_file(loosened: Loosened) -> None:
    """By its key, with what it lets pass and what would mend it, and a file may say it."""
    # Of files that have the same limits and gates one is enough.
    asked = [one for one in (SIGNS_OF_ALL.values() if loosened in NUMBERS else FILES) if loosened.only(one)]
    for protocol in asked:
        mine = changed(protocol, loosened.changes)
        found = [hole for ask in loosened.asked for hole in ask(mine) if not hole.is_remark]
        assert loosened.key in {hole.key for hole in found}, protocol.id
        assert all(hole.lets_through and hole.mend for hole in found)
        assert [one for one in contradictions(mine) if not one[0].startswith("evidence.")] == [], protocol.id
    assert asked


@pytest.mark.parametrize("protocol", SIGNS_OF_ALL.values(), ids=lambda one: one.id)
def test_no_limit_of_a_shipped_file_can_go_unseen(protocol: Protocol) -> None:
    """Nor any that lifts a danger to an emergency, or to a warning: SpO₂ below 90, a heart rate above 120."""
    limits = protocol.medicine.limits
    for place, gone in enumerate(limits):
        mine = changed(protocol, {LIMITS: (*limits[:place], *limits[place + 1 :])})
        found = (hole for ask in (second_reading_holes, *SIGNS) for hole in ask(mine))
        assert any(hole.key.startswith(f"{LIMITS}.{gone.vital}") for hole in found), gone


@pytest.mark.parametrize("key", [one.key for one in ASKED_FOR])
@EACH
def test_a_key_of_safety_that_is_left_out_is_asked_for(protocol: Protocol, key: str) -> None:
    """Left out, a file is read as it was before there was such a key: nobody would notice that it went."""
    needed = {"medicine.dose.hard_max": lambda old: old * 2, "integration.sessions": 1, "preparation.sessions": 1}
    gone = False if key.endswith(("pregnancy_test", "review_after_event", "booked_day")) else None

    assert key in {hole.key for hole in left_out_holes(changed(protocol, {**needed, key: gone}))}


@EACH
def test_a_dose_by_vein_is_asked_for_its_length_whatever_else_the_file_gives(protocol: Protocol) -> None:
    """As its own route, or as a further one: an injection is no infusion."""
    dose = protocol.medicine.dose
    bounds = {name: getattr(dose, name) for name in ("basis", "first_max", "max", "hard_max", "step_max")}
    further = RouteRules(route=Route.INTRAVENOUS, boosters_max=0, **bounds)
    if protocol.route is Route.INTRAVENOUS:
        mine = changed(protocol, {"medicine.infusion": InfusionRules()})
    else:
        mine = changed(protocol, {"medicine.routes": (further,), "medicine.infusion": InfusionRules()})

    assert {"medicine.infusion.least", "medicine.infusion.most"} <= {hole.key for hole in infusion_holes(mine)}


@EACH
def test_a_further_route_is_asked_for_who_has_prescribed_it(protocol: Protocol) -> None:
    """And for the least that is a dose by it."""
    further = RouteRules(
        route=Route.SUBCUTANEOUS, basis=DoseBasis.MG, first_max=50, max=50, hard_max=50, step_max=50, boosters_max=0
    )
    found = [hole.key for hole in left_out_holes(changed(protocol, {"medicine.routes": (further,)}))]

    assert found == ["medicine.routes.subcutaneous.least", "medicine.routes.subcutaneous.prescribed"]


@EACH
def test_no_word_of_danger_can_be_left_out_or_made_milder(protocol: Protocol) -> None:
    """With its other names: a word that is unknown is a warning at the most. Those of suicide are held elsewhere."""
    for word in (one for one in WORDS if "suicid" not in one.code):
        code = protocol.canonical(word.code)
        gone = {
            "vocabulary": without(code),
            **{f"medicine.symptoms.{name}": without(code) for name in ("emergency", "urgent", "suicidal")},
        }
        milder = {**gone, "vocabulary": lambda old: old, "medicine.symptoms.warning": with_more(code)}
        other_name = {**gone, "vocabulary": as_another_name(code, word.code, of="sedation")}
        for changes in (gone, milder, other_name):
            found = {hole.lets_through.split()[0] for hole in danger_word_holes(changed(protocol, changes))}
            assert found & {word.code, code}, word.code


@EACH
def test_no_plain_word_of_danger_can_be_read_as_something_milder(protocol: Protocol) -> None:
    """As another name of a harmless code, or by itself in the list; a file that does not know it is not asked to."""
    nowhere, words = without_names(PLAIN), set(PLAIN) - SAID_BY_ANOTHER
    as_sedation = {"vocabulary": lambda old: {**nowhere(old), "sedation": PLAIN}}
    listed = {"vocabulary": nowhere, "medicine.symptoms.warning": with_more(*PLAIN)}

    for changes in (as_sedation, listed):
        found = {hole.lets_through.split()[0] for hole in danger_word_holes(changed(protocol, changes))}
        assert words - found == set()
    unknown = {hole.lets_through.split()[0] for hole in danger_word_holes(changed(protocol, {"vocabulary": nowhere}))}
    assert unknown & words == set()


@pytest.mark.parametrize(
    ("opens", "closes", "is_night"), [(0, 8, True), (9, 23, False), (10, 23.5, True), (6, 21, False)]
)
def test_waking_hours_that_reach_into_the_night_are_looked_at(opens: int, closes: float, *, is_night: bool) -> None:
    """Only remarked upon: a clinic may have its reasons."""
    waking = tuple(time(int(hour), int(hour % 1 * 60)) for hour in (opens, closes))
    found = list(window_holes(changed(FILES[0], {"check_ins.waking": waking})))

    assert [(hole.key, hole.is_remark) for hole in found] == [("check_ins.waking", True)] * is_night


@pytest.mark.parametrize(("after", "is_late"), [((days(120),), False), ((days(121),), True), ((days(3000),), True)])
def test_a_first_visit_in_years_is_looked_at(after: tuple[timedelta, ...], *, is_late: bool) -> None:
    """After the last session somebody sees how they are."""
    found = list(window_holes(changed(FILES[0], {"follow_up.after": after})))

    assert [(hole.key, hole.is_remark) for hole in found] == [("follow_up.after", True)] * is_late


@EACH
def test_no_condition_that_excludes_can_be_made_harmless(protocol: Protocol) -> None:
    """Pregnancy and an aneurysm among `known`, or in no list; the others are weighed by somebody, named or not."""
    for code in EXCLUDES:
        for more in ((), (code,)):
            mine = changed(protocol, {"screening.absolute": without(code), "screening.known": with_more(*more)})
            assert [hole.key for hole in excluded_holes(mine) if code in hole.lets_through.split()] == [
                "screening.absolute"
            ]
    for code in (one for one in WEIGHED if protocol.canonical(one) not in EXCLUDES):
        word = protocol.canonical(code)
        unlisted = {"screening.absolute": without(word), "screening.review": without(word)}
        assert list(excluded_holes(changed(protocol, unlisted))) == []
        found = list(excluded_holes(changed(protocol, {**unlisted, "screening.known": with_more(word)})))
        assert {hole.key for hole in found} == {"screening.review"}
        assert any(code in hole.lets_through for hole in found)


@EACH
def test_no_condition_that_is_weighed_can_be_another_name_of_a_harmless_one(protocol: Protocol) -> None:
    """A psychotic depression is no depression: the word would stand in nobody's way."""
    for code in (one for one in WEIGHED if protocol.canonical(one) == one and one not in protocol.screening.absolute):
        names = {"vocabulary": as_another_name(code, code, of="depression")}
        unlisted = {"screening.review": without(code), "screening.absolute": without(code)}

        found = {hole.lets_through for hole in excluded_holes(changed(protocol, {**unlisted, **names}))}

        assert f"{code} would be weighed by nobody" in found


@pytest.mark.parametrize("code", [*SEDATING, *ANTIDOTES])
@EACH
def test_no_medicine_that_sedates_or_is_given_in_need_goes_by_unwatched(protocol: Protocol, code: str) -> None:
    """Named without starting the observation anew, or without a word; what no rule names a prescriber weighs."""
    rule = ComedicationRule(code=code)
    known = lambda old: (*(one for one in old if one.code != code), rule)  # noqa: E731
    found = {hole.key for hole in comedication_holes(changed(protocol, {"medicine.comedication": known}))}

    assert f"medicine.comedication.{code}.restarts_observation" in found
    assert (f"medicine.comedication.{code}.tell" in found) is (code in {*TOLD, *ANTIDOTES})
    assert list(comedication_holes(changed(protocol, {"medicine.comedication": ()}))) == []


MAY_BE_MILD: Final = {"blue", "fit", "visual_disturbance", "leg_weakness", "weak_leg", "weakness_of_leg"}
"""Names of a danger that are a mood as well, or what most have after a dose: the clinic's own to say."""


def names_of(protocol: Protocol, codes: Iterable[str]) -> set[str]:
    """The other names of these codes in the file, each as it is compared."""
    return {folded(name) for code in codes for name in protocol.vocabulary.get(code, ())}


def moved_to(code: str, names: Iterable[str]) -> Callable[[Mapping[str, tuple[str, ...]]], object]:
    """The vocabulary in which these names, and no others, are read as the code alone."""

    def moved(old: Mapping[str, tuple[str, ...]]) -> object:
        rest = {one: tuple(name for name in said if folded(name) not in names) for one, said in old.items()}
        return {**rest, code: (*rest.get(code, ()), *names)}

    return moved


@EACH
def test_no_name_of_a_danger_in_a_shipped_file_can_become_a_mild_one(protocol: Protocol) -> None:
    """`sob` as anxiety, `vt` as sedation: whoever moves a name is told, whichever of them it is."""
    symptoms = protocol.medicine.symptoms
    names = names_of(protocol, (*symptoms.emergency, *(symptoms.suicidal or ()), "arrhythmia"))
    names -= {folded(one) for one in MAY_BE_MILD}

    found = danger_word_holes(changed(protocol, {"vocabulary": moved_to("sedation", names)}))

    told = {hole.lets_through.split()[0] for hole in found if not hole.is_remark}
    assert names - {folded(one) for one in told} == set()


@EACH
def test_no_name_of_what_is_weighed_in_a_shipped_file_can_become_harmless(protocol: Protocol) -> None:
    """`avm` among the `known` ones: the patient would be treated, and nobody would have weighed it."""
    screening = protocol.screening
    names = names_of(protocol, (*screening.absolute, *screening.review))
    loosened = {"vocabulary": moved_to("reflux", names)}

    found = excluded_holes(changed(protocol, loosened))

    assert names - {folded(hole.lets_through.removeprefix("a patient with ").split()[0]) for hole in found} == set()


@pytest.mark.parametrize("asks", [{"abstinent_days_min": 28}, {"prior_trials_min": 2, "trials_named": True}], ids=str)
@EACH
def test_what_a_gate_asks_for_hides_no_condition_that_nobody_weighs(protocol: Protocol, asks: dict[str, Any]) -> None:
    """Whatever is asked of the first indication's patients: heroin among the `known` ones is named all the same."""
    gate = ScreeningGate(indications=protocol.indications[:1], **asks)
    loosened = {"screening.gates": {"first": gate}, "screening.known": with_more("heroin", "schizophrenia")}

    found = {hole.lets_through for hole in excluded_holes(changed(protocol, loosened))}

    assert {f"{one} would be weighed by nobody" for one in ("heroin", "schizophrenia")} <= found


@EACH
def test_no_medicine_that_a_prescriber_is_shown_can_become_one_that_nobody_sees(protocol: Protocol) -> None:
    """An MAOI among the `known` ones, or as another name of an SSRI: it would be flagged to nobody."""
    cautions = protocol.screening.caution_medications
    names = names_of(protocol, cautions)
    loosened = {
        "screening.caution_medications": (),
        "screening.known": with_more(*cautions),
        "vocabulary": moved_to("ssri", names),
    }

    found = [hole for hole in excluded_holes(changed(protocol, loosened)) if "shown to nobody" in hole.lets_through]

    assert {hole.key for hole in found} == {"screening.caution_medications"}
    assert {*names, *cautions} - {folded(hole.lets_through.split()[0]) for hole in found} == set()
    unnamed = changed(protocol, {"screening.caution_medications": (), "vocabulary": without_names(tuple(names))})
    assert "shown to nobody" not in " ".join(hole.lets_through for hole in excluded_holes(unnamed))


@pytest.mark.parametrize("code", ["F10.2", "F11.2", "F19.2", "F14.20", "alcohol_dependence", "addiction"])
@pytest.mark.parametrize("days_min", [None, 3, 13, 14, 28])
@EACH
def test_of_whoever_is_treated_for_a_dependence_somebody_asks_when_they_last_used(
    protocol: Protocol, code: str, days_min: int | None
) -> None:
    """Without its gate, or with one of days, they could be dosed on what they are dependent on (S12, S26, S32)."""
    gates = {"addiction": ScreeningGate(indications=(code,), abstinent_days_min=days_min)} if days_min else None
    mine = changed(protocol, {"indications": lambda old: (*old[:1], code), "screening.gates": gates})

    found = [hole for hole in indication_need_holes(mine) if not hole.is_remark]

    is_short = days_min is None or days_min < 14
    assert [hole.key for hole in found] == ["screening.gates"] * is_short
    assert all(code in hole.lets_through for hole in found)


@pytest.mark.parametrize(("code", "measure"), [("F42", "ybocs"), ("F43.1", "pcl5"), ("G89.4", "pain_nrs")])
@pytest.mark.parametrize("every", [None, "baseline", ("baseline", "end"), "each_session"])
@EACH
def test_what_no_measure_tells_of_is_looked_at(
    protocol: Protocol, code: str, measure: str, every: str | tuple[str, ...] | None
) -> None:
    """A course for an obsession that asks for the mood alone; a remark, for a clinic may ask in its own words."""
    moments = (every,) if isinstance(every, str) else every or ()
    rule = SCORED.but(every=tuple(map(MeasureMoment, moments)), indications=(code,))
    of_mood = {name: one for name, one in protocol.measures.items() if name in {"phq9", "gad7", "cssrs"}}
    measures = {**of_mood, **({measure: rule} if every else {})}
    mine = changed(protocol, {"indications": (code,), "measures": measures, "screening.gates": None})

    found = list(indication_need_holes(mine))

    is_told = every in (("baseline", "end"), "each_session")
    assert [(hole.key, hole.is_remark) for hole in found] == [("measures", True)] * (not is_told)


@EACH
def test_no_name_of_a_medicine_that_is_watched_for_can_become_another_ones(protocol: Protocol) -> None:
    """`versed` as ondansetron would sedate, and nobody would watch; the medicine of the session least of all."""
    watched, ruled = {*SEDATING, *ANTIDOTES}, {folded(one.code) for one in protocol.medicine.comedication}
    names = names_of(protocol, (one.code for one in protocol.medicine.comedication if one.code in watched)) - ruled

    found = comedication_holes(changed(protocol, {"vocabulary": moved_to("ondansetron", names)}))

    assert names - {folded(hole.key.split(".")[2]) for hole in found} == set()


@pytest.mark.parametrize("tell", [None, Severity.ROUTINE])
@EACH
def test_the_medicine_itself_filed_as_another_is_told_at_once(protocol: Protocol, tell: Severity | None) -> None:
    """It starts no checkpoints: in working hours nobody would know that somebody had been dosed."""

    def quiet(old: tuple[ComedicationRule, ...]) -> object:
        return tuple(one.but(tell=tell) if one.tell is Severity.EMERGENCY else one for one in old)

    found = {hole.key for hole in comedication_holes(changed(protocol, {"medicine.comedication": quiet}))}

    assert {f"medicine.comedication.{one}.tell" for one in ("ketamine", "esketamine", "spravato")} <= found


@pytest.mark.parametrize("within", [YEARS, days(31)])
@EACH
def test_a_form_that_is_due_in_years_is_named(protocol: Protocol, within: timedelta) -> None:
    """S5: within 7 days, where a REMS asks for it."""
    mine = changed(protocol, {"forms": lambda old: tuple(one.but(within=within) for one in old)})

    assert [hole.key for hole in window_holes(mine)] == [f"forms.{one.form}.within" for one in protocol.forms]


def test_nobody_is_told_within_one_minute_of_a_day() -> None:
    """What is missed just after it waits until the next day."""
    opens, _ = FILES[0].check_ins.waking or pytest.fail("the shipped file has waking hours")
    mine = changed(FILES[0], {"check_ins.waking": (opens, opens.replace(minute=1))})

    (hole,) = window_holes(mine)

    assert (hole.key, "23 h 59 min" in hole.lets_through) == ("check_ins.waking", True)


@EACH
def test_what_is_shipped_has_none_of_these(protocol: Protocol) -> None:
    """Asked of each kind alone, as the changes are."""
    asks = dict.fromkeys(ask for one in ALL for ask in one.asked)

    assert [hole for ask in asks for hole in ask(protocol)] == []


def test_a_bound_without_a_source_says_whose_it_is() -> None:
    """A medical director reads which of them is only ours."""
    mine = changed(FILES[0], {"medicine.clearance_valid": YEARS})

    (hole,) = window_holes(mine)

    assert hole.mend == f"must be at most PT2H ({OURS})"

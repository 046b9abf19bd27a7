"""The parameters of a medicine session: from who must be in the room to when the patient may leave."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Self

from pydantic import (
    Field,
    model_validator,
)

from domain.durations import Length, LengthOrZero
from domain.protocol.values import (
    BASIC_VITALS,
    AtLeastOne,
    Count,
    GiverRole,
    LimitSeverity,
    Milligrams,
    Percent,
    Range,
    Route,
    StaffRole,
    Vital,
    VitalRanges,
    Years,
    is_listed,
)
from domain.values import Code, Frozen, PersonId, Severity


class DoseBasis(StrEnum):
    """The unit of the dose bounds."""

    MG_PER_KG = "mg_per_kg"
    MG = "mg"


class AgeBound(Frozen):
    """The most for a first dose of whoever is `age_min` years old, or older."""

    age_min: Years
    first_max: Milligrams

    @property
    def key(self) -> str:
        """The path of its bound in `[evidence]`."""
        return f"medicine.dose.by_age.{self.age_min}.first_max"


class FirstMax(NamedTuple):
    """The most for a first dose, in the basis of the dose, and the key that says so."""

    amount: float
    key: str


class DoseBounds(Frozen):
    """The bounds of a dose, in `basis`. Above `max` two prescribers are needed; above `hard_max` no dose is allowed."""

    basis: DoseBasis
    first_max: Milligrams
    max: Milligrams
    hard_max: Milligrams
    step_max: Milligrams


class DoseRules(DoseBounds):
    """The bounds of a dose by the protocol's route, the one that a plan speaks of.

    `step_after_event` says whether a dose may rise after a session with an urgent or emergency event. From an age of
    `by_age` on its `first_max` holds instead. What is given in a session is one of `amounts`, in mg, such as of a spray
    that has no others; None allows any. `given_by` are the roles in which somebody may give it; None asks nobody.
    The second prescriber of a dose above `max` is one whom the course has met as such, or one of `second_prescribers`;
    with None anybody whom it has not met in other roles alone. Up to `parts_max` that were given within `parts_within`
    are the parts of one dose, as the devices of a spray are, as long as they are no more than the plan's; None for no
    parts. Two of the same amount that were told sooner than `parts_apart` after one another may be one told twice: it
    is asked, and so much is counted once; None asks whoever else tells of it. `rounding_percent` more than the plan or
    the bounds of a rise say is the rounding to what a syringe or a pump shows; above `max` and `hard_max` nothing is.
    After a session in which less than `whole_from_percent` of the plan's dose was given, as much as in the last whole
    one, or as the plan of a first dose said, is no step; None counts a step from whatever was given.
    """

    step_after_event: bool = False
    boosters_max: Count
    by_age: Annotated[tuple[AgeBound, ...], Field(min_length=1)] | None = None
    amounts: Annotated[tuple[Milligrams, ...], Field(min_length=1)] | None = None
    given_by: Annotated[tuple[GiverRole, ...], Field(min_length=1)] | None = None
    second_prescribers: tuple[PersonId, ...] | None = None
    parts_max: Annotated[int, Field(ge=2, le=9)] | None = None
    parts_within: Length | None = None
    parts_apart: Length | None = None
    rounding_percent: Annotated[float, Field(gt=0, le=10)] | None = None
    whole_from_percent: Annotated[float, Field(gt=0, le=100)] | None = None

    def first_max_of(self, age_years: int | None) -> FirstMax:
        """The most for a first dose at that age; of an age that is not known, the least of all."""
        bounds = [FirstMax(one.first_max, one.key) for one in self.by_age or () if _reaches(age_years, one.age_min)]
        general = FirstMax(self.first_max, "medicine.dose.first_max")
        if age_years is None:
            return min([general, *bounds], key=lambda one: one.amount)
        return bounds[-1] if bounds else general


class RouteRules(DoseBounds):
    """A further route by which the medicine may be given in a session, and the bounds of what is given by it alone.

    After the first dose by it there may be `boosters_max` others. Less than `least`, in `basis`, is asked about. With
    `prescribed` a prescriber gives it, or has named the route in the plan. None asks for neither.
    """

    route: Route
    boosters_max: Count
    least: Milligrams | None = None
    prescribed: bool | None = None

    @property
    def key(self) -> str:
        """The path of its keys in `[evidence]`."""
        return f"medicine.routes.{self.route}"


def _reaches(age_years: int | None, age_min: int) -> bool:
    return age_years is None or age_years >= age_min


class ClearanceRules(Frozen):
    """Vitals before a dose: a reading outside `hold` blocks, one outside `never` blocks absolutely."""

    reading_valid: Length
    hold: VitalRanges
    never: VitalRanges


class CheckpointRules(Frozen):
    """When vitals are due after a dose, which signs they are, and when missing ones open an escalation.

    A reading taken within `grace` is in time. Whether one was taken is not known before it is typed in: `told_after` is
    how long after the due moment people are told that there is none; None means `grace`. After the last offset, whoever
    has acknowledged that one is missing is called again ever more rarely, `again_most` apart at the most; None at each.
    """

    offsets: Annotated[tuple[LengthOrZero, ...], Field(min_length=1)]
    then_every: Length
    early: LengthOrZero
    grace: Length
    told_after: Length | None = None
    emergency_after: Length
    again_most: Length | None = None
    required: Annotated[tuple[Vital, ...], Field(min_length=1)] = BASIC_VITALS

    @property
    def missed_after(self) -> timedelta:
        """How long after the due moment a checkpoint without a reading is missed, and people are told."""
        return self.told_after or self.grace


class Limit(Frozen):
    """One limit on readings in a medicine session: above, below, or a rise over the clearance reading.

    With `confirm_within` a second breach among the last `confirm_of` values confirms the first; None means two, so that
    the two follow one another.
    """

    vital: Vital
    above: float | None = None
    below: float | None = None
    rise: Annotated[float, Field(gt=0)] | None = None
    severity: LimitSeverity
    confirm_within: Length | None = None
    confirm_of: Annotated[int, Field(ge=2, le=9)] | None = None

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if [self.above, self.below, self.rise].count(None) != 2:
            raise ValueError("must be exactly one of above, below and rise")
        return self

    @property
    def key(self) -> str:
        """The key path that names it in `[evidence]`."""
        return f"medicine.limits.{self.vital}.{self.severity}"

    @property
    def compared_with(self) -> int:
        """How many values before a breach are looked at for another one that confirms it."""
        return (self.confirm_of or 2) - 1

    def is_crossed_by(self, value: float, at_clearance: float | None) -> bool:
        """Whether `value` lies beyond the limit; the values `above` and `below` themselves are still within it.

        A `rise` is crossed when it is reached (CLINICAL.md 3.4: "rise of 40+", S2), and needs the clearance reading.
        """
        if self.above is not None:
            return value > self.above
        if self.below is not None:
            return value < self.below
        return at_clearance is not None and self.rise is not None and value - at_clearance >= self.rise


SUICIDAL: Final = (
    "suicidal",
    "suicidal_ideation",
    "suicidal_thoughts",
    "suicidal_intent",
    "suicidal_plan",
    "suicide_attempt",
    "self_harm",
)
"""The codes that tell of suicide unless the protocol says otherwise."""


class UnknownAfterDose(Frozen):
    """Who hears of a symptom that no list names, as long as `within` after a dose."""

    within: Length
    severity: Severity


class SymptomRules(Frozen):
    """Symptom codes by severity, independent of the vital signs. `unknown` is who hears of one that no list names.

    With `unknown_after_dose` it is told otherwise of whoever was dosed so shortly before; None as of anybody.
    `suicidal` are those that tell of suicide, as symptoms or as the term of an adverse event; None means `SUICIDAL`.
    """

    emergency: tuple[Code, ...]
    urgent: tuple[Code, ...]
    warning: tuple[Code, ...]
    unknown: Severity = Severity.ROUTINE
    unknown_after_dose: UnknownAfterDose | None = None
    suicidal: tuple[Code, ...] | None = None

    def severity_of_unknown(self, since_dose: timedelta | None) -> Severity:
        """Who hears of a symptom that no list names, so long after the last dose; None where there was none."""
        rule = self.unknown_after_dose
        is_soon = rule is not None and since_dose is not None and since_dose <= rule.within
        return max(self.unknown, rule.severity, key=lambda one: one.rank) if rule and is_soon else self.unknown

    @property
    def of_suicide(self) -> tuple[Code, ...]:
        """The codes that tell of suicide."""
        return SUICIDAL if self.suicidal is None else self.suicidal

    def is_suicidal(self, symptom: Code) -> bool:
        """Whether the symptom tells of suicide, however it is spelled."""
        return is_listed(symptom, self.of_suicide)

    def severity_of(self, symptom: Code) -> LimitSeverity | None:
        """The highest severity that lists the symptom, however it is spelled; None if none does."""
        for severity, listed in (
            (LimitSeverity.EMERGENCY, self.emergency),
            (LimitSeverity.URGENT, self.urgent),
            (LimitSeverity.WARNING, self.warning),
        ):
            if is_listed(symptom, listed):
                return severity
        return None


class DischargeRules(Frozen):
    """What must hold before a dosed patient is discharged.

    A pressure that is at most `bp_not_falling_margin` above the clearance reading is back there; None for no margin.
    `measures` are the instruments that are answered between the dose and the door; None for none.
    """

    padss_min: Annotated[int, Field(ge=0, le=10)]
    bp_within_percent: Percent
    bp_not_falling_after: Length
    bp_not_falling_margin: Annotated[int, Field(ge=1, le=10)] | None = None
    moaas_min: Annotated[int, Field(ge=0, le=5)]
    spo2_min: Percent
    oriented: bool
    steady_gait: bool
    dissociation_resolved: bool
    reading_valid: Length
    assessment_valid: Length = timedelta(minutes=30)
    measures: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None


class InfusionRules(Frozen):
    """When somebody asks what became of an infusion that nobody has stopped.

    `usual` is its length where its start does not say one; `grace` how long after its end somebody is asked. `least` is
    the shortest in which the plan's dose may run in, and `most` the longest: nobody waits longer for its stop, whatever
    its start says. None asks for no length. With `resume_gated` what speaks against a dose speaks against resuming one.
    """

    usual: Length = timedelta(hours=1)
    grace: Length = timedelta(minutes=15)
    least: Length | None = None
    most: Length | None = None
    resume_gated: bool | None = None


class ComedicationRule(Frozen):
    """Another medicine that may be given: whether observation starts again with it, and how severely people are told.

    Without `tell` nobody is told. Of one that was taken outside a visit, and more than a day after a dose, as severely
    as `tell_on_other_days`; None as ever.
    """

    code: Code
    restarts_observation: bool = False
    tell: Severity | None = None
    tell_on_other_days: Severity | None = None


class ComparedRules(Frozen):
    """What is compared with what was known before; a key that is left out compares nothing.

    `weight_within_percent` is how far a weight may be from the last one, `weight_kg` between which bounds it is usual.
    From `pounds_from_kg` on the screening's weight may be pounds: the decision on eligibility says once that it is not.
    `dose_at_least_percent` is how much of the plan's dose an injected one must be, and `infusion_at_least_percent` an
    infusion; `dose_at_most_percent` how much any may be. With `pregnancy_test` one that no longer applies is asked
    about. Amounts within `same_dose_percent` of one another may be one dose told twice, so long apart as
    `same_dose_within` where two people or systems tell of them; None means the same amount, and five minutes.
    """

    weight_within_percent: Annotated[float, Field(gt=0)] | None = None
    weight_kg: Range | None = None
    pounds_from_kg: Annotated[float, Field(gt=0, le=400)] | None = None
    dose_at_least_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    infusion_at_least_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    dose_at_most_percent: Annotated[float, Field(ge=100)] | None = None
    pregnancy_test: bool = False
    same_dose_percent: Annotated[float, Field(gt=0, le=20)] | None = None
    same_dose_within: Length | None = None


class MedicineRules(Frozen):
    """One medicine session, from who must be in the room to when the patient may leave.

    A visit of which nobody says what became is asked for after `unreported_after`, of a patient at risk of suicide
    after `unreported_at_risk`, and then every `unreported_again`. `missed_visit` and
    `missed_visit_at_risk` are the severities of a visit that the patient missed. A booking names one person for each
    role of `staff`, and may name more of those in `staff_several`; `one_person_two_roles` lets somebody fill two.
    `routes` are further ones beside the protocol's own, such as an injection after a lozenge. With
    `check_in_on_booked_day` a check-in of another day than the visit was booked for is told; None asks for no day.
    `watched_at_once_max` is the most patients of a group whom one monitor watches at once; None says nothing of groups.
    """

    staff: Annotated[tuple[StaffRole, ...], Field(min_length=1)]
    staff_several: tuple[StaffRole, ...] = ()
    one_person_two_roles: bool = False
    credentials: Mapping[StaffRole, tuple[Code, ...]] = {}
    planned_duration: Length
    minimum_observation: Length
    discharge_overdue: Length
    solids_fasting: LengthOrZero
    fluids_fasting: LengthOrZero
    escort_required: bool
    pregnancy_test_each_session: bool
    clearance_valid: Length
    unreported_after: Length = timedelta(hours=2)
    unreported_at_risk: Length = timedelta(minutes=30)
    unreported_again: Length = timedelta(days=1)
    missed_visit: Severity = Severity.ROUTINE
    missed_visit_at_risk: Severity = Severity.URGENT
    measures: tuple[Code, ...]
    measures_valid: Length = timedelta(days=1)
    integration_before_next_dose: bool
    dose: DoseRules
    clearance: ClearanceRules
    checkpoints: CheckpointRules
    limits: tuple[Limit, ...]
    symptoms: SymptomRules
    discharge: DischargeRules
    infusion: InfusionRules = InfusionRules()
    comedication: tuple[ComedicationRule, ...] = ()
    compared: ComparedRules | None = None
    routes: Annotated[tuple[RouteRules, ...], Field(min_length=1)] | None = None
    check_in_on_booked_day: bool | None = None
    watched_at_once_max: AtLeastOne | None = None

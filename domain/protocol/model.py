"""The protocol model: every clinical parameter of a course, as the clinic's protocol file sets it.

The models are named and nested as the file's keys are (docs/protocol-format.md): what a clinician reads under
`[medicine.dose]` is `protocol.medicine.dose`. Parameters only; the rules are in `domain.course.rules`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from domain.codes import folded, is_within
from domain.durations import Duration, Length, LengthOrZero, duration, iso_8601
from domain.escalation.messages import Kind
from domain.last_answer import keeps_last_answer
from domain.oncall.rota import LocalTime
from domain.values import Code, Frozen, Role, Severity

Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Sessions = Annotated[int, Field(ge=1, le=99)]
Years = Annotated[int, Field(ge=0, le=130)]
Trials = Annotated[int, Field(ge=0, le=100)]
Milligrams = Annotated[float, Field(gt=0)]
Percent = Annotated[int, Field(ge=1, le=100)]


def is_listed(code: Code, codes: Iterable[Code]) -> bool:
    """Whether the code is one of these, however it is spelled."""
    return folded(code) in map(folded, codes)


def _spelled(pattern: str, expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {expected}")
        return value

    return AfterValidator(check)


Version = Annotated[str, _spelled(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", "a version of numbers, such as 1.0.0")]
ProtocolId = Annotated[
    str,
    _spelled(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "an id of letters, digits, dots and dashes, such as kap-im-weekly"),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Route(StrEnum):
    """How the medicine enters the body."""

    INTRAMUSCULAR = "intramuscular"
    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    SUBLINGUAL = "sublingual"
    INTRANASAL = "intranasal"


class Vital(StrEnum):
    """A vital sign that a reading can contain."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    HEART_RATE = "heart_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    MOAAS = "moaas"


BASIC_VITALS = (Vital.SYSTOLIC, Vital.DIASTOLIC, Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE)
"""The signs that every checkpoint needs unless the protocol says otherwise."""


class LimitSeverity(StrEnum):
    """The severity of a reading beyond a limit."""

    WARNING = "warning"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for a warning, rising with severity."""
        return list(type(self)).index(self)


def _read_staff_role(value: object) -> Role:
    if isinstance(value, str) and value in STAFF_ROLES:
        return Role(value)
    raise ValueError("must be prescriber, monitor, therapist or coordinator")


STAFF_ROLES = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR})
StaffRole = Annotated[Role, BeforeValidator(_read_staff_role)]
"""A role that somebody can be booked in: neither the patient's nor Kapstan's own."""


class Range(Frozen):
    """From `low` to `high`, both included; a two-element array in the file."""

    low: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_array(cls, value: object, info: ValidationInfo) -> object:
        match value:
            case [low, high]:
                return {"low": low, "high": high}
            case {"low": _, "high": _} | Range() if info.mode == "python":
                return value
            case _:
                raise ValueError("must be a range of two numbers, such as [90, 140]")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("the first number of a range must not be greater than the second")
        return self

    @model_serializer
    def _to_array(self) -> tuple[float, float]:
        return (self.low, self.high)

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the range, its ends included."""
        return self.low <= value <= self.high

    def lies_within(self, other: "Range") -> bool:
        """Whether this range lies entirely within the other."""
        return other.low <= self.low and self.high <= other.high


class VitalRanges(Frozen):
    """A range for each vital sign; a vital sign without one (None) is not checked."""

    systolic: Range | None = None
    diastolic: Range | None = None
    heart_rate: Range | None = None
    spo2: Range | None = None
    respiratory_rate: Range | None = None
    moaas: Range | None = None

    def of(self, vital: Vital) -> Range | None:
        """The range of one vital sign."""
        ranges: dict[Vital, Range | None] = {
            Vital.SYSTOLIC: self.systolic,
            Vital.DIASTOLIC: self.diastolic,
            Vital.HEART_RATE: self.heart_rate,
            Vital.SPO2: self.spo2,
            Vital.RESPIRATORY_RATE: self.respiratory_rate,
            Vital.MOAAS: self.moaas,
        }
        return ranges[vital]


class CourseRules(Frozen):
    """How many medicine sessions, how far apart two doses are, and how long nobody may hear of a course.

    A dose may come `plan_interval_within` sooner than the plan's interval says; None asks nothing of it. After the
    review of `review_after_session` the prescriber reviews again `review_every` so many sessions.

    A course that stands still is asked for `ask_again` after it was asked for last, until it goes on. Each reason of a
    hold is reviewed after `hold_review`, one of safety after `safety_hold_review`, until it is lifted. Calls and risk
    screens are owed for `safety_window` after the last dose, even after closing.
    """

    medicine_sessions: Sessions
    sessions_min: Sessions
    sessions_max: Sessions
    interval: Length
    interval_min: Length
    interval_max: Length
    rescreen_after: Length
    plan_interval_within: LengthOrZero | None = None
    review_after_session: AtLeastOne | None = None
    review_every: AtLeastOne | None = None
    goals_required: bool
    ask_again: Length = timedelta(days=7)
    hold_review: Length = timedelta(days=7)
    safety_hold_review: Length = timedelta(days=2)
    safety_window: Length = timedelta(days=30)


class ScreeningRules(Frozen):
    """Who may enter the course: tests, bounds, excluding conditions, and conditions that a prescriber must weigh.

    `known` are conditions and medications that stand in nobody's way; one that no list names must be weighed.
    `consent_documents` are those that are a consent to this treatment; None asks for the version alone.
    """

    within: Length
    valid_for: Length = timedelta(days=60)
    measures: tuple[Code, ...]
    age_min: Years
    prior_trials_min: Trials
    systolic_max: AtLeastOne
    diastolic_max: AtLeastOne
    consent_version: Text
    consent_documents: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    consent_valid_for: Length
    absolute: tuple[Code, ...]
    review: tuple[Code, ...]
    caution_medications: tuple[Code, ...]
    known: tuple[Code, ...] = ()


class PreparationRules(Frozen):
    """The talks and topics that must be covered before the first dose. A talk of fewer minutes is none."""

    sessions: Count
    least_minutes: AtLeastOne | None = None
    within: Length
    topics: tuple[Code, ...]


class DoseBasis(StrEnum):
    """The unit of the dose bounds."""

    MG_PER_KG = "mg_per_kg"
    MG = "mg"


class DoseRules(Frozen):
    """The bounds of a dose, in `basis`. Above `max` two prescribers are needed; above `hard_max` no dose is allowed.

    `step_after_event` says whether a dose may rise after a session with an urgent or emergency event.
    """

    basis: DoseBasis
    first_max: Milligrams
    max: Milligrams
    hard_max: Milligrams
    step_max: Milligrams
    step_after_event: bool = False
    boosters_max: Count


class ClearanceRules(Frozen):
    """Vitals before a dose: a reading outside `hold` blocks, one outside `never` blocks absolutely."""

    reading_valid: Length
    hold: VitalRanges
    never: VitalRanges


class CheckpointRules(Frozen):
    """When vitals are due after a dose, which signs they are, and when missing ones open an escalation.

    A reading taken within `grace` is in time. Whether one was taken is not known before it is typed in: `told_after` is
    how long after the due moment people are told that there is none; None means `grace`.
    """

    offsets: Annotated[tuple[LengthOrZero, ...], Field(min_length=1)]
    then_every: Length
    early: LengthOrZero
    grace: Length
    told_after: Length | None = None
    emergency_after: Length
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


class SymptomRules(Frozen):
    """Symptom codes by severity, independent of the vital signs. `unknown` is who hears of one that no list names.

    `suicidal` are those that tell of suicide, as symptoms or as the term of an adverse event; None means `SUICIDAL`.
    """

    emergency: tuple[Code, ...]
    urgent: tuple[Code, ...]
    warning: tuple[Code, ...]
    unknown: Severity = Severity.ROUTINE
    suicidal: tuple[Code, ...] | None = None

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
    """What must hold before a dosed patient is discharged."""

    padss_min: Annotated[int, Field(ge=0, le=10)]
    bp_within_percent: Percent
    bp_not_falling_after: Length
    moaas_min: Annotated[int, Field(ge=0, le=5)]
    spo2_min: Percent
    oriented: bool
    steady_gait: bool
    dissociation_resolved: bool
    reading_valid: Length
    assessment_valid: Length = timedelta(minutes=30)


class InfusionRules(Frozen):
    """When somebody asks what became of an infusion that nobody has stopped.

    `usual` is its length where its start does not say one; `grace` how long after its end somebody is asked.
    """

    usual: Length = timedelta(hours=1)
    grace: Length = timedelta(minutes=15)


class ComedicationRule(Frozen):
    """Another medicine that may be given: whether observation starts again with it, and how severely people are told.

    Without `tell` nobody is told.
    """

    code: Code
    restarts_observation: bool = False
    tell: Severity | None = None


class ComparedRules(Frozen):
    """What is compared with what was known before; a key that is left out compares nothing.

    `weight_within_percent` is how far a weight may be from the last one, `dose_at_least_percent` how much of the plan's
    dose an injected one must be. With `pregnancy_test` one that no longer applies is asked about.
    """

    weight_within_percent: Annotated[float, Field(gt=0)] | None = None
    dose_at_least_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    pregnancy_test: bool = False


class MedicineRules(Frozen):
    """One medicine session, from who must be in the room to when the patient may leave.

    A visit of which nobody says what became is asked for after `unreported_after`, of a patient at risk of suicide
    after `unreported_at_risk`, and then every `unreported_again`. `missed_visit` and
    `missed_visit_at_risk` are the severities of a visit that the patient missed. A booking names one person for each
    role of `staff`, and may name more of those in `staff_several`; `one_person_two_roles` lets somebody fill two.
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


class IntegrationRules(Frozen):
    """How soon after a medicine session integration talks are held, and how many. One of fewer minutes is none."""

    sessions: Count
    least_minutes: AtLeastOne | None = None
    within: Length


class CheckInRules(Frozen):
    """The calls after a session, counted from discharge, and how late each may be.

    `waking` are the local times of the site between which a call that was missed is told, unless the patient is at
    risk; None at any hour. A missed call that was due later than `urgent_through` after discharge is told as routine,
    unless the patient is at risk; None if each is urgent.
    """

    after: tuple[Length, ...]
    reminder: Length
    missed: Length
    missed_at_risk: Length
    waking: tuple[LocalTime, LocalTime] | None = None
    urgent_through: Length | None = None

    def severity_of_missed(self, after: timedelta, *, is_at_risk: bool) -> Severity:
        """How loudly a call that was due so long after discharge is told once it was missed."""
        is_mild = self.urgent_through is not None and after > self.urgent_through
        return Severity.ROUTINE if is_mild and not is_at_risk else Severity.URGENT


class FollowUpRules(Frozen):
    """The visits after the last medicine session."""

    after: tuple[Length, ...]
    grace: Length


class Form(Frozen):
    """Paperwork that is due after discharge."""

    form: Code
    within: Length
    remind: tuple[Length, ...] = ()


class MeasureMoment(StrEnum):
    """When a measure is due, if not at a fixed interval."""

    BASELINE = "baseline"
    EACH_SESSION = "each_session"
    END = "end"
    FOLLOW_UP = "follow_up"


def _read_every(value: object) -> object:
    match value:
        case MeasureMoment() | timedelta():
            return value
        case str() if value in list(MeasureMoment):
            return MeasureMoment(value)
        case str() if value.startswith("P") and (length := duration(value)):
            return length
        case list() | tuple() if value and all(one in list(MeasureMoment) for one in value):
            return tuple(map(MeasureMoment, value))
        case _:
            raise ValueError(f"must be one or several of {', '.join(MeasureMoment)}, or a duration such as P30D")


def _write_every(value: MeasureMoment | timedelta | tuple[MeasureMoment, ...]) -> str | list[str]:
    match value:
        case timedelta():
            return iso_8601(value)
        case MeasureMoment():
            return value.value
        case _:
            return [one.value for one in value]


Every = Annotated[
    MeasureMoment | Duration | tuple[MeasureMoment, ...],
    BeforeValidator(_read_every),
    PlainSerializer(_write_every, return_type=str | list[str], when_used="json"),
]


class Item9Rule(Frozen):
    """What follows from an answer to PHQ-9 item 9, about being better off dead.

    An answer up to `routine_to` is routine while the screen that it `needs` may still come that day, unless the patient
    is known to be at risk; None if every answer is of `severity` at once.
    """

    at_least: Annotated[int, Field(ge=1, le=3)]
    severity: Severity
    routine_to: Annotated[int, Field(ge=1, le=3)] | None = None
    needs: Code

    def severity_of(self, answer: int) -> Severity:
        """How loudly this answer is told."""
        is_mild = self.routine_to is not None and answer <= self.routine_to
        return Severity.ROUTINE if is_mild else self.severity


class RiskRule(Frozen):
    """What follows from a level of suicide risk: the escalation's severity, and whether the course is held."""

    severity: Severity
    hold: bool


class MeasureRule(Frozen):
    """When an instrument is due, and what a change of its score means.

    `indications` are those it is asked for of; None for everybody. `worsened` is the severity of the escalation for a
    meaningful change for the worse; None means routine.
    """

    every: Every
    indications: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    range: Range | None = None
    response_percent: Percent | None = None
    remission_below: float | None = None
    meaningful_change: Annotated[float, Field(gt=0)] | None = None
    worsened: Severity | None = None
    item9: Item9Rule | None = None
    high: RiskRule | None = None
    moderate: RiskRule | None = None

    @property
    def moments(self) -> tuple[MeasureMoment | timedelta, ...]:
        """When it is due: each of several moments, or one of them, or an interval."""
        return self.every if isinstance(self.every, tuple) else (self.every,)


SILENT_DEVIATIONS = (
    "check_in.already_done",
    "check_in.not_in_protocol",
    "check_in.too_early",
    "form.already_filed",
    "form.not_in_protocol",
    "follow_up.already_held",
    "patient.not_away",
)
"""The deviations that call nobody unless the protocol says otherwise: they fulfil nothing, and harm nobody."""


class DeviationRules(Frozen):
    """Who is told of a fact that the protocol speaks against.

    `dose` is the severity of a dose against what a prescriber may override, and of what a discharge is found to have
    lacked; `dose_absolute` is that of a dose against what nobody may override, `other` of any other
    fact. Nobody is told of the codes in `silent`.
    """

    dose: Severity = Severity.URGENT
    dose_absolute: Severity = Severity.EMERGENCY
    other: Severity = Severity.ROUTINE
    silent: tuple[Code, ...] = SILENT_DEVIATIONS


RESOLVERS: Mapping[Kind, tuple[Role, ...]] = dict.fromkeys(
    (Kind.SUICIDE_RISK, Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT), (Role.PRESCRIBER, Role.MONITOR)
)
"""The roles that resolve a question of safety unless the protocol says otherwise."""


class EscalationRules(Frozen):
    """Who may resolve an escalation, by its kind; whoever is on call may resolve one of a kind that is not named.

    `reviewed_within` is how long an adverse event that is routine may wait for a clinician until it is urgent.
    """

    resolved_by: Mapping[Kind, Annotated[tuple[StaffRole, ...], Field(min_length=1)]] = RESOLVERS
    reviewed_within: Length | None = None

    def resolvers_of(self, kind: Kind) -> tuple[Role, ...]:
        """The roles that may resolve an escalation of this kind; empty for any."""
        return self.resolved_by.get(kind, RESOLVERS.get(kind, ()))


class Grade(StrEnum):
    """The grade of evidence behind a value."""

    SOURCED = "sourced"
    WEAK = "weak"
    COMMON_PRACTICE = "common_practice"


class Evidence(Frozen):
    """The evidence behind a value: its grade, source and note."""

    grade: Grade
    source: Text
    note: Text | None = None


class Protocol(Frozen):
    """One version of one protocol. It is pinned into a course when the course starts.

    `vocabulary` gives the other names of a code that the protocol's lists name.
    """

    id: ProtocolId
    version: Version
    title: Text
    route: Route
    indications: Annotated[tuple[Code, ...], Field(min_length=1)]
    course: CourseRules
    screening: ScreeningRules
    preparation: PreparationRules
    medicine: MedicineRules
    integration: IntegrationRules
    check_ins: CheckInRules
    follow_up: FollowUpRules
    forms: tuple[Form, ...] = ()
    measures: Mapping[Code, MeasureRule] = {}
    deviations: DeviationRules = DeviationRules()
    vocabulary: Mapping[Code, tuple[Code, ...]] = {}
    escalations: EscalationRules = EscalationRules()
    evidence: Mapping[str, Evidence] = {}

    def canonical(self, code: Code) -> Code:
        """The code by the name that the protocol's lists use, if it is a synonym or another spelling of one."""
        return _canonical_names(self.vocabulary).get(folded(code), code)

    def is_indication(self, code: Code) -> bool:
        """Whether the treatment is for it: `indications` names the code, by any name or spelling, or its family."""
        return self._is_among(code, self.indications)

    def is_asked_of(self, rule: MeasureRule, indications: Sequence[Code]) -> bool:
        """Whether somebody with these indications is asked by this rule of `measures`."""
        listed = rule.indications
        return listed is None or any(self._is_among(code, listed) for code in indications)

    def _is_among(self, code: Code, listed: Sequence[Code]) -> bool:
        return any(is_within(self.canonical(code), one) for one in listed)

    def source_of(self, key: str) -> str | None:
        """The source that a parameter's evidence names, such as "S27"; None if it has none.

        `key` is the parameter's path, such as "course.interval_min", or for a limit its `key`.
        """
        evidence = self.evidence.get(key)
        return evidence.source if evidence else None


@keeps_last_answer
def _canonical_names(vocabulary: Mapping[Code, tuple[Code, ...]]) -> Mapping[Code, Code]:
    """By each name and synonym, in plain spelling: the name; the first that has it, where several do."""
    found: dict[Code, Code] = {}
    for name, synonyms in vocabulary.items():
        for word in (name, *synonyms):
            found.setdefault(folded(word), name)
    return found

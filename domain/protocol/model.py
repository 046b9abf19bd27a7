"""The protocol model: every clinical parameter of a course, as the clinic's protocol file sets it.

The models are named and nested as the file's keys are (docs/protocol-format.md): what a clinician reads under
`[medicine.dose]` is `protocol.medicine.dose`. Parameters only; the rules are in `domain.course.rules`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    Field,
)

from domain.codes import folded, is_within
from domain.durations import Length, LengthOrZero
from domain.escalation.messages import Kind
from domain.last_answer import keeps_last_answer
from domain.oncall.rota import LocalTime
from domain.protocol.measures import MeasureRule
from domain.protocol.medicine import MedicineRules
from domain.protocol.schedule import MaintenanceRules, SchedulePart
from domain.protocol.screening import FurtherConsent, ScreeningGate, ScreeningTest
from domain.protocol.values import (
    AtLeastOne,
    Count,
    ProtocolId,
    Route,
    Sessions,
    StaffRole,
    Text,
    Trials,
    Version,
    Years,
)
from domain.values import Code, Frozen, Name, Role, Severity


class CourseRules(Frozen):
    """How many medicine sessions, how far apart two doses are, and how long nobody may hear of a course.

    With `interval_by_day` the least interval, and the plan's, are counted from the day of a dose to the day of the
    next; None from hour to hour. A dose may come `plan_interval_within` sooner than the plan's interval says; None
    asks nothing of it. After the review of `review_after_session` the prescriber reviews again `review_every` so
    many sessions; with `review_after_event` also after a session with an urgent or emergency event, None as False.

    A course that stands still is asked for `ask_again` after it was asked for last, until it goes on. Each reason of a
    hold is reviewed after `hold_review`, one of safety after `safety_hold_review`, until it is lifted; with
    `hold_review_by_day` within `check_ins.waking`, at the last such moment, None at any hour. Calls and risk
    screens are owed for `safety_window` after the last dose, even after closing.

    The parts of `schedule` follow one another from the first session on, each with intervals of its own; those of the
    course are for the sessions that no part reaches, and for how long the first dose may be waited for. With
    `maintenance` there may be further sessions once the planned ones have been held.
    """

    medicine_sessions: Sessions
    sessions_min: Sessions
    sessions_max: Sessions
    interval: Length
    interval_min: Length
    interval_max: Length
    rescreen_after: Length
    interval_by_day: bool | None = None
    plan_interval_within: LengthOrZero | None = None
    review_after_session: AtLeastOne | None = None
    review_every: AtLeastOne | None = None
    review_after_event: bool | None = None
    goals_required: bool
    ask_again: Length = timedelta(days=7)
    hold_review: Length = timedelta(days=7)
    safety_hold_review: Length = timedelta(days=2)
    hold_review_by_day: bool | None = None
    safety_window: Length = timedelta(days=30)
    schedule: Annotated[tuple[SchedulePart, ...], Field(min_length=1)] | None = None
    maintenance: MaintenanceRules | None = None

    @property
    def key(self) -> str:
        """The path of its keys."""
        return "course"

    def part_of(self, session: int) -> SchedulePart | None:
        """The part of the schedule that the session of this number lies in; None if no part reaches it."""
        reached = 0
        for part in self.schedule or ():
            reached += part.sessions
            if session <= reached:
                return part
        return None


class ScreeningRules(Frozen):
    """Who may enter the course: tests, bounds, excluding conditions, and conditions that a prescriber must weigh.

    Somebody older than `age_max` is weighed by the prescriber; None asks for no upper age. `known` are conditions and
    medications that stand in nobody's way; one that no list names must be weighed.
    `consent_documents` are those that are a consent to this treatment; None asks for the version alone.
    `further_consents` are asked for beside it, by the name of their document. With `consent_spelling_free` papers and
    versions are the same however they are spelled; None asks for each letter. `tests` are by the code of each, `gates`
    by a name of the clinic's own. None asks for none. `earlier_answers` is how loudly an answer is told that is dated
    before the referral and is of no recent month; None as any other.
    """

    within: Length
    valid_for: Length = timedelta(days=60)
    measures: tuple[Code, ...]
    age_min: Years
    age_max: Years | None = None
    prior_trials_min: Trials
    systolic_max: AtLeastOne
    diastolic_max: AtLeastOne
    consent_version: Text
    consent_documents: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    consent_spelling_free: bool | None = None
    consent_valid_for: Length
    absolute: tuple[Code, ...]
    review: tuple[Code, ...]
    caution_medications: tuple[Code, ...]
    known: tuple[Code, ...] = ()
    tests: Mapping[Code, ScreeningTest] | None = None
    gates: Mapping[Code, ScreeningGate] | None = None
    further_consents: Mapping[Name, FurtherConsent] | None = None
    earlier_answers: Severity | None = None


class PreparationRules(Frozen):
    """The talks and topics that must be covered before the first dose. A talk of fewer minutes is none.

    `roles` are those in which somebody may hold one; with them a talk takes its time. None asks nobody. With
    `during_screening` one counts that is told before the decision on eligibility; None only one that is told after it.
    """

    sessions: Count
    least_minutes: AtLeastOne | None = None
    roles: Annotated[tuple[StaffRole, ...], Field(min_length=1)] | None = None
    within: Length
    during_screening: bool | None = None
    topics: tuple[Code, ...]


class IntegrationRules(Frozen):
    """How soon after a medicine session integration talks are held, and how many. One of fewer minutes is none.

    `roles` are those in which somebody may hold one; with them a talk takes its time. None asks nobody.
    """

    sessions: Count
    least_minutes: AtLeastOne | None = None
    roles: Annotated[tuple[StaffRole, ...], Field(min_length=1)] | None = None
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

    `reviewed_within` is how long an adverse event that is routine may wait for a clinician until it is urgent. What
    happened longer before it was told than `history_after`, and of a risk of suicide `risk_history_after`, is routine;
    None tells it as of today.
    """

    resolved_by: Mapping[Kind, Annotated[tuple[StaffRole, ...], Field(min_length=1)]] = RESOLVERS
    reviewed_within: Length | None = None
    history_after: Length | None = None
    risk_history_after: Length | None = None

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

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route by which the medicine may be given, the protocol's own first."""
        return (self.route, *(one.route for one in self.medicine.routes or ()))

    def canonical(self, code: Code) -> Code:
        """The code by the name that the protocol's lists use, if it is a synonym or another spelling of one."""
        return _canonical_names(self.vocabulary).get(folded(code), code)

    def is_indication(self, code: Code) -> bool:
        """Whether the treatment is for it: `indications` names the code, by any name or spelling, or its family."""
        return self._is_among(code, self.indications)

    def is_asked_of(self, rule: MeasureRule, indications: Sequence[Code]) -> bool:
        """Whether somebody with these indications is asked by this rule of `measures`."""
        return self.is_for(rule.indications, indications)

    def is_for(self, listed: Sequence[Code] | None, indications: Sequence[Code]) -> bool:
        """Whether one of these indications is listed, by any name or spelling, or by its family; None lists all."""
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

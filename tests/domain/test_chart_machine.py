"""Safety by property: whatever is reported, in whatever order, and however much time goes by.

A machine takes a course from some point of a good story and goes on with legal and illegal events, late ones, repeated
ones, news of escalations, and time. After each step it asks what must hold, and where it can it asks the ledger and not
the chart that decided. `PROVE_EXAMPLES=20000` looks longer, and elsewhere every time; the suite looks where it always
does.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import Phase as Stretch
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import discharge as discharge_rules
from domain.answer import AlreadyAnswered
from domain.deadlines import DeadlineKind
from domain.escalation import Change, EscalationState, Kind
from domain.events import ClinicEvent, DoseAdministered, PatientDischarged, PregnancyTest, VitalsRecorded
from domain.ledger import Entry
from domain.protocol import Protocol
from domain.refusal import RefusalCode, Refused
from domain.state import Phase, Stage
from domain.todo import to_do
from domain.values import Role
from domain.vitals import Verdict, verdict
from tests.cast import (
    CALM,
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    OSEI,
    WARD,
    WEEKLY,
    abortion,
    adverse_event,
    assessment,
    booking,
    call,
    cancellation,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    form,
    gad7,
    hold,
    hours,
    ineligible,
    integration,
    migration,
    minutes,
    missed,
    moved,
    phq9,
    plan,
    preparation,
    rebooking,
    referral,
    resumption,
    screening,
    seconds,
    transfer,
    vitals,
    voiding,
    weekly,
    withdrawal,
)
from tests.domain.test_gates import LIFTED, offered_and_accepted
from tests.domain.ward import TICK, Ward, is_whole

PROVING = os.environ.get("PROVE_EXAMPLES")

PROTOCOLS: Mapping[str, Protocol] = {
    "weekly": WEEKLY,
    "boosters": weekly({"medicine.dose.boosters_max": 2, "medicine.dose.first_max": 1.0}),
    # Its usual first dose fills `first_max`: a booster that is allowed by number and has no room.
    "full": weekly({"medicine.dose.boosters_max": 1}),
    "bare": weekly({"integration.sessions": 0, "forms": (), "follow_up.after": (), "check_ins.after": ()}),
}
POINTS = (
    "referred",
    "screened",
    "eligible",
    "prepared",
    "booked",
    "checked_in",
    "cleared",
    "dosed",
    "watched",
    "discharged",
)
LENGTHS = st.sampled_from(
    [
        seconds(1),
        minutes(1),
        minutes(5),
        minutes(10),
        minutes(15),
        minutes(40),
        hours(2),
        hours(7),
        days(1),
        days(3),
        days(8),
    ]
)
SHIFTS = st.sampled_from(
    [timedelta()] * 6
    + [TICK, -TICK, -minutes(1), -minutes(6), -minutes(31), -hours(3), -days(2), seconds(60), seconds(61)]
)
ACTORS = st.sampled_from([OSEI] * 8 + [LIND] * 3 + list(EVERYBODY))

Draw = Callable[[st.SearchStrategy[object]], object]


@cache
def _come_so_far(name: str, point: str, session: int) -> Ward:
    ward = Ward(protocol=PROTOCOLS[name])
    at_point = getattr(ward, point)
    if point in {"referred", "screened", "eligible", "prepared"}:
        at_point()
    else:
        at_point(session)
    return ward


def come_so_far(name: str, point: str, session: int) -> Ward:
    """A ward of its own, at that point of a story."""
    known = _come_so_far(name, point, session)
    ward = Ward(protocol=PROTOCOLS[name])
    ward.chart, ward.now = known.chart, known.now
    ward.entries, ward.calls, ward.answers = [*known.entries], [*known.calls], [*known.answers]
    return ward


def anything(data: st.DataObject, ward: Ward) -> ClinicEvent:
    """Some clinic event, by somebody, about then, of a session that may or may not be there."""
    draw = data.draw
    at = ward.now + draw(SHIFTS)
    by = draw(ACTORS)
    newest = ward.chart.session.number if ward.chart.session else 1
    number = draw(st.sampled_from([newest] * 6 + [newest + 1, max(1, newest - 1), 9]))
    lifted = draw(st.sampled_from([(), LIFTED]))
    starts_at = at + draw(LENGTHS)
    makers: Mapping[str, Callable[[], ClinicEvent]] = {
        "referral": lambda: referral(MARA, at=at),
        "screening": lambda: screening(
            MARA,
            at=at,
            by=by,
            conditions=draw(st.sampled_from([[], ["cystitis"], ["active_mania"]])),
            systolic=draw(st.sampled_from([124, 155])),
        ),
        "consent": lambda: consent(MARA, at=at, by=by, version=draw(st.sampled_from(["2026-01"] * 3 + ["2025-01"]))),
        "withdrawn": lambda: consent_withdrawn(MARA, at=at, by=by),
        "phq9": lambda: phq9(MARA, at=at, items=draw(st.sampled_from([(1,) * 9, (0,) * 9]))),
        "gad7": lambda: gad7(MARA, at=at),
        "cssrs": lambda: cssrs(MARA, at=at, items=draw(st.sampled_from([CALM] * 3 + [HAS_A_METHOD, HAS_A_PLAN]))),
        "eligible": lambda: eligible(MARA, at=at, by=by, overrides=lifted),
        "ineligible": lambda: ineligible(MARA, at=at, by=by),
        "plan": lambda: plan(MARA, at=at, by=by, sessions=draw(st.sampled_from([None, 3, 4, 9]))),
        "preparation": lambda: preparation(MARA, at=at, by=by),
        "booking": lambda: booking(MARA, number, at=at, by=by, starts_at=starts_at),
        "rebooking": lambda: rebooking(MARA, number, at=at, by=by, starts_at=starts_at),
        "cancellation": lambda: cancellation(MARA, number, at=at, by=by),
        "missed": lambda: missed(MARA, number, at=at, by=by),
        "check_in": lambda: check_in(
            MARA,
            number,
            at=at,
            by=by,
            escort=draw(st.booleans()),
            weight_kg=draw(st.sampled_from([70.0, 52.5, None])),
            last_solids_at=at - draw(st.sampled_from([hours(1), hours(12)])),
            pregnancy_test=draw(st.sampled_from([PregnancyTest.NEGATIVE] * 4 + [PregnancyTest.POSITIVE])),
        ),
        "vitals": lambda: vitals(
            MARA,
            number,
            at=at,
            by=by,
            systolic=draw(st.sampled_from([126] * 4 + [143, 165, 185, 195])),
            spo2=draw(st.sampled_from([98] * 4 + [93, 88])),
            heart_rate=draw(st.sampled_from([74] * 4 + [125])),
        ),
        "clearance": lambda: clearance(MARA, number, at=at, by=by, overrides=lifted),
        "dose": lambda: dose(
            MARA,
            number,
            at=at,
            by=by,
            mg=draw(st.sampled_from([35.0, 35.0, 1.0, 60.0, 200.0])),
            route=draw(st.sampled_from(["intramuscular"] * 4 + ["intravenous"])),
            witness=draw(st.sampled_from([None, WARD])),
        ),
        "adverse_event": lambda: adverse_event(MARA, draw(st.sampled_from([None, number])), at=at, by=by, grade=3),
        "abortion": lambda: abortion(MARA, number, at=at, by=by),
        "assessment": lambda: assessment(MARA, number, at=at, by=by, padss=draw(st.sampled_from([10, 10, 8]))),
        "discharge": lambda: discharge(
            MARA, number, at=at, by=by, escort=draw(st.sampled_from([True, True, False])), overrides=lifted
        ),
        "call": lambda: call(
            MARA,
            number,
            at=at,
            by=by,
            days_after=draw(st.sampled_from([1, 3, 7, 2])),
            suicidal_ideation=draw(st.sampled_from([False] * 4 + [True])),
        ),
        "integration": lambda: integration(MARA, number, at=at, by=by),
        "form": lambda: form(MARA, number, at=at, by=by, form=draw(st.sampled_from(["session_monitoring", "other"]))),
        "follow_up": lambda: follow_up(MARA, at=at, by=by, days_after=draw(st.sampled_from([30, 90, 180, 31]))),
        "hold": lambda: hold(MARA, at=at, by=by),
        "resumption": lambda: resumption(MARA, at=at, by=by),
        "withdrawal": lambda: withdrawal(MARA, at=at, by=by),
        "discontinuation": lambda: discontinuation(MARA, at=at, by=by),
        "transfer": lambda: transfer(MARA, at=at, by=by),
        "voiding": lambda: voiding(MARA, at=at, by=by),
        "migration": lambda: migration(MARA, at=at, by=by, to_version=draw(st.sampled_from(["1.1.0", "9.9.9"]))),
    }
    seldom = {"ineligible", "withdrawal", "discontinuation", "transfer", "voiding", "migration", "referral"}
    names = [name for name in makers for _ in range(1 if name in seldom else 4)]
    return makers[draw(st.sampled_from(names))]()


def next_of_a_good_story(ward: Ward) -> ClinicEvent | None:
    """What the clinic would report next, if all went well from here; None where only a human's answer is missing."""
    chart, now, session = ward.chart, ward.now, ward.chart.session
    number = session.number if session else 1
    taken = {one.scored.instrument for one in chart.measures}
    if chart.hold is not None:
        return resumption(MARA, at=now)
    match chart.phase, session.stage if session else None:
        case Phase.SCREENING, _:
            todo: tuple[tuple[bool, ClinicEvent], ...] = (
                (chart.screening is not None, screening(MARA, at=now)),
                ("phq9" in taken, phq9(MARA, at=now)),
                ("gad7" in taken, gad7(MARA, at=now)),
                ("cssrs" in taken, cssrs(MARA, at=now)),
                ("consent" not in _blocked(ward), consent(MARA, at=now)),
            )
            return next((event for is_done, event in todo if not is_done), eligible(MARA, at=now, overrides=LIFTED))
        case Phase.PREPARATION, _:
            return plan(MARA, at=now) if chart.plan is None else preparation(MARA, at=now)
        case Phase.MEDICINE, Stage.BOOKED:
            return check_in(MARA, number, at=now)
        case Phase.MEDICINE, Stage.CHECKED_IN:
            assert session is not None
            is_fresh = session.reading_before(now) is not None and "vitals" not in _blocked(ward)
            return clearance(MARA, number, at=now, overrides=LIFTED) if is_fresh else vitals(MARA, number, at=now)
        case Phase.MEDICINE, Stage.CLEARED:
            return dose(MARA, number, at=now)
        case Phase.MEDICINE, Stage.DOSED:
            return assessment(MARA, number, at=now)
        case Phase.MEDICINE, Stage.RECOVERING:
            is_fresh = "vitals" not in _blocked(ward)
            leaves = discharge(MARA, number, at=now, by=OSEI, overrides=LIFTED)
            return leaves if is_fresh else vitals(MARA, number, at=now)
        case ((Phase.MEDICINE | Phase.INTEGRATION), (Stage.CANCELED | Stage.MISSED | Stage.ABORTED)):
            return rebooking(MARA, number, at=now, starts_at=now + days(3))
        case Phase.INTEGRATION, _:
            return integration(MARA, number, at=now)
        case Phase.MEDICINE, _:
            number = 1 if session is None else number + 1
            return booking(MARA, number, at=now, starts_at=now + days(7))
        case Phase.FOLLOW_UP, _:
            held = {visit.data.days_after for visit in chart.follow_ups}
            return next((follow_up(MARA, at=now, days_after=day) for day in (30, 90, 180) if day not in held), None)
        case _:
            return None


def _blocked(ward: Ward) -> set[str]:
    return {blocker.code.split(".")[0] for blocker in ward.chart.blockers(ward.now)}


class AnyCourse(RuleBasedStateMachine):
    """One course under anything."""

    def __init__(self) -> None:
        super().__init__()
        self.ward = Ward()
        self.refused = 0

    @initialize(
        name=st.sampled_from(sorted(PROTOCOLS)), point=st.sampled_from(POINTS), session=st.sampled_from([1, 1, 2])
    )
    def begins(self, name: str, point: str, session: int) -> None:
        self.ward = come_so_far(name, point, session)
        self.ward.migrates_to(PROTOCOLS[name].but(version="1.1.0"))

    @rule(data=st.data())
    def something_is_reported(self, data: st.DataObject) -> None:
        self._take_in(anything(data, self.ward))

    @rule()
    def the_story_goes_on(self) -> None:
        event = next_of_a_good_story(self.ward)
        if event is not None:
            self._take_in(event)

    @rule(length=LENGTHS)
    def time_passes(self, length: timedelta) -> None:
        # A forgotten discharge is told every quarter of an hour: days of it are a story of their own.
        is_short = self.ward.chart.monitored is not None
        before = self.ward.chart
        self.ward.passes(min(length, hours(2)) if is_short else length)
        self._only_reminded(before)

    @rule(length=LENGTHS)
    def kapstan_sleeps(self, length: timedelta) -> None:
        before = self.ward.chart
        self.ward.sleeps(length)
        self._only_reminded(before)

    @precondition(lambda self: self.ward.chart.unresolved)
    @rule(data=st.data(), change=st.sampled_from([Change.ACKNOWLEDGED, Change.REOPENED, Change.RESOLVED]))
    def somebody_answers(self, data: st.DataObject, change: Change) -> None:
        kind = data.draw(st.sampled_from(sorted(self.ward.open)))
        self.ward.hears(kind, change)

    @precondition(lambda self: self.ward.answers)
    @rule(data=st.data())
    def an_event_is_sent_again(self, data: st.DataObject) -> None:
        event, answer = data.draw(st.sampled_from(self.ward.answers[-8:]))
        before = self.ward.chart
        assert self.ward.repeats(event) == answer
        other = moved(event, event.time - seconds(1)).but(id=event.id)
        assert self.ward.turns_away(other).code is RefusalCode.EVENT_ID_REUSED
        assert self.ward.chart is before

    @rule()
    def the_clinic_asks_what_may_come(self) -> None:
        """`next_acts` lists exactly what would be accepted now."""
        offered, accepted = offered_and_accepted(self.ward)
        assert offered == accepted

    @precondition(lambda self: self.ward.chart.monitored is not None)
    @rule(data=st.data(), earlier=st.integers(0, 60), apart=st.integers(1, 20))
    def two_readings_may_arrive_in_either_order(self, data: st.DataObject, earlier: int, apart: int) -> None:
        """The final verdicts are those of when they were taken; neither is written into the course."""
        ward, monitored = self.ward, self.ward.chart.monitored
        assert monitored is not None
        # A second aside: two readings of one moment are a correction, of which the one that comes last counts.
        times = [ward.now - minutes(earlier + apart) - seconds(1), ward.now - minutes(earlier) - seconds(1)]
        assume(not {reading.at for reading in monitored.readings} & {*times})
        pair = [
            vitals(
                MARA,
                monitored.number,
                at=at,
                systolic=data.draw(st.sampled_from([126, 165, 185, 195])),
                spo2=data.draw(st.sampled_from([98, 93, 88])),
            )
            for at in times
        ]
        in_order, reversed_ = (self._judged(order) for order in (pair, pair[::-1]))
        assert in_order == reversed_

    @invariant()
    def a_dosed_patient_is_waited_for(self) -> None:
        """Until her discharge there is a next deadline for her vitals."""
        if (monitored := self.ward.chart.monitored) is not None:
            waited = self.ward.due(DeadlineKind.CHECKPOINT) + self.ward.due(DeadlineKind.CHECKPOINT_EMERGENCY)
            assert monitored.number in {deadline.session for deadline in waited}
            assert not self.ward.chart.is_closed

    @invariant()
    def somebody_has_something_to_do(self) -> None:
        """For as long as the course is open; while a dosed patient is here, something for her, and by when."""
        chart, now = self.ward.chart, self.ward.now
        task = to_do(chart, now)
        assert (task is None) == (chart.is_closed or chart.referral is None)
        if task is not None and (monitored := chart.monitored) is not None:
            assert task.words.startswith(f"Session {monitored.number} ")
            assert task.due_at is not None

    @invariant()
    def one_escalation_is_open_a_kind_and_session(self) -> None:
        open_ = [(one.kind, one.session) for one in self.ward.chart.unresolved]
        assert len(open_) == len(set(open_))

    @invariant()
    def what_was_passed_passes_once(self) -> None:
        decision = self.ward.chart.pass_deadlines(self.ward.now)
        again = decision.chart.pass_deadlines(self.ward.now)
        assert (again.chart, again.entries, again.calls) == (decision.chart, (), ())

    def teardown(self) -> None:
        """Chain, JSON, the ledger taken in again, every first answer; each accepted event once and no refused one."""
        assert is_whole(self.ward)
        written = [entry.event_id for entry in self.ward.entries if entry.event_id is not None]
        assert written == [event.id for event, _ in self.ward.answers]

    def _take_in(self, event: ClinicEvent) -> None:
        ward, before = self.ward, self.ward.chart
        entries = list(ward.entries)
        try:
            ward.sends(event)
        except (Refused, AlreadyAnswered):
            assert ward.chart is before
            assert ward.entries == entries
            return
        if isinstance(event, DoseAdministered):
            assert_dose_was_safe(event, entries, ward)
        if isinstance(event, PatientDischarged):
            session = before.session_numbered(event.data.session)
            assert session is not None
            lifted = {one.code for one in event.data.overrides} if event.data.actor.role is Role.PRESCRIBER else set()
            found = discharge_rules.blockers(
                before, session, event.time, escort=event.data.escort, instructions=event.data.instructions_given
            )
            assert [one.code for one in found if one.absolute or one.code not in lifted] == []

    def _judged(self, arriving: list[VitalsRecorded]) -> list[tuple[datetime, Verdict]]:
        """What is said in the end of every reading of the session, had these arrived now in this order."""
        chart = self.ward.chart
        for event in arriving:
            chart = chart.accept(event, self.ward.now).chart
        assert chart.monitored is not None
        session = chart.monitored
        return [(reading.at, verdict(chart.protocol, session, reading)) for reading in session.readings]

    def _only_reminded(self, before: object) -> None:
        """Time gives no dose, discharges nobody, closes nothing, and answers for no human."""
        chart = self.ward.chart
        assert isinstance(before, type(chart))
        assert (chart.phase, chart.hold, chart.outcome, chart.sessions) == (
            before.phase,
            before.hold,
            before.outcome,
            before.sessions,
        )
        for one in before.unresolved:
            now = next(other for other in chart.escalations if other.id == one.id)
            assert now.severity.rank >= one.severity.rank
            assert now.state is not EscalationState.RESOLVED


def assert_dose_was_safe(event: DoseAdministered, entries: list[Entry], ward: Ward) -> None:
    """Consent, eligibility, preparation, clearance, prescriber and fresh vitals, as the ledger tells them."""
    number, rules = event.data.session, ward.chart.protocol

    def said(*names: str) -> list[Entry]:
        return [one for one in entries if one.type.removeprefix("kap.") in names]

    of_session = [one for one in entries if one.data.get("session") == number]

    consents = sorted(said("consent.signed", "consent.withdrawn"), key=lambda one: one.time)
    assert consents[-1].type == "kap.consent.signed"
    assert consents[-1].data["version"] == rules.screening.consent_version
    (decided,) = said("eligibility.decided")
    assert decided.data["decision"] == "eligible"
    assert decided.actor is not None
    assert decided.actor.role is Role.PRESCRIBER
    assert len(said("preparation.held")) >= rules.preparation.sessions
    assert {topic for one in said("preparation.held") for topic in _texts(one.data["topics"])} >= {
        *rules.preparation.topics
    }
    assert said("plan.prescribed")

    holds = said("course.held", "course.resumed")
    assert not holds or holds[-1].type == "kap.course.resumed"
    emergencies = {one.kind for one in ward.chart.unresolved} & {Kind.VITALS_EMERGENCY, Kind.SUICIDE_RISK}
    assert not emergencies

    cleared = max(
        (one for one in of_session if one.type == "kap.session.cleared" and one.time <= event.time),
        key=lambda one: one.time,
    )
    assert cleared.actor is not None
    assert cleared.actor.role is Role.PRESCRIBER
    readings = [one.time for one in of_session if one.type == "kap.vitals.recorded"]
    is_first = not any(one.type == "kap.dose.administered" for one in of_session)
    judged_at = cleared.time if is_first else event.time
    assert any(judged_at - rules.medicine.clearance.reading_valid <= at <= judged_at for at in readings)
    if is_first:
        assert event.time - cleared.time <= rules.medicine.clearance_valid
    weight = [one.data.get("weight_kg") for one in of_session if one.type == "kap.patient.checked_in"][-1]
    assert isinstance(weight, int | float)
    given = [one.data["mg"] for one in of_session if one.type == "kap.dose.administered"]
    total = event.data.mg + sum(mg for mg in given if isinstance(mg, int | float))
    assert total / weight <= rules.medicine.dose.hard_max + 1e-5
    assert len(given) <= rules.medicine.dose.boosters_max


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


TestAnyCourse = pytest.mark.timeout(0 if PROVING else 600)(AnyCourse.TestCase)
TestAnyCourse.settings = settings(
    max_examples=int(PROVING or 500),
    stateful_step_count=30,
    deadline=None,
    derandomize=PROVING is None,
    database=None,
    # A story is made shorter only where there is time for it.
    phases=[Stretch.generate, Stretch.shrink] if PROVING else [Stretch.generate],
)

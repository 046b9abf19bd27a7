"""Safety by property: whatever is reported, in whatever order, and however much time goes by.

A machine takes a course from some point of a good story and goes on with legal and illegal events, late ones, repeated
ones, readings that lack any sign, corrections of any fact, news of escalations, and time. Acts may be refused, and
facts never: a dose outside its gates is a deviation, somebody is called, and the patient is watched. After each step it
asks what must hold, and where it can it asks the ledger, read as corrected, and not the course that decided.
`PROVE_EXAMPLES=20000` looks longer, and elsewhere every time; the suite looks where it always does, and longer where
`CI` is set.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from unittest import TestCase

import pytest
from hypothesis import Phase as Stretch
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.course.corrections.retelling import TOLD, told
from domain.course.course import Course
from domain.course.rules.vitals import verdict
from domain.course.session import Stage
from domain.course.state import Phase
from domain.course.transition import AutoResolve, RepeatEscalation
from domain.course.verdict import Verdict
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import (
    ClinicEvent,
    DoseAdministered,
    Fact,
    VitalsRecorded,
)
from domain.ledger import Entry
from domain.protocol.measures import MeasureRule
from domain.protocol.model import Protocol
from domain.refusal import RefusalCode
from tests.support.cast import (
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    HAS_INTENT,
    LIND,
    MARA,
    SHIPPED,
    WEEKLY,
    adverse_event,
    call,
    correction,
    cssrs,
    days,
    died,
    dose,
    eligible,
    handed_over,
    minutes,
    moved,
    resumption,
    seconds,
    vitals,
    weekly,
)
from tests.support.corrected_ledger import as_corrected, is_corrected, is_in_doubt
from tests.support.correction_strategies import some_correction
from tests.support.course_invariants import (
    assert_a_dosed_patient_is_waited_for,
    assert_each_accepted_event_is_written_once,
    assert_one_escalation_is_open_a_kind_and_session,
    assert_only_reminded,
    assert_somebody_has_something_to_do,
    assert_what_is_offered_is_accepted,
    assert_what_was_passed_passes_once,
    assert_whatever_reads_as_dangerous_is_open_or_was_answered,
    assert_who_was_sent_home_too_soon_is_watched_again,
    assert_whoever_told_of_suicide_is_at_risk,
    take_in,
)
from tests.support.event_strategies import (
    LIFTED,
    a_while,
    anything,
    next_of_a_good_story,
    some_dose,
    some_reading,
)
from tests.support.gates_oracle import (
    assert_correction_was_told,
    assert_safety_was_told,
    broken_gates_of_all,
)
from tests.support.ledger_entries import open_escalations
from tests.support.ward import Reached, Ward, answers_again, has_a_whole_ledger, taken_in_again
from tests.support.watch_oracle import (
    assert_missed_checkpoints_were_told,
)

PROVING = os.environ.get("PROVE_EXAMPLES")


def _known(rule: MeasureRule, *indications: str) -> MeasureRule:
    """The rule of a C-SSRS, of which a raised one may be known of these indications."""
    assert rule.known_baseline is not None
    return rule.but(known_baseline=rule.known_baseline.but(indications=indications))


PROTOCOLS: Mapping[str, Protocol] = {
    "weekly": WEEKLY,
    "shipped": SHIPPED,
    "boosters": weekly({"medicine.dose.boosters_max": 2, "medicine.dose.first_max": 1.0}),
    # Its usual first dose fills `first_max`: a booster that is allowed by number and has no room.
    "full": weekly({"medicine.dose.boosters_max": 1}),
    "bare": weekly({"integration.sessions": 0, "forms": (), "follow_up.after": (), "check_ins.after": ()}),
    # Whoever is referred may be known to be at risk, once a prescriber has weighed it at the decision.
    "known": weekly({"measures": {**WEEKLY.measures, "cssrs": _known(WEEKLY.measures["cssrs"], "F33")}}),
    # The consent of the first day runs out five minutes after the first dose was meant to be given.
    "brief": weekly({"screening.consent_valid_for": days(7) + minutes(5), "medicine.dose.boosters_max": 1}),
}
POINTS = (
    "referred",
    "screened",
    "eligible",
    "prepared",
    "booked",
    "checked_in",
    "cleared",
    "cleared",
    "dosed",
    "dosed",
    "watched",
    "watched",
    "discharged",
    "discharged",
)
"""Most stories begin where they are here."""
SETTLED_BY_A_CORRECTION = {Kind.VITALS_OVERDUE}
"""What a correction may answer: the reading that was missing has been taken after all, or nobody is to be measured."""


@cache
def _come_so_far(name: str, point: str, session: int) -> tuple[Ward, Course]:
    """A ward at that point of a story, and the course that its ledger alone gives."""
    ward = Ward(protocol=PROTOCOLS[name])
    at_point = getattr(ward, point)
    if point in {"referred", "screened", "eligible", "prepared"}:
        at_point()
    else:
        at_point(session)
    return ward, taken_in_again(ward.blank, ward.entries, ward.versions)


def come_so_far(name: str, point: str, session: int) -> tuple[Ward, Course]:
    """A ward of its own, at that point of a story, and the course that its ledger alone gives."""
    known, again = _come_so_far(name, point, session)
    ward = Ward(protocol=PROTOCOLS[name])
    ward.takes_over(Reached(known.now, known.course, tuple(known.entries), tuple(known.calls), tuple(known.answers)))
    return ward, again


class AnyCourse(RuleBasedStateMachine):
    """One course under anything."""

    def __init__(self) -> None:
        super().__init__()
        self.ward = Ward()
        self.again = self.ward.course
        self.asked: tuple[Course | None, datetime] = (None, self.ward.now)
        self.moments = self.steps = 0
        self.corrected: tuple[int, list[Entry], bool] = (0, [], False)

    @property
    def read(self) -> list[Entry]:
        """The ledger as its corrections have made it."""
        return self._read_anew()[0]

    @property
    def is_in_doubt(self) -> bool:
        """Whether the ledger alone may not tell any more where its facts belong."""
        return self._read_anew()[1]

    def _read_anew(self) -> tuple[list[Entry], bool]:
        length, read, in_doubt = self.corrected
        if length != len(self.ward.entries):
            entries = self.ward.entries
            read, in_doubt = (
                (as_corrected(entries), is_in_doubt(entries)) if is_corrected(entries) else (entries, False)
            )
            self.corrected = len(entries), read, in_doubt
        return read, in_doubt

    @initialize(
        name=st.sampled_from(sorted(PROTOCOLS)), point=st.sampled_from(POINTS), session=st.sampled_from([1, 1, 2])
    )
    def begins(self, name: str, point: str, session: int) -> None:
        self.ward, self.again = come_so_far(name, point, 1 if name == "brief" else session)
        self.ward.migrates_to(PROTOCOLS[name].but(version="1.1.0"))

    # Each rule has the same chance: events have several, so that most of a story is told by them.

    @rule(data=st.data())
    def something_is_reported(self, data: st.DataObject) -> None:
        take_in(self.ward, anything(data, self.ward))

    @rule(data=st.data())
    def something_else_is_reported(self, data: st.DataObject) -> None:
        take_in(self.ward, anything(data, self.ward))

    @rule(data=st.data())
    def a_dose_is_given_whatever_the_gates_say(self, data: st.DataObject) -> None:
        take_in(self.ward, some_dose(data, self.ward))

    @rule()
    def the_story_goes_on(self) -> None:
        self._go_on()

    @rule()
    def the_story_goes_on_further(self) -> None:
        self._go_on()

    @rule(data=st.data(), is_away=st.booleans())
    def time_passes(self, data: st.DataObject, is_away: bool) -> None:
        """Kapstan is there, or comes back after it. Time reminds and does nothing else."""
        length, before, known = a_while(data, self.ward), self.ward.course, len(self.ward.entries)
        if is_away:
            self.ward.sleeps(length)
        else:
            self.ward.passes(length)
        assert_only_reminded(self.ward, before)
        assert_missed_checkpoints_were_told(self.ward.entries, known, before.protocol, self.ward.now)

    @precondition(lambda self: self.ward.course.is_patient_here)
    @rule(data=st.data())
    def somebody_is_measured(self, data: st.DataObject) -> None:
        """Now, wholly or in part, whatever the monitor shows."""
        take_in(self.ward, some_reading(data, None, self.ward.now, LIND))

    @precondition(lambda self: self.ward.course.monitored is not None)
    @rule(data=st.data(), is_death=st.booleans(), apart=st.integers(0, 90), is_told_late=st.booleans())
    def they_were_lost_in_the_wrong_record_and_are_measured_on(
        self, data: st.DataObject, is_death: bool, apart: int, is_told_late: bool
    ) -> None:
        """By whoever it is, a machine too; the loss may be told after the reading that speaks against it."""
        monitored, now = self.ward.course.monitored, self.ward.now
        assert monitored is not None
        at, by = now - minutes(apart), data.draw(st.sampled_from(EVERYBODY))
        lost = died(MARA, at=at) if is_death else handed_over(MARA, monitored.number, at=at)
        told = [lost, some_reading(data, monitored.number, now, by)]
        for event in reversed(told) if is_told_late else told:
            take_in(self.ward, event)

    @precondition(lambda self: any(one.stage is Stage.CLEARED for one in self.ward.course.sessions))
    @rule(data=st.data())
    def somebody_tells_of_suicide_and_is_dosed_all_the_same(self, data: st.DataObject) -> None:
        """In the chair, by whoever hears it; every page is resolved, and no C-SSRS taken."""
        number, now = max(one.number for one in self.ward.course.sessions), self.ward.now
        told: dict[str, ClinicEvent] = {
            "event": adverse_event(MARA, at=now, term="suicidal_ideation", grade=3),
            "call": call(MARA, None, at=now, days_after=None, suicidal_ideation=True),
            "reading": vitals(MARA, number, at=now, symptoms=("suicidal_ideation",)),
        }
        take_in(self.ward, told[data.draw(st.sampled_from(sorted(told)))])
        take_in(self.ward, vitals(MARA, number, at=now))
        for kind in sorted(self.ward.open):
            self.ward.hears(kind, Change.RESOLVED)
        take_in(self.ward, dose(MARA, number, at=now))

    @precondition(lambda self: self.ward.course.phase is Phase.SCREENING)
    @rule(items=st.sampled_from([HAS_A_METHOD, HAS_INTENT, HAS_A_PLAN]))
    def a_raised_risk_is_weighed_at_the_decision(self, items: tuple[int, ...]) -> None:
        """Everything else is there, or is weighed with it."""
        now = self.ward.now
        take_in(self.ward, cssrs(MARA, at=now, items=items))
        for kind in sorted(self.ward.open):
            self.ward.hears(kind, Change.RESOLVED)
        take_in(self.ward, resumption(MARA, at=now))
        take_in(self.ward, eligible(MARA, at=now, overrides=LIFTED))

    @precondition(lambda self: self.ward.course.known_risk is not None)
    @rule(items=st.sampled_from([HAS_A_METHOD, HAS_INTENT, HAS_A_PLAN]))
    def a_raised_risk_is_told_again(self, items: tuple[int, ...]) -> None:
        """No more than was known, or worse."""
        take_in(self.ward, cssrs(MARA, at=self.ward.now, items=items))

    @precondition(lambda self: any(isinstance(event, Fact) for event, _ in self.ward.answers))
    @rule(data=st.data())
    def a_fact_was_wrong(self, data: st.DataObject) -> None:
        self._correct(some_correction(data, self.ward))

    @precondition(lambda self: any(one.discharge is not None for one in self.ward.course.sessions))
    @rule(ago=st.integers(1, 200), is_moved=st.booleans())
    def they_were_dosed_later_than_was_known_when_they_went_home(self, ago: int, is_moved: bool) -> None:
        """By the right time of the dose, or by another dose of that time."""
        given = [event for event, _ in self.ward.answers if isinstance(event, DoseAdministered) and not event.corrects]
        at = self.ward.now - minutes(ago)
        if is_moved and given:
            self._correct(correction(given[-1], at=self.ward.now, happened_at=at))
        else:
            take_in(self.ward, dose(MARA, None, at=at))

    @precondition(lambda self: self.ward.course.unresolved)
    @rule(data=st.data(), change=st.sampled_from([Change.ACKNOWLEDGED, Change.REOPENED, Change.RESOLVED]))
    def somebody_answers(self, data: st.DataObject, change: Change) -> None:
        kind = data.draw(st.sampled_from(sorted(self.ward.open)))
        self.ward.hears(kind, change)

    @precondition(lambda self: self.ward.calls and isinstance(self.ward.calls[-1], RepeatEscalation))
    @rule()
    def a_repeat_finds_nobody(self) -> None:
        """Its escalation was resolved meanwhile: another one is opened, no milder."""
        unheard = self.ward.calls[-1]
        assert isinstance(unheard, RepeatEscalation)
        self.ward.calls_anew(unheard)
        assert unheard.repeat.severity.rank <= max(one.severity.rank for one in self.ward.course.unresolved)

    @precondition(lambda self: not self.ward.course.unresolved)
    @rule()
    def the_record_falls_behind(self) -> None:
        before = self.ward.course
        self.ward.falls_behind()
        assert_only_reminded(self.ward, before)

    @precondition(lambda self: self.ward.answers)
    @rule(data=st.data())
    def an_event_is_sent_again(self, data: st.DataObject) -> None:
        event, answer = data.draw(st.sampled_from(self.ward.answers[-8:]))
        before = self.ward.course
        assert self.ward.repeats(event) == answer
        other = moved(event, event.time - seconds(1)).but(id=event.id)
        assert self.ward.turns_away(other).code is RefusalCode.EVENT_ID_REUSED
        assert self.ward.course is before

    @precondition(lambda self: self.ward.course.monitored is not None)
    @rule(data=st.data(), earlier=st.integers(0, 60), apart=st.integers(1, 20))
    def two_readings_may_arrive_in_either_order(self, data: st.DataObject, earlier: int, apart: int) -> None:
        """The final verdicts are those of when they were taken; neither is written into the course."""
        ward, monitored = self.ward, self.ward.course.monitored
        assert monitored is not None
        # A second aside: two readings of one moment are a correction, of which the one that comes last counts.
        times = [ward.now - minutes(earlier + apart) - seconds(1), ward.now - minutes(earlier) - seconds(1)]
        # Nor is a reading of an earlier visit, a moment ago, told again.
        known = {event.time for event, _ in ward.answers if isinstance(event, VitalsRecorded)}
        assume(not {*known, *(reading.at for reading in monitored.readings)} & {*times})
        # Nor one of another visit, which may have ended a moment ago.
        assume(not any(one.was_under_way(at) for one in ward.course.sessions if one is not monitored for at in times))
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
    def the_ledger_and_json_give_the_same_course(self) -> None:
        """The ledger's newest entries move on the course of the step before, at every third as it is read from JSON.

        What was refused has written nothing: a course that it had changed would be another one than this.
        """
        if newest := self.ward.entries[self.again.sequence :]:
            self.again, self.steps = taken_in_again(self.again, newest, self.ward.versions), self.steps + 1
            if self.steps % 3 == 0:
                self.again = Course.model_validate_json(self.again.model_dump_json())
        assert self.again == self.ward.course

    @invariant()
    def each_accepted_event_is_written_once_and_no_refused_one(self) -> None:
        assert_each_accepted_event_is_written_once(self.ward)

    @invariant()
    def what_is_offered_is_what_the_protocol_has_nothing_against(self) -> None:
        """`next_acts` lists exactly that; of a closed course no more. Asked of every third moment: it takes long."""
        moment = (self.ward.course, self.ward.now)
        if moment[0] is self.asked[0] and moment[1] == self.asked[1]:
            return
        self.asked, self.moments = moment, self.moments + 1
        if self.moments % 3 == 0:
            assert_what_is_offered_is_accepted(self.ward)

    @invariant()
    def a_dosed_patient_is_waited_for(self) -> None:
        assert_a_dosed_patient_is_waited_for(self.ward, self.read, is_in_doubt=self.is_in_doubt)

    @invariant()
    def who_was_sent_home_too_soon_is_watched_again(self) -> None:
        assert_who_was_sent_home_too_soon_is_watched_again(self.ward)

    @invariant()
    def whatever_reads_as_dangerous_is_open_or_was_answered(self) -> None:
        assert_whatever_reads_as_dangerous_is_open_or_was_answered(self.ward)

    @invariant()
    def whoever_told_of_suicide_is_at_risk(self) -> None:
        assert_whoever_told_of_suicide_is_at_risk(self.ward, self.read)

    @invariant()
    def somebody_has_something_to_do(self) -> None:
        assert_somebody_has_something_to_do(self.ward)

    @invariant()
    def one_escalation_is_open_a_kind_and_session(self) -> None:
        assert_one_escalation_is_open_a_kind_and_session(self.ward)

    @invariant()
    def what_was_passed_passes_once(self) -> None:
        assert_what_was_passed_passes_once(self.ward)

    def teardown(self) -> None:
        """The chain, every first answer, and the course told from its journal; the rest was asked after each step."""
        assert has_a_whole_ledger(self.ward)
        assert answers_again(self.ward)
        self._is_told_by_its_journal()

    def _go_on(self) -> None:
        event = next_of_a_good_story(self.ward)
        if event is not None:
            take_in(self.ward, event)

    def _correct(self, event: ClinicEvent) -> None:
        """Nothing that was open is closed by it, and of every dose that now stands outside its gates somebody hears."""
        ward, before, entries, calls = self.ward, self.ward.course, list(self.ward.entries), len(self.ward.calls)
        take_in(self.ward, event)
        if ward.course is before:
            return
        now = open_escalations(ward.entries)
        for named, severity in open_escalations(entries).items():
            assert now[named].rank >= severity.rank
        kinds = {one.id: one.kind for one in ward.course.escalations}
        settled = {kinds[call.id] for call in ward.calls[calls:] if isinstance(call, AutoResolve)}
        assert settled <= SETTLED_BY_A_CORRECTION
        if not is_in_doubt(ward.entries):
            was, is_now = (broken_gates_of_all(told, before.protocol) for told in (entries, ward.entries))
            if any(is_now[dose] and not was[dose] for dose in is_now.keys() & was.keys()):
                assert_correction_was_told(entries, ward.entries)
            if not before.is_closed and not ward.course.is_closed:
                assert_safety_was_told(entries, ward.entries, before.protocol, ward.course.holds)

    def _is_told_by_its_journal(self) -> None:
        """But for when a phase was learned, holds that a correction laid anew over a resumption, and what was weighed.

        A prescriber weighed what was known and open then, which the journal does not say.
        """
        left_out = {"phase_learned_at", "holds"} if is_corrected(self.ward.entries) else set()
        again, course = (_as_it_is_told(one) for one in (told(self.ward.course), self.ward.course))
        for name in {*TOLD} - left_out - {"weighed"}:
            assert getattr(again, name) == getattr(course, name), name

    def _judged(self, arriving: list[VitalsRecorded]) -> list[tuple[datetime, Verdict]]:
        """What is said in the end of every reading of the session, had these arrived now in this order."""
        course = self.ward.course
        for event in arriving:
            course = course.accept(event, self.ward.now).course
        assert course.monitored is not None
        session = course.monitored
        return [(reading.at, verdict(course.protocol, session, reading)) for reading in session.readings]


CORES = (os.cpu_count() or 1) if PROVING else 1
"""A long proof is shared among all of them."""


def _shown(machine: type[RuleBasedStateMachine]) -> type[TestCase]:
    """The machine as a test: so many stories as are asked for, or its share of them."""
    test = machine.TestCase
    test.settings = settings(
        max_examples=int(PROVING or (100 if os.environ.get("CI") else 50)) // CORES,
        stateful_step_count=25,
        deadline=None,
        derandomize=PROVING is None,
        database=None,
        # A story is made shorter only where there is time for it.
        phases=[Stretch.generate, Stretch.shrink] if PROVING else [Stretch.generate],
    )
    return pytest.mark.timeout(0 if PROVING else 1800)(test)


TestAnyCourse = _shown(AnyCourse)
for number in range(1, CORES):
    globals()[f"TestAnyCourse{number}"] = _shown(type(f"AnyCourse{number}", (AnyCourse,), {}))


def _as_it_is_told(course: Course) -> Course:
    """The course without what its sessions worked out and kept, and without what was weighed."""
    return course.but(sessions=tuple(one.but(settled=(), settled_until=None, weighed=()) for one in course.sessions))

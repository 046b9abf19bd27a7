"""An auditor asks what was known at ten past ten, and what had happened by then: a course has both pasts."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from domain.course.course import Course, Decision
from domain.course.deadlines import Deadline
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Change, EscalationState, Kind
from domain.past.as_of import (
    FURTHER_MOMENTS,
    MOST_MOMENTS,
    BeforeItsBeginning,
    Learned,
    PastCourse,
    Wanted,
    past_course,
)
from domain.past.ledger_told import ToldOtherwise, told
from tests.support.cast import clearance, correction, dose, migration, minutes, seconds, vitals, weekly
from tests.support.ward import TICK, Ward


class Read(NamedTuple):
    """The readings after the dose: minutes since it, and SpO₂."""

    after: float
    spo2: int | None


def then(ward: Ward, at: datetime, *, as_known: bool) -> PastCourse:
    return past_course(ward.blank, ward.entries, ward.versions, Wanted(at, as_known))


def as_known(ward: Ward, at: datetime) -> PastCourse:
    return then(ward, at, as_known=True)


def as_of(ward: Ward, at: datetime) -> PastCourse:
    return then(ward, at, as_known=False)


def readings(past: PastCourse) -> list[Read]:
    given_at = past.sessions[0].doses[0].at
    return [
        Read((one.at - given_at).total_seconds() / 60, one.vitals.spo2)
        for one in past.sessions[0].readings
        if one.at > given_at
    ]


def learned(past: PastCourse) -> list[Learned]:
    return [one.how for one in past.as_of.learned_since]


def test_a_reading_that_came_late_is_in_the_one_past_and_not_in_the_other(ward: Ward) -> None:
    """Taken at 14 min, reported at 25: at 22 min it had been taken, its checkpoint was met, and nobody knew."""
    given_at = ward.dosed().now
    ward.until(given_at + minutes(25))
    ward.reports(vitals(ward.course_id, 1, at=given_at + minutes(14), spo2=96))
    at = given_at + minutes(22)

    knew, was = as_known(ward, at), as_of(ward, at)

    assert (readings(knew), readings(was)) == ([], [Read(14, 96)])
    second = [one.sessions[0].checkpoints[1].status for one in (knew, was)]
    assert second == [CheckpointStatus.MISSED, CheckpointStatus.MET]
    assert learned(knew) == learned(was) == [Learned.LATE]
    assert learned(as_known(ward, given_at + minutes(25))) == []


def test_a_slip_reads_as_typed_in_the_one_past_and_as_corrected_in_the_other(ward: Ward) -> None:
    """87 % at 10 min, corrected to 97 at 40: at 31 min the record said emergency, and the patient was well."""
    given_at = ward.dosed().now
    slip = vitals(ward.course_id, 1, at=given_at + minutes(10), spo2=87)
    ward.reports(slip)
    ward.until(given_at + minutes(40))
    ward.reports(correction(slip, at=given_at + minutes(40), spo2=97))
    at = given_at + minutes(31)

    knew, was = as_known(ward, at), as_of(ward, at)

    assert (readings(knew), readings(was)) == ([Read(10, 87)], [Read(10, 97)])
    assert [one.sessions[0].readings[-1].verdict.severity for one in (knew, was)] == ["emergency", "normal"]
    assert learned(knew) == learned(was) == [Learned.CORRECTED]
    emergency = next(one for one in was.escalations if one.kind is Kind.VITALS_EMERGENCY)
    assert emergency.rests_on_corrected, "people were paged all the same"
    assert not next(one for one in knew.escalations if one.kind is Kind.VITALS_EMERGENCY).rests_on_corrected


def test_what_was_retracted_never_happened_and_was_known(ward: Ward) -> None:
    """A reading of another patient: the record had it until it was taken back."""
    given_at = ward.dosed().now
    anothers = vitals(ward.course_id, 1, at=given_at + minutes(10))
    ward.reports(anothers)
    ward.until(given_at + minutes(40))
    ward.reports(correction(anothers, at=given_at + minutes(40), retracted=True))
    at = given_at + minutes(31)

    knew, was = as_known(ward, at), as_of(ward, at)

    assert (len(readings(knew)), readings(was)) == (1, [])
    assert learned(knew) == [Learned.RETRACTED]
    assert not as_known(ward, given_at + minutes(41)).as_of.learned_since


def test_a_fact_whose_time_was_wrong_is_found_at_the_right_one(ward: Ward) -> None:
    """The dose was at ten past, and had been written down as at ten: five minutes past ten it had not been given."""
    given_at = ward.cleared().begins()
    given = dose(ward.course_id, 1, at=given_at)
    ward.until(given_at + minutes(12))
    ward.reports(given)
    ward.reports(correction(given, at=given_at + minutes(12), happened_at=given_at + minutes(10)))

    assert as_of(ward, given_at + minutes(5)).sessions[0].doses == ()
    assert as_of(ward, given_at + minutes(10)).sessions[0].doses[0].at == given_at + minutes(10)
    assert as_known(ward, given_at + minutes(12)).sessions[0].doses[0].at == given_at + minutes(10)


def test_at_the_end_both_pasts_are_the_course_as_it_is(ward: Ward) -> None:
    """Where all was reported when it happened there is one past only."""
    ward.completed()

    knew, was = as_known(ward, ward.now), as_of(ward, ward.now)

    assert knew.but(as_of=was.as_of) == was
    assert (knew.phase, knew.sequence, knew.ledger_head) == (
        Phase.CLOSED,
        ward.course.sequence,
        ward.course.ledger_head,
    )
    assert knew.as_of.entries == len(ward.entries)


def test_an_entry_counts_from_the_moment_it_was_recorded(ward: Ward) -> None:
    """A tick before its moment, and at it; the steps lead from one moment to the next."""
    given_at = ward.dosed().now

    before, at = as_known(ward, given_at - TICK), as_known(ward, given_at)

    assert [one.sessions[0].doses == () for one in (before, at)] == [True, False]
    assert before.as_of.after == given_at
    assert at.as_of.before == before.as_of.before
    assert at.as_of.after is None


def test_escalations_are_as_they_were_by_then(ward: Ward) -> None:
    """Open, then acknowledged, then resolved, in either past."""
    given_at = ward.dosed().now
    ward.reports(vitals(ward.course_id, 1, at=given_at + minutes(5), spo2=84))
    ward.until(given_at + minutes(6))
    ward.hears(Kind.VITALS_EMERGENCY, Change.ACKNOWLEDGED)
    ward.until(given_at + minutes(9))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED, note="Oxygen")

    def state(past: PastCourse) -> EscalationState | None:
        return next((one.state for one in past.escalations if one.kind is Kind.VITALS_EMERGENCY), None)

    for after, expected in [(4, None), (5, EscalationState.OPEN), (7, EscalationState.ACKNOWLEDGED), (9, None)]:
        at = given_at + minutes(after)
        assert [state(as_known(ward, at)), state(as_of(ward, at))] == [expected, expected], after


def test_before_its_beginning_there_is_no_course(ward: Ward) -> None:
    """Whoever asks is told since when there is one, by either clock."""
    began_at = ward.dosed().entries[0].time

    for known in (True, False):
        with pytest.raises(BeforeItsBeginning) as told_so:
            then(ward, began_at - TICK, as_known=known)
        assert told_so.value.began_at == began_at


def test_what_was_reported_within_a_minute_is_not_called_late(ward: Ward) -> None:
    """The clinic's system takes a moment: that is no news."""
    given_at = ward.dosed().now
    ward.until(given_at + minutes(10) + seconds(60))
    ward.reports(vitals(ward.course_id, 1, at=given_at + minutes(10)))
    ward.reports(vitals(ward.course_id, 1, at=given_at + minutes(10) - seconds(1), spo2=97))

    assert [one.time for one in as_known(ward, given_at + minutes(10)).as_of.learned_since] == [
        given_at + minutes(10) - seconds(1)
    ]


def test_a_course_that_was_migrated_is_told_by_the_version_of_its_day(ward: Ward) -> None:
    """Before the migration the old limit, after it the new one; without that version nothing is said."""
    stricter = weekly({"version": "1.1.0", "course.medicine_sessions": 4})
    ward.prepared()
    ward.migrates_to(stricter)
    ward.passes(minutes(5))
    ward.reports(migration(ward.course_id, at=ward.now, to_version="1.1.0"))
    before = ward.now - minutes(1)

    for ask in (as_known, as_of):
        versions = [ask(ward, at).protocol.version for at in (before, ward.now)]
        assert versions == [ward.blank.protocol.version, "1.1.0"]
    with pytest.raises(ToldOtherwise, match=r"must have version 1\.1\.0"):
        past_course(ward.blank, ward.entries, {}, Wanted(ward.now))


def test_all_that_kapstan_writes_by_itself_is_told_again(ward: Ward) -> None:
    """Deadlines that passed, news of escalations, a record that fell behind, a course that fills up."""
    given_at = ward.dosed().now
    ward.until(given_at + minutes(31))
    ward.hears(Kind.VITALS_OVERDUE, Change.ACKNOWLEDGED)
    ward.hears(Kind.VITALS_OVERDUE, Change.REOPENED, by=None)
    ward.falls_behind()
    ward.fills_up()
    ward.reports(vitals(ward.course_id, 1, at=ward.now, systolic=190, diastolic=121))

    assert told(ward.blank, ward.entries, ward.versions) == ward.course


def test_the_offset_in_which_a_moment_was_told_makes_no_difference() -> None:
    """The clinic tells local time; the ledger keeps the moment, and in what falls due by it the offset as well."""
    bend = ZoneInfo("America/Los_Angeles")
    ward = Ward(timezone="UTC").cleared()
    given_at = ward.begins().astimezone(bend)
    ward.reports(dose(ward.course_id, 1, at=given_at))
    ward.until(given_at + minutes(31))

    again = told(ward.blank, ward.entries, ward.versions)

    assert any("-08:00" in str(entry.data.get("due_at")) for entry in ward.entries)
    assert (again.sequence, again.ledger_head, again.passed) == (
        ward.course.sequence,
        ward.course.ledger_head,
        ward.course.passed,
    )


@pytest.mark.parametrize("what", ["another value", "another type", "one that is missing"])
def test_a_ledger_that_the_rules_do_not_come_to_tells_nothing(ward: Ward, what: str) -> None:
    """It is named where it differs, and nothing is made up."""
    ward.dosed()
    place = len(ward.entries) - 1
    entry = ward.entries[place]
    changed = {
        "another value": [entry.but(data={**entry.data, "mg": 350})],
        "another type": [entry.but(type="kap.tea.served")],
        "one that is missing": [],
    }[what]
    ward_entries = [*ward.entries[:place], *changed, ward.entries[place].but(type="kap.phase.entered", event_id=None)]

    with pytest.raises(ToldOtherwise) as otherwise:
        told(ward.blank, ward_entries, {})

    assert otherwise.value.sequence == entry.sequence


def test_a_decision_that_came_late_counts_from_when_it_was_taken(ward: Ward) -> None:
    """Cleared at five to ten and dosed at ten, reported at ten past: a minute past ten the one past has both."""
    given_at = ward.checked_in().begins()
    ward.reports(vitals(ward.course_id, 1, at=given_at - minutes(10)))
    ward.until(given_at + minutes(10))
    ward.reports(clearance(ward.course_id, 1, at=given_at - minutes(5)))
    ward.reports(dose(ward.course_id, 1, at=given_at))
    at = given_at + minutes(1)

    knew, was = as_known(ward, at), as_of(ward, at)

    assert [one.sessions[0].stage for one in (knew, was)] == [Stage.CHECKED_IN, Stage.DOSED]
    assert learned(was) == [Learned.LATE, Learned.LATE]


def test_what_is_asked_again_without_end_is_not_played_through_once_a_fact(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never discharged, and read once a week as was typed in afterwards: each quarter of an hour of it is owed."""
    given_at = ward.dosed().now
    ward.sleeps(timedelta(days=71))
    for week in range(1, 11):
        ward.reports(vitals(ward.course_id, 1, at=given_at + timedelta(weeks=week), spo2=97))
    passes: list[datetime] = []
    pass_deadlines = Course.pass_deadlines

    def counted(course: Course, now: datetime, upcoming: tuple[Deadline, ...] | None = None) -> Decision:
        passes.append(now)
        return pass_deadlines(course, now, upcoming)

    monkeypatch.setattr(Course, "pass_deadlines", counted)

    was = as_of(ward, ward.now)

    assert len(readings(was)) == 10
    assert len(passes) < MOST_MOMENTS + 12 * FURTHER_MOMENTS

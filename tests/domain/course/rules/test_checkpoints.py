"""When vitals are due after a dose: which reading answers which moment, and what happens when nobody comes."""

from datetime import datetime, timedelta
from time import process_time

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.checkpoints import (
    Checkpoint,
    CheckpointStatus,
    checkpoints,
    reading_due_at,
    rechecks,
    unsettled,
    unsettled_by,
)
from domain.course.transition import AutoResolve
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    CALM,
    MARA,
    abortion,
    assessment,
    check_in,
    clearance,
    cssrs,
    days,
    discharge,
    dose,
    handed_over,
    hours,
    left,
    minutes,
    returned,
    seconds,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

PENDING, MET, LATE, MISSED = CheckpointStatus
OVERDUE_URGENT = (Kind.VITALS_OVERDUE, Severity.URGENT)
OVERDUE_EMERGENCY = (Kind.VITALS_OVERDUE, Severity.EMERGENCY)


def grid(ward: Ward, session: int = 1) -> list[Checkpoint]:
    return list(checkpoints(ward.course.protocol.medicine.checkpoints, ward.session(session), ward.course.passed))


def seen(ward: Ward) -> list[tuple[float, CheckpointStatus]]:
    """Every checkpoint as minutes after the dose, and what became of it."""
    return [((one.due_at - ward.begins()) / minutes(1), one.status) for one in grid(ward)]


def after(ward: Ward, minute: float) -> datetime:
    return ward.begins() + minutes(minute)


def test_vitals_are_due_on_the_protocols_grid(ward: Ward) -> None:
    """`offsets` after the dose; each waits for its reading."""
    assert seen(ward.dosed()) == [(minute, PENDING) for minute in (0, 15, 30, 45, 60, 90, 120)]


def test_before_the_dose_nothing_is_due(ward: Ward) -> None:
    """The clock starts with the medicine."""
    ward.cleared()
    assert grid(ward) == []
    assert ward.due(DeadlineKind.CHECKPOINT) == []


def test_a_whole_grid_is_met(ward: Ward) -> None:
    """And goes on every quarter of an hour until they leave."""
    ward.watched()
    assert seen(ward) == [*((minute, MET) for minute in (0, 15, 30, 45, 60, 90, 120)), (135, PENDING)]
    ward.reports(vitals(MARA, at=after(ward, 135)))
    assert seen(ward)[-2:] == [(135, MET), (150, PENDING)]


# The edges of a window


@EDGES
def test_a_reading_may_come_a_little_early(ward: Ward, edge: timedelta) -> None:
    """`early`: three minutes; before that it belongs to the checkpoint before."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=after(ward, 12) + edge))

    assert seen(ward)[:2] == [(0, MET), (15, MET if edge >= timedelta() else PENDING)]


def test_a_reading_that_opens_a_window_belongs_to_it_alone(ward: Ward) -> None:
    """Twelve minutes after the dose is a quarter past, and no late answer to the dose itself."""
    ward.dosed().reports(vitals(MARA, at=after(ward, 12)))
    assert seen(ward)[:2] == [(0, MISSED), (15, MET)]


def test_the_first_reading_may_lie_just_before_the_dose(ward: Ward) -> None:
    """The window of the first checkpoint opens before it as any other; the reading at clearance does not count."""
    ward.cleared()
    ward.reports(vitals(MARA, at=ward.begins() - minutes(3)))
    assert seen(ward.dosed())[0] == (0, MET)


@EDGES
def test_a_reading_within_its_grace_is_in_time(ward: Ward, edge: timedelta) -> None:
    """`grace`: five minutes; taken later it is late, and somebody was told."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=after(ward, 20) + edge))

    assert seen(ward)[1] == (15, MET if edge <= timedelta() else LATE)
    assert ward.pages == ([OVERDUE_URGENT] if edge > timedelta() else [])


@EDGES
def test_a_missing_reading_is_told_when_its_grace_is_over(ward: Ward, edge: timedelta) -> None:
    """`checkpoint.missed` in the ledger, `vitals_overdue` for the nurse, urgent."""
    ward.watched(until=minutes(0)).until(after(ward, 20) + edge)

    is_missed = edge >= timedelta()
    assert seen(ward)[1] == (15, MISSED if is_missed else PENDING)
    assert ward.written("checkpoint.missed") == (["checkpoint.missed"] if is_missed else [])
    assert ward.pages == ([OVERDUE_URGENT] if is_missed else [])


TYPED_LATE = weekly({"medicine.checkpoints.told_after": minutes(8)})
"""Somebody is told eight minutes after a reading was due, for which five minutes are in time."""


@EDGES
def test_a_missing_reading_is_told_when_people_are_to_be_told(opens: Opens, edge: timedelta) -> None:
    """`told_after`: until then it may still be typed in."""
    ward = opens(TYPED_LATE).watched(until=minutes(0))
    ward.until(after(ward, 23) + edge)

    is_missed = edge >= timedelta()
    assert seen(ward)[1] == (15, MISSED if is_missed else PENDING)
    assert ward.pages == ([OVERDUE_URGENT] if is_missed else [])


@EDGES
def test_a_reading_taken_in_time_may_be_typed_in_until_people_are_told(opens: Opens, edge: timedelta) -> None:
    """Measured on paper at its moment: typed in before `told_after` is over it pages nobody, and was in time."""
    ward = opens(TYPED_LATE).watched(until=minutes(0))
    taken = after(ward, 15)
    ward.until(after(ward, 23) + edge)

    ward.reports(vitals(MARA, at=taken))

    assert seen(ward)[1] == (15, MET)
    assert ward.pages == ([OVERDUE_URGENT] if edge >= timedelta() else [])


@EDGES
def test_a_reading_that_still_does_not_come_is_an_emergency(ward: Ward, edge: timedelta) -> None:
    """`emergency_after`: ten minutes; the same escalation grows more severe."""
    ward.watched(until=minutes(0)).until(after(ward, 25) + edge)

    expected = [OVERDUE_URGENT, OVERDUE_EMERGENCY] if edge >= timedelta() else [OVERDUE_URGENT]
    assert ward.pages == expected
    assert ward.open == dict([expected[-1]])
    assert len(ward.course.escalations) == 1


def test_what_is_missed_is_told_once(ward: Ward) -> None:
    """Between two moments nothing is said again."""
    ward.watched(until=minutes(0)).until(after(ward, 29))
    ward.passes(seconds(30))

    assert ward.pages == [OVERDUE_URGENT, OVERDUE_EMERGENCY]
    assert ward.written("escalation.opened", "escalation.raised") == ["escalation.opened", "escalation.raised"]


# The reading that comes after all


def test_a_late_reading_settles_what_was_overdue(ward: Ward) -> None:
    """CONTRACT 5: `vitals_overdue` resolves itself when the reading arrives."""
    ward.watched(until=minutes(0)).until(after(ward, 21))
    answer = ward.reports(vitals(MARA, at=after(ward, 22)))
    ward.passes(minutes(5))

    assert answer.escalations == ("MARA-1~vitals_overdue~1~1",)
    assert [call for call in ward.calls if isinstance(call, AutoResolve)] == [
        AutoResolve(id="MARA-1~vitals_overdue~1~1", at=after(ward, 22))
    ]
    assert seen(ward)[1] == (15, LATE)
    assert ward.pages == [OVERDUE_URGENT]


def test_an_older_reading_that_arrives_settles_nothing(ward: Ward) -> None:
    """A reading of ten past is none of a quarter past."""
    ward.watched(until=minutes(0)).until(after(ward, 21))
    ward.sends(vitals(MARA, at=after(ward, 10)))

    assert ward.settled == []
    ward.sends(vitals(MARA, at=after(ward, 12)))
    assert ward.settled == [Kind.VITALS_OVERDUE]
    assert seen(ward)[1] == (15, MET)


def test_the_next_reading_settles_an_earlier_miss(ward: Ward) -> None:
    """They were measured at half past: nobody needs to look for the reading of a quarter past, which stays missed."""
    ward.watched(until=minutes(0)).until(after(ward, 26))
    ward.reports(vitals(MARA, at=after(ward, 28)))

    assert seen(ward)[1:3] == [(15, MISSED), (30, MET)]
    assert ward.settled == [Kind.VITALS_OVERDUE]


def test_a_miss_after_a_resolution_is_a_new_obligation(ward: Ward) -> None:
    """The second of its kind in this session."""
    ward.watched(until=minutes(0)).until(after(ward, 20))
    ward.reports(vitals(MARA, at=ward.now))
    ward.hears(Kind.VITALS_OVERDUE, Change.RESOLVED, by=None)
    ward.until(after(ward, 35))

    assert [one.id for one in ward.course.escalations] == ["MARA-1~vitals_overdue~1~1", "MARA-1~vitals_overdue~1~2"]


def test_two_readings_in_one_window_are_one_answer(ward: Ward) -> None:
    """The first in the window counts: a second one meets nothing ahead of its time."""
    ward.watched(until=minutes(0))
    for minute in (13, 20):
        ward.reports(vitals(MARA, at=after(ward, minute)))

    assert seen(ward)[1:3] == [(15, MET), (30, PENDING)]
    assert grid(ward)[1].reading_at == after(ward, 13)


def test_a_reading_between_two_windows_is_late_for_the_first(ward: Ward) -> None:
    """Twenty to, when half past was due: late, and a quarter to is still to come."""
    ward.watched(until=minutes(15)).reports(vitals(MARA, at=after(ward, 40)))
    assert seen(ward)[2:4] == [(30, LATE), (45, PENDING)]


def awaited(ward: Ward) -> datetime | None:
    """When the next reading is due, or since when it is overdue."""
    return reading_due_at(ward.course.protocol, ward.session(), ward.course.passed)


def test_a_sign_that_is_still_missing_is_overdue(ward: Ward) -> None:
    """An emergency is not over because they were measured in part: nobody has looked how awake they are."""
    ward.watched(until=minutes(0)).until(after(ward, 26))
    ward.reports(vitals(MARA, at=after(ward, 28), moaas=None))

    assert ward.settled == []
    assert awaited(ward) == after(ward, 15)


@EDGES
def test_signs_that_were_taken_one_by_one_are_overdue_no_more(ward: Ward, edge: timedelta) -> None:
    """Each was taken since the window of a quarter past opened, at twelve minutes, though not all before it closed."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=after(ward, 12) + edge, moaas=None))
    ward.until(after(ward, 28))
    ward.reports(signs(MARA, at=ward.now, moaas=5))

    assert ward.settled == ([Kind.VITALS_OVERDUE] if edge >= timedelta() else [])
    assert awaited(ward) == after(ward, 30 if edge >= timedelta() else 15)


def test_a_missed_reading_is_overdue_since_it_was_due(ward: Ward) -> None:
    """Until they are measured; then the next one is waited for."""
    ward.watched(until=minutes(0)).until(after(ward, 26))
    assert awaited(ward) == after(ward, 15)

    ward.reports(vitals(MARA, at=after(ward, 28)))
    assert awaited(ward) == after(ward, 45)


def test_a_second_reading_is_due_before_the_next_checkpoint(ward: Ward) -> None:
    """Five minutes after a pressure that must be confirmed."""
    ward.dosed().reports(vitals(MARA, at=ward.begins(), systolic=181))
    assert awaited(ward) == after(ward, 5)


def test_a_second_reading_waits_for_nobody_who_was_back_before_the_first(ward: Ward) -> None:
    """They had left and come back, and then their pressure was high: the absence puts nothing off."""
    ward.watched(until=minutes(0)).reports(left(MARA, at=after(ward, 2)))
    ward.reports(returned(MARA, at=after(ward, 4)))
    ward.reports(vitals(MARA, at=after(ward, 6), systolic=181))

    assert awaited(ward) == after(ward, 11)


def test_a_second_reading_waits_for_whoever_left_after_the_first(ward: Ward) -> None:
    """At the very moment at which it was taken: it is due five minutes after they are back."""
    ward.dosed().reports(vitals(MARA, at=ward.begins(), systolic=181))
    ward.reports(left(MARA, at=ward.begins()))
    ward.reports(returned(MARA, at=after(ward, 3)))

    assert [one.due_at for one in rechecks(ward.course.protocol, ward.session())] == [after(ward, 8)]


def test_nothing_is_due_once_they_were_handed_over(ward: Ward) -> None:
    """What the dose still asked for after that is asked no more."""
    ward.watched(until=minutes(15)).reports(handed_over(MARA, at=after(ward, 20)))
    assert [minute for minute, _ in seen(ward)] == [0, 15]


def test_who_is_back_is_due_at_once_and_not_for_what_was_due_meanwhile(ward: Ward) -> None:
    """Away from seventeen minutes after the dose until the fiftieth."""
    ward.watched(until=minutes(15)).reports(left(MARA, at=after(ward, 17)))
    ward.reports(returned(MARA, at=after(ward, 50)))

    assert [minute for minute, _ in seen(ward)] == [0, 15, 50, 60, 90, 120]


def test_a_reading_that_was_missed_before_they_left_stays_missed(ward: Ward) -> None:
    """Nobody came at a quarter past; they left at twenty-eight minutes."""
    ward.watched(until=minutes(0)).until(after(ward, 26))
    ward.reports(left(MARA, at=after(ward, 28)))

    assert seen(ward) == [(0, MET), (15, MISSED)]


def test_a_reading_of_after_the_return_answers_nothing_of_before_they_left(ward: Ward) -> None:
    """That of a quarter past was not taken yet when they left, and is asked of nobody."""
    ward.watched(until=minutes(0)).reports(left(MARA, at=after(ward, 17)))
    ward.reports(returned(MARA, at=after(ward, 50)))
    ward.reports(vitals(MARA, at=after(ward, 50)))

    assert seen(ward) == [(0, MET), (50, MET), (60, PENDING), (90, PENDING), (120, PENDING)]


@EDGES
def test_the_reading_at_a_return_stands_for_one_that_is_due_so_soon_after_it(ward: Ward, edge: timedelta) -> None:
    """Within eight minutes, `grace` and `early`: they are back at fifty-two minutes, and sixty is due."""
    ward.watched(until=minutes(15)).reports(left(MARA, at=after(ward, 17)))
    ward.reports(returned(MARA, at=after(ward, 52) + edge))

    assert (60 in [minute for minute, _ in seen(ward)]) is (edge < timedelta())


def test_what_was_due_while_they_were_away_is_excused_however_late_the_dose_was_told(ward: Ward) -> None:
    """Nobody is asked for readings of before the return, though the dose was learned of after it."""
    ward.cleared().until(after(ward, 40))
    ward.sends(dose(MARA, at=ward.begins()))
    ward.sends(left(MARA, at=after(ward, 17)))
    ward.sends(returned(MARA, at=after(ward, 25)))

    assert [minute for minute, _ in seen(ward)] == [25, 45, 60, 90, 120]


@pytest.mark.parametrize("before", [1, 5, 9])
def test_a_return_of_before_the_dose_asks_for_nothing_and_excuses_nothing(ward: Ward, before: int) -> None:
    """They left after check-in, came back and were dosed: the grid begins with the dose, whenever that is told."""
    begins = ward.checked_in().begins()
    ward.reports(vitals(MARA, at=begins - minutes(19)))
    ward.reports(clearance(MARA, at=begins - minutes(18)))
    ward.reports(left(MARA, at=begins - minutes(15)))
    ward.reports(dose(MARA, at=begins))
    ward.sends(returned(MARA, at=begins - minutes(before)))

    assert [minute for minute, _ in seen(ward)] == [0, 15, 30, 45, 60, 90, 120]


@EDGES
def test_a_return_at_the_doses_own_moment_asks_for_a_reading_at_once(opens: Opens, edge: timedelta) -> None:
    """Under a protocol whose first reading is due a quarter of an hour after the dose."""
    ward = opens(weekly({"medicine.checkpoints.offsets": (minutes(15), minutes(30))})).cleared()
    ward.sends(left(MARA, at=ward.begins() - minutes(4)))
    ward.reports(dose(MARA, at=ward.begins()))
    ward.sends(returned(MARA, at=ward.begins() + edge))

    due = [one.due_at - ward.begins() for one in grid(ward)]
    assert due == [*([timedelta()] if edge >= timedelta() else []), minutes(15), minutes(30)]


def test_a_dose_that_shows_that_they_are_back_asks_for_its_own_readings(ward: Ward) -> None:
    """They left after check-in, and nobody says that they came back, until they are dosed."""
    begins = ward.cleared().begins()
    ward.sends(left(MARA, at=begins - minutes(4)))
    ward.reports(dose(MARA, at=begins))

    assert [minute for minute, _ in seen(ward)] == [0, 15, 30, 45, 60, 90, 120]


# Until discharge


def test_a_forgotten_discharge_asks_every_quarter_of_an_hour(ward: Ward) -> None:
    """`then_every`: each is missed and told at its own time, one escalation, as long as nobody comes."""
    ward.watched().until(after(ward, 120) + hours(4))

    missed = [entry.data["due_at"] for entry in ward.entries if entry.type == "kap.checkpoint.missed"]
    overdue = [page for page in ward.pages if page[0] is Kind.VITALS_OVERDUE]
    assert len(missed) == 15
    assert overdue == [OVERDUE_URGENT, OVERDUE_EMERGENCY] * 15
    assert sorted(ward.open) == sorted([Kind.VITALS_OVERDUE, Kind.DISCHARGE_OVERDUE])


def test_a_night_without_kapstan_ends_in_one_call_not_in_thirty(ward: Ward) -> None:
    """Asleep from two hours after the dose until the morning: one miss, and the next from then on."""
    ward.watched().sleeps(hours(8))

    assert ward.written("checkpoint.missed") == ["checkpoint.missed"]
    assert [call for call in ward.pages if call[0] is Kind.VITALS_OVERDUE] == [OVERDUE_EMERGENCY]
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == after(ward, 120) + hours(8) + minutes(15)


def test_a_gap_of_years_is_stepped_over_and_not_walked_through(ward: Ward) -> None:
    """A session imported long after it: the next checkpoint is told at once, however many lie between."""
    ward.watched().sleeps(days(3650))
    began = process_time()

    told = [ward.due(DeadlineKind.CHECKPOINT)[0].due_at for _ in range(50)]

    assert set(told) == {after(ward, 120) + days(3650) + minutes(15)}
    assert process_time() - began < 1


def test_a_patient_who_stays_long_is_always_waited_for(ward: Ward) -> None:
    """Between dose and discharge there is a next deadline, whatever was missed."""
    ward.dosed()
    for _ in range(60):
        assert ward.due(DeadlineKind.CHECKPOINT)
        ward.until(ward.course.deadlines()[0].passes_at)
    assert ward.now > after(ward, 300)


def test_discharge_ends_it(ward: Ward) -> None:
    """What was due afterwards is due no more, and an open call for vitals is settled."""
    ward.watched(until=minutes(90)).until(after(ward, 126))
    ward.reports(vitals(MARA, at=after(ward, 127)))
    ward.reports(assessment(MARA, at=after(ward, 127)))
    ward.reports(discharge(MARA, at=after(ward, 128)))

    assert ward.due(DeadlineKind.CHECKPOINT) == []
    assert ward.settled == [Kind.VITALS_OVERDUE] * 2
    assert seen(ward)[-1] == (120, LATE)


def test_a_session_broken_off_after_the_dose_is_watched_to_its_end(ward: Ward) -> None:
    """CONTRACT 5, `session.aborted`: after the dose monitoring goes on until discharge."""
    ward.watched(until=minutes(15)).reports(abortion(MARA, at=after(ward, 16)))
    ward.until(after(ward, 35))

    assert ward.pages == [OVERDUE_URGENT]
    ward.discharged()
    assert ward.course.monitored is None


@EDGES
def test_a_discharge_that_does_not_come_is_urgent(ward: Ward, edge: timedelta) -> None:
    """`discharge_overdue`: four hours after the last dose."""
    ward.watched()
    for quarter in range(9, 17):
        ward.reports(vitals(MARA, at=after(ward, 15 * quarter)) if quarter < 16 else vitals(MARA, at=after(ward, 239)))
    ward.until(after(ward, 240) + edge)

    assert ward.open == ({Kind.DISCHARGE_OVERDUE: Severity.URGENT} if edge >= timedelta() else {})


def test_after_the_grid_too_a_reading_belongs_to_the_window_it_was_taken_in(ward: Ward) -> None:
    """Twelve minutes after one that was missed the next one's window opens."""
    ward.watched().until(after(ward, 146))
    ward.reports(vitals(MARA, at=after(ward, 147)))

    assert seen(ward)[-3:] == [(135, MISSED), (150, MET), (165, PENDING)]


@EDGES
def test_after_the_grid_too_a_checkpoint_comes_to_rest(ward: Ward, edge: timedelta) -> None:
    """When the next window opens, and a reading was taken in it."""
    ward.watched().reports(vitals(MARA, at=after(ward, 135)))
    ward.reports(vitals(MARA, at=after(ward, 147) + edge))

    assert (135 in kept(ward)) is (edge >= timedelta())


@pytest.mark.parametrize(("minute", "following"), [(149, 150), (150, 165), (155, 165), (165, 180)])
def test_who_was_away_asks_for_the_next_reading_on_the_grid(ward: Ward, minute: int, following: int) -> None:
    """Kapstan slept: what would have been due by the time the miss is told is asked for no more."""
    ward.watched().sleeps(minutes(minute - 120))
    assert [one for one, _ in seen(ward)][-2:] == [135, following]


@EDGES
def test_a_reading_that_opens_the_next_window_completes_nothing_of_the_one_before(ward: Ward, edge: timedelta) -> None:
    """How awake they are was read at twelve minutes, when the window of a quarter past opens: the dose waits for it."""
    ward.dosed().reports(vitals(MARA, at=after(ward, 1), moaas=None))
    ward.reports(signs(MARA, at=after(ward, 12) + edge, moaas=5))

    assert seen(ward)[0] == (0, LATE if edge < timedelta() else MISSED)


def test_a_checkpoint_says_when_it_may_be_read(ward: Ward) -> None:
    """From `early` before it is due; in time until its `grace` is over."""
    quarter_past = grid(ward.dosed())[1]
    assert (quarter_past.opens_at, quarter_past.grace_ends_at) == (after(ward, 12), after(ward, 20))


# What no longer changes


def kept(ward: Ward) -> list[float]:
    """The checkpoints that are not computed again, as minutes after the dose."""
    return [(one.due_at - ward.begins()) / minutes(1) for one in ward.session().settled]


@EDGES
def test_an_answered_checkpoint_no_longer_changes_once_the_next_one_is_read(ward: Ward, edge: timedelta) -> None:
    """A reading of the next window, which opens twelve minutes after the dose, closes that of the dose."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=after(ward, 12) + edge))

    is_behind = edge >= timedelta()
    assert kept(ward) == ([0] if is_behind else [])
    assert ward.session().settled_until == (after(ward, 12) if is_behind else None)


def test_a_checkpoint_may_change_while_nothing_later_was_read(ward: Ward) -> None:
    """That it was answered is not enough: another reading of its window may arrive."""
    ward.watched(until=minutes(0)).until(after(ward, 14))
    assert kept(ward) == []


def test_a_missed_checkpoint_no_longer_changes_once_the_next_one_is_read(opens: Opens) -> None:
    """Nobody came at a quarter past, which was no emergency yet, and they were measured at half past."""
    ward = opens(weekly({"medicine.checkpoints.emergency_after": minutes(20)})).watched(until=minutes(0))
    ward.reports(vitals(MARA, at=after(ward, 30)))

    assert kept(ward) == [0, 15]
    assert ward.session().settled_until == after(ward, 27)


def test_a_checkpoint_that_nobody_missed_yet_may_change(opens: Opens) -> None:
    """It was not told for being typed late: a reading of it may still arrive."""
    patient = {"medicine.checkpoints.told_after": minutes(30), "medicine.checkpoints.emergency_after": minutes(40)}
    ward = opens(weekly(patient)).watched(until=minutes(0))
    ward.reports(vitals(MARA, at=after(ward, 30)))

    assert seen(ward)[1] == (15, PENDING)
    assert kept(ward) == [0]


def test_an_emergency_no_longer_changes(ward: Ward) -> None:
    """Ten minutes after it was due it stays an emergency, whoever reads them then, while its window is still open."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=after(ward, 26)))

    assert kept(ward) == [0, 15]
    assert ward.session().settled_until == after(ward, 27)


def test_checkpoints_come_to_rest_one_after_another(ward: Ward) -> None:
    """Each reading adds the one before it."""
    ward.watched(until=minutes(45))
    assert kept(ward) == [0, 15, 30]


@EDGES
def test_what_came_to_rest_is_asked_again_for_what_was_before(ward: Ward, edge: timedelta) -> None:
    """Only by what happened before the last window that closed, at twenty-seven minutes after the dose."""
    session = ward.watched(until=minutes(30)).session()

    assert unsettled_by(session, after(ward, 27) + edge) == (session if edge >= timedelta() else unsettled(session))


def test_all_that_came_to_rest_is_asked_again(ward: Ward) -> None:
    """As after a booster, which starts the grid anew."""
    anew = unsettled(ward.watched(until=minutes(30)).session())
    assert (anew.settled, anew.settled_until) == ((), None)


# A booster


def test_a_booster_starts_the_grid_again(opens: Opens) -> None:
    """From its own moment; what the first dose still asked for after that is asked no more."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))
    ward.watched(until=minutes(15)).reports(dose(MARA, at=after(ward, 20), mg=10))

    assert [minute for minute, _ in seen(ward)] == [0, 15, 20, 35, 50, 65, 80, 110, 140]
    assert ward.due(DeadlineKind.DISCHARGE)[0].due_at == after(ward, 260)


def test_a_booster_on_the_grid_is_one_checkpoint_not_two(opens: Opens) -> None:
    """Given at half past: what was due then is the booster's own first reading."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1})).cleared()
    ward.reports(dose(MARA, at=ward.begins(), mg=20))
    ward.watched(until=minutes(15)).reports(dose(MARA, at=after(ward, 30), mg=10))

    assert [minute for minute, _ in seen(ward)] == [0, 15, 30, 45, 60, 75, 90, 120, 150]


# Learned late


def test_a_dose_sent_hours_later_is_not_an_emergency_at_once(ward: Ward) -> None:
    """Decision 4: a checkpoint learned too late passes its own grace after it was learned."""
    ward.cleared().passes(hours(1))
    ward.sends(dose(MARA, at=ward.begins()))
    ward.calls.clear()
    learned_at = ward.now

    ward.until(learned_at + minutes(5) - TICK)
    quiet = ward.pages
    ward.passes(TICK)

    assert quiet == []
    assert ward.pages == [OVERDUE_URGENT]
    ward.until(learned_at + minutes(10))
    assert ward.pages == [OVERDUE_URGENT, OVERDUE_EMERGENCY]


def test_a_hole_in_an_imported_session_is_written_down_and_wakes_nobody(ward: Ward) -> None:
    """They were measured at half past, so nobody needs to run for the reading of a quarter past of last month.

    Nor for one after their last reading: nobody can measure whoever was dosed last month.
    """
    ward.cleared().passes(days(30))
    ward.calls.clear()
    ward.sends(dose(MARA, at=ward.begins()))
    for minute in (0, 30, 45, 60, 90, 120):
        ward.sends(vitals(MARA, at=after(ward, minute)))
    waited_for = {deadline.due_at: deadline.consequence for deadline in ward.due(DeadlineKind.CHECKPOINT)}
    ward.sends(vitals(MARA, at=ward.now))
    ward.passes(minutes(6))

    assert waited_for == {after(ward, 15): None}
    assert seen(ward)[:3] == [(0, MET), (15, MISSED), (30, MET)]
    assert Kind.VITALS_OVERDUE not in ward.open


def test_a_reading_sent_late_but_taken_in_time_is_met(ward: Ward) -> None:
    """Judged by when it was taken; that somebody was called in between stays in the ledger."""
    ward.watched(until=minutes(0)).until(after(ward, 40))
    ward.sends(vitals(MARA, at=after(ward, 15)))

    assert seen(ward)[1] == (15, MET)
    assert ward.written("checkpoint.missed") == ["checkpoint.missed", "checkpoint.missed"]


def test_a_reading_told_before_the_dose_that_it_follows_is_of_its_visit(ward: Ward) -> None:
    """The monitor sends by itself, and the dose of a patient whom nobody checked in is typed a minute later."""
    begins = ward.booked().begins()
    ward.reports(vitals(MARA, at=begins + minutes(1)))
    ward.reports(dose(MARA, at=begins))

    ward.until(begins + minutes(12))

    assert Kind.VITALS_OVERDUE not in ward.open
    assert [reading.at for reading in ward.session().readings] == [begins + minutes(1)]
    assert ward.course.outside.readings == ()


def test_a_reading_told_before_the_check_in_clears_them(ward: Ward) -> None:
    """It was taken after they came, and counts."""
    begins = ward.booked().begins()
    ward.reports(cssrs(MARA, at=begins - minutes(25), items=CALM))
    ward.reports(vitals(MARA, at=begins - minutes(10)))
    ward.reports(check_in(MARA, at=begins - minutes(20)))

    assert ward.reasons(clearance(MARA, at=begins - minutes(5))) == []


@pytest.mark.parametrize("session", [1, 2])
def test_each_session_has_its_own_grid(ward: Ward, session: int) -> None:
    """And its own escalations, by number."""
    ward.dosed(session)
    ward.passes(minutes(5))

    assert [one.id for one in ward.course.unresolved] == [f"MARA-1~vitals_overdue~{session}~1"]
    assert grid(ward, session)[0].due_at == ward.begins(session)

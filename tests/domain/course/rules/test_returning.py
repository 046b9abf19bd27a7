"""A patient who was sent home or handed over, and is ours to watch again: by a reading, or because they came back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.course.corrections.retelling import told
from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Actor, Severity
from tests.support.cast import (
    DESK,
    EHR,
    LIND,
    MARA,
    OSEI,
    PATIENT,
    THORNE,
    adverse_event,
    assessment,
    correction,
    days,
    died,
    discharge,
    dose,
    handed_over,
    hours,
    medication,
    minutes,
    returned,
    vitals,
)
from tests.support.ward import EDGES, TICK, Ward, holds

URGENT = (Kind.VITALS_URGENT, Severity.URGENT)


def test_a_first_breach_after_the_discharge_is_asked_for_again_and_stands(ward: Ward) -> None:
    """200/120 at the door wants a second reading; with none it is urgent. They are watched again."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(5), systolic=200, diastolic=120))
    assert ward.stage() is Stage.RECOVERING
    assert [one.due_at for one in ward.due(DeadlineKind.RECHECK)] == [ward.now + minutes(5)]

    ward.calls.clear()
    ward.passes(minutes(5))
    assert ward.pages == [URGENT]
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_a_first_breach_of_before_the_discharge_that_arrives_after_it_is_asked_for_again(ward: Ward) -> None:
    """200/120 two minutes before they went, told five minutes after it: nobody knew when they were sent home."""
    ward.discharged().passes(minutes(5))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(128), systolic=200, diastolic=120))
    assert ward.session().is_watched

    ward.calls.clear()
    ward.passes(minutes(10))
    assert URGENT in ward.pages
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at >= ward.begins() + minutes(135)


def test_an_emergency_of_before_the_discharge_that_arrives_after_it_is_watched_again(ward: Ward) -> None:
    """SpO2 82 of the last minutes: it would have kept them here."""
    ward.discharged().passes(minutes(5))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(128), spo2=82))

    assert ward.session().is_watched


@pytest.mark.parametrize("minute", [50, 118])
def test_a_late_reading_that_others_have_followed_brings_nobody_back(ward: Ward, minute: int) -> None:
    """They were measured since, and were well when they went."""
    ward.discharged().sends(vitals(MARA, at=ward.begins() + minutes(minute), spo2=82))

    assert ward.stage() is Stage.DISCHARGED
    assert Kind.VITALS_EMERGENCY in ward.open


def test_a_calm_second_reading_lets_them_go_again(ward: Ward) -> None:
    """By a discharge like any other."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(5), systolic=200, diastolic=120))
    ward.reports(vitals(MARA, at=ward.now + minutes(4)))
    ward.reports(discharge(MARA, at=ward.now + minutes(1), by=LIND))

    assert ward.stage() is Stage.DISCHARGED


@pytest.mark.parametrize("signs", [{"symptoms": ("chest_pain",)}, {"spo2": 85}])
def test_a_reading_of_the_next_morning_asks_for_none_of_the_night(ward: Ward, signs: dict[str, Any]) -> None:
    """By phone, at nine: it is told, and one more is asked for. They may be at home, where nobody measures them."""
    ward.discharged().until(ward.begins() + hours(23))
    ward.calls.clear()
    ward.reports(vitals(MARA, at=ward.now, **signs))
    ward.passes(hours(3))

    assert ward.pages[0] == (Kind.VITALS_EMERGENCY, Severity.EMERGENCY)
    assert [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE] == [Severity.URGENT]
    assert Kind.DISCHARGE_OVERDUE not in ward.open
    assert ward.session().is_watched
    ward.passes(hours(1))
    assert Kind.DISCHARGE_OVERDUE in ward.open


def test_who_then_comes_in_is_watched_like_anybody(ward: Ward) -> None:
    """Said to be here, they are measured every quarter of an hour."""
    ward.discharged().until(ward.begins() + hours(23))
    ward.reports(vitals(MARA, at=ward.now, spo2=85))
    ward.reports(returned(MARA, at=ward.now + minutes(30)))
    ward.passes(minutes(20))

    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY


# Back at the clinic


@pytest.mark.parametrize("number", [1, None])
def test_who_comes_back_after_their_discharge_is_watched_again(ward: Ward, number: int | None) -> None:
    """Ten minutes after they went: a reading is due at once, and silence is noticed."""
    answer = ward.discharged().reports(returned(MARA, number, at=ward.now + minutes(10)))
    assert [one.code for one in answer.deviations] == ["patient.not_away"]
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == ward.now

    ward.passes(minutes(10))
    assert ward.pages == [(Kind.VITALS_OVERDUE, Severity.URGENT), (Kind.VITALS_OVERDUE, Severity.EMERGENCY)]
    assert holds(ward)


def test_who_comes_back_for_the_talk_of_the_week_is_not_watched(ward: Ward) -> None:
    """A day after the discharge the session is over."""
    ward.discharged().reports(returned(MARA, at=ward.now + days(1) + TICK))

    assert ward.stage() is Stage.DISCHARGED


@pytest.mark.parametrize("signs", [{"moaas": 3}, {"spo2": 92}])
def test_a_reading_with_which_nobody_goes_home_keeps_who_comes_back(ward: Ward, signs: dict[str, Any]) -> None:
    """A warning is no page; it is below what the discharge asks for all the same."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(10), **signs))

    assert ward.session().is_watched


def test_a_calm_reading_after_the_discharge_keeps_nobody(ward: Ward) -> None:
    """Nor does nausea."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(10), symptoms=("nausea",)))

    assert ward.stage() is Stage.DISCHARGED


@pytest.mark.parametrize(
    "event",
    [
        lambda at: adverse_event(MARA, at=at + minutes(10), term="nausea", grade=2),
        lambda at: adverse_event(MARA, at=at + minutes(10), by=PATIENT, term="syncope", grade=3),
        lambda at: adverse_event(MARA, at=at + minutes(10), by=LIND, term="syncope", grade=3),
        lambda at: adverse_event(MARA, at=at + hours(3), term="syncope", grade=3),
    ],
    ids=["moderate", "told by the patient", "told by the nurse", "hours later"],
)
def test_an_adverse_event_at_home_is_told_and_nobody_is_asked_for_readings(
    ward: Ward, event: Callable[[datetime], ClinicEvent]
) -> None:
    """Nobody can take them."""
    ward.discharged()
    ward.reports(event(ward.now))

    assert ward.stage() is Stage.DISCHARGED


# After a handover


def test_who_is_measured_here_in_danger_after_a_handover_is_watched(ward: Ward) -> None:
    """The crew did not take them: SpO2 86, here."""
    ward.watched(until=minutes(30)).reports(handed_over(MARA, at=ward.begins() + minutes(40)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(50), spo2=86))

    assert ward.session().is_watched
    assert ward.course.hold is not None


def test_who_comes_back_from_a_handover_is_measured_at_once_and_not_for_the_hours_away(ward: Ward) -> None:
    """Nobody is asked for a moment in the hospital: the first reading is due at the return, and has its grace."""
    ward.watched(until=minutes(30)).reports(handed_over(MARA, at=ward.begins() + minutes(40)))
    ward.until(ward.begins() + hours(4))
    ward.calls.clear()
    ward.reports(returned(MARA, at=ward.now))
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == ward.now
    ward.passes(minutes(4))
    assert [kind for kind, _ in ward.pages if kind is Kind.VITALS_OVERDUE] == []

    ward.passes(minutes(6))
    assert [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE] == [
        Severity.URGENT,
        Severity.EMERGENCY,
    ]
    assert holds(ward)


# Handed over, or dead, in the wrong record


Lost = Callable[..., ClinicEvent]
LOST = pytest.mark.parametrize("lost", [handed_over, died])


def reads(at: datetime, by: Actor, number: int | None) -> ClinicEvent:
    return vitals(MARA, number, at=at, by=by)


def assesses(at: datetime, by: Actor, number: int | None) -> ClinicEvent:
    return assessment(MARA, number, at=at, by=by)


def gives_ondansetron(at: datetime, by: Actor, number: int | None) -> ClinicEvent:
    return medication(MARA, number, at=at, by=by, code="ondansetron")


Sees = Callable[[datetime, Actor, int | None], ClinicEvent]
SEEN = pytest.mark.parametrize("sees", [reads, assesses, gives_ondansetron])


def lost_at_forty(ward: Ward, lost: Lost) -> Ward:
    """Measured up to 10:30, and lost at 10:40."""
    ward.watched(until=minutes(30)).reports(lost(MARA, at=ward.begins() + minutes(40)))
    assert ward.course.monitored is None
    return ward


@LOST
@SEEN
@pytest.mark.parametrize("number", [1, None])
@pytest.mark.parametrize("by", [LIND, OSEI, THORNE, DESK], ids=lambda by: by.id)
def test_who_is_seen_at_the_clinic_after_they_were_lost_is_watched_again(
    ward: Ward, lost: Lost, sees: Sees, number: int | None, by: Actor
) -> None:
    """Calm as they are: it was another patient who went. Silence is noticed from then on."""
    lost_at_forty(ward, lost).reports(sees(ward.begins() + minutes(45), by, number))
    assert ward.stage() is Stage.RECOVERING

    ward.calls.clear()
    ward.passes(minutes(30))
    overdue = [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE]
    assert {Severity.URGENT, Severity.EMERGENCY} <= set(overdue)
    assert holds(ward)
    assert [one.stage for one in told(ward.course).sessions] == [one.stage for one in ward.course.sessions]


@LOST
@SEEN
@pytest.mark.parametrize("by", [EHR, PATIENT], ids=lambda by: by.id)
def test_what_a_machine_or_the_patient_tells_shows_nobody_to_be_here(
    ward: Ward, lost: Lost, sees: Sees, by: Actor
) -> None:
    """A monitor that nobody has taken off, or another's."""
    lost_at_forty(ward, lost).reports(sees(ward.begins() + minutes(45), by, 1))

    assert ward.course.monitored is None


@LOST
@SEEN
@EDGES
def test_only_what_happened_after_they_were_lost_shows_that(
    ward: Ward, lost: Lost, sees: Sees, edge: timedelta
) -> None:
    """A last reading of before it, told late, changes nothing."""
    lost_at_forty(ward, lost).passes(minutes(5))
    ward.sends(sees(ward.begins() + minutes(40) + edge, LIND, 1))

    assert (ward.course.monitored is not None) == (edge > timedelta())


@LOST
@SEEN
@EDGES
def test_a_day_later_it_is_of_another_day(ward: Ward, lost: Lost, sees: Sees, edge: timedelta) -> None:
    """Whoever comes for the talk is not under the medicine."""
    lost_at_forty(ward, lost).reports(sees(ward.begins() + minutes(40) + days(1) + edge, LIND, 1))

    assert (ward.course.monitored is not None) == (edge <= timedelta())


@LOST
@SEEN
def test_it_comes_to_the_same_when_they_are_lost_by_what_is_told_later(ward: Ward, lost: Lost, sees: Sees) -> None:
    """Seen at 10:45; at 10:50 it is told that they were handed over, or died, at 10:40."""
    ward.watched(until=minutes(30)).reports(sees(ward.begins() + minutes(45), LIND, 1))
    ward.passes(minutes(5))
    ward.sends(lost(MARA, at=ward.begins() + minutes(40)))

    assert ward.course.monitored is not None
    assert holds(ward)


@LOST
def test_a_last_reading_with_too_late_a_time_is_answered_by_saying_it_again(ward: Ward, lost: Lost) -> None:
    """They were truly gone: told anew, with the time of now, nobody measures them."""
    lost_at_forty(ward, lost).reports(vitals(MARA, at=ward.begins() + minutes(41)))
    ward.reports(lost(MARA, at=ward.begins() + minutes(44)).but(id="once more"))

    assert ward.course.monitored is None
    assert holds(ward)


@LOST
def test_a_reading_that_is_taken_back_shows_nobody_any_more(ward: Ward, lost: Lost) -> None:
    """It was another patient's: they are gone after all."""
    lost_at_forty(ward, lost).reports(seen := vitals(MARA, at=ward.begins() + minutes(45)))
    ward.reports(correction(seen, at=ward.now + minutes(2), retracted=True))

    assert ward.course.monitored is None
    assert holds(ward)


def test_who_was_handed_over_and_died_since_is_not_watched_by_what_was_before(ward: Ward) -> None:
    """A reading of after the handover, told after the death."""
    lost_at_forty(ward, handed_over).reports(died(MARA, at=ward.begins() + minutes(50)))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(45)))
    assert ward.course.monitored is None

    ward.reports(vitals(MARA, at=ward.now + minutes(5)))
    assert ward.session().is_monitored


@LOST
def test_a_dose_that_is_told_late_takes_nobody_out_of_sight_who_was_seen_since(ward: Ward, lost: Lost) -> None:
    """Seen at 10:45 after they were lost; then a dose of 10:20 is told."""
    lost_at_forty(ward, lost).reports(vitals(MARA, at=ward.begins() + minutes(45)))
    ward.sends(dose(MARA, at=ward.begins() + minutes(20)))

    assert ward.session().is_monitored
    assert holds(ward)


def test_who_comes_back_after_their_death_was_told_is_watched(ward: Ward) -> None:
    """It was another's."""
    lost_at_forty(ward, died).reports(returned(MARA, at=ward.begins() + minutes(45)))

    assert ward.session().is_monitored


def test_who_is_sent_home_after_the_death_of_another_is_brought_back_like_anybody(ward: Ward) -> None:
    """Their dose was really at 11:30, it is told ten minutes after they went."""
    lost_at_forty(ward, died).reports(vitals(MARA, at=ward.begins() + minutes(45)))
    for minute in (60, 90, 120):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(122)))
    for kind in (Kind.PATIENT_DECEASED, Kind.PROTOCOL_DEVIATION):
        ward.hears(kind, Change.RESOLVED)
    ward.reports(discharge(MARA, at=ward.begins() + minutes(130)))
    assert ward.stage() is Stage.DISCHARGED
    given = next(event for event, _ in ward.answers if event.type == "kap.dose.administered")
    ward.reports(correction(given, at=ward.now + minutes(10), happened_at=ward.begins() + minutes(90)))

    assert ward.session().is_monitored
    assert holds(ward)


def test_the_deviation_of_whoever_is_alive_stays(ward: Ward) -> None:
    """One of the two is in the wrong record."""
    answer = lost_at_forty(ward, died).reports(vitals(MARA, at=ward.begins() + minutes(45)))

    assert "patient.deceased" in [one.code for one in answer.deviations]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT


def test_who_was_handed_over_and_is_measured_here_hours_later_is_watched_on(ward: Ward) -> None:
    """Another patient went with the ambulance: one reading that is missed is not the last that is waited for."""
    ward.dosed().sends(handed_over(MARA, 1, at=ward.now))
    ward.passes(hours(7))
    ward.sends(vitals(MARA, 1, at=ward.now))
    ward.passes(minutes(40))

    assert ward.due(DeadlineKind.CHECKPOINT)


@pytest.mark.parametrize(
    "seen", [lambda at: returned(MARA, 1, at=at), lambda at: dose(MARA, 1, at=at)], ids=["back", "dosed"]
)
def test_who_was_seen_here_after_they_went_is_not_at_home_though_it_is_told_late(
    ward: Ward, seen: Callable[[datetime], ClinicEvent]
) -> None:
    """Watched again since half past twelve by a correction; that they came back at twenty past is told after it."""
    ward.discharged().passes(minutes(20))
    last = next(event for event, _ in reversed(ward.answers) if event.type == "kap.vitals.recorded")
    ward.sends(correction(last, at=ward.now, happened_at=ward.begins() + minutes(90)))
    ward.passes(minutes(5))
    ward.sends(seen(ward.now - minutes(15)))
    ward.passes(hours(2))

    assert ward.due(DeadlineKind.CHECKPOINT)


@pytest.mark.parametrize("is_death", [False, True])
def test_a_loss_of_before_they_went_that_is_told_after_it_says_that_they_are_here(ward: Ward, is_death: bool) -> None:
    """Watched again by a correction, and perhaps at home: two that contradict each other are taken for the worse."""
    ward.discharged()
    last = next(event for event, _ in reversed(ward.answers) if event.type == "kap.vitals.recorded")
    ward.sends(correction(last, at=ward.now, happened_at=ward.now - minutes(30)))
    assert ward.session().is_watched
    ward.passes(minutes(5))
    at = ward.begins() + minutes(123)
    lost = died(MARA, at=at) if is_death else handed_over(MARA, 1, at=at)
    for event in (lost, vitals(MARA, 1, at=ward.now, systolic=None, spo2=None)):
        ward.sends(event)
    ward.passes(hours(2))

    assert ward.due(DeadlineKind.CHECKPOINT)


@pytest.mark.parametrize("is_told_late", [False, True])
@pytest.mark.parametrize("is_death", [False, True])
def test_who_was_sent_home_and_is_measured_here_after_they_were_lost_is_watched_on(
    ward: Ward, is_death: bool, is_told_late: bool
) -> None:
    """The next morning, in whatever order it is told: whoever was lost then and is measured here is not at home."""
    ward.discharged().until(ward.begins() + hours(23))
    ward.sends(vitals(MARA, 1, at=ward.now, spo2=85))
    at = ward.now + minutes(2)
    lost = died(MARA, at=at) if is_death else handed_over(MARA, 1, at=at)
    told = [lost, vitals(MARA, 1, at=ward.now + minutes(10), spo2=85)]
    ward.passes(minutes(10))
    for event in reversed(told) if is_told_late else told:
        ward.sends(event)
    ward.passes(hours(2))

    assert ward.due(DeadlineKind.CHECKPOINT)

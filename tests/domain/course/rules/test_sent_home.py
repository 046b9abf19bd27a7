"""A discharge holds only as long as what it rested on: by a fact told late, or corrected, it may not hold any more."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.course.corrections.retelling import TOLD, told
from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent, InfusionStopped, PatientDischarged
from domain.protocol.values import Route
from domain.values import Severity
from tests.support.cast import (
    DESK,
    LIND,
    MARA,
    OSEI,
    WEEKLY,
    adverse_event,
    assessment,
    call,
    correction,
    days,
    died,
    discharge,
    dose,
    handed_over,
    hours,
    infusion_started,
    infusion_stopped,
    left,
    medication,
    minutes,
    new_version,
    over,
    returned,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward, holds

TOO_SHORT = "discharge.observation_too_short"
HOME = minutes(130)
"""When they go home on good days, counted from the dose."""


def last(ward: Ward, kind: str, n: int = -1) -> ClinicEvent:
    """The event of this type that was reported last."""
    return [event for event, _ in ward.answers if event.type == f"kap.{kind}"][n]


def against(ward: Ward) -> list[str]:
    """What is on record against the discharge."""
    of_it = [one for one in ward.course.deviations if one.type == PatientDischarged.model_fields["type"].default]
    return [one.code for known in of_it for one in known.deviations]


def holds_together(ward: Ward) -> None:
    """The record is whole, and the journal alone tells the same course."""
    assert holds(ward)
    again = told(ward.course)
    for name in TOLD:
        if name in {"sessions", "phase_learned_at"}:
            continue
        assert getattr(again, name) == getattr(ward.course, name), name
    unsettled = [one.but(settled=(), settled_until=None) for one in ward.course.sessions]
    assert [one.but(settled=(), settled_until=None) for one in again.sessions] == unsettled


def one_reading_is_asked_for(ward: Ward) -> bool:
    """Whether a reading is due now, urgently, and no more until it is there: they may be at home."""
    ward.calls.clear()
    ward.passes(hours(1))
    return [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE] == [Severity.URGENT]


def is_asked_for_a_reading(ward: Ward) -> bool:
    """Whether a reading is due now, and silence is noticed."""
    assert ward.session().is_watched
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == ward.now
    ward.passes(minutes(5))
    return Kind.VITALS_OVERDUE in ward.open


# The observation after the last dose


def as_a_correction(ward: Ward, minute: float) -> ClinicEvent:
    given = last(ward, "dose.administered")
    return correction(given, at=ward.now, happened_at=ward.begins() + minutes(minute))


def as_a_new_version(ward: Ward, minute: float) -> ClinicEvent:
    given = last(ward, "dose.administered")
    return new_version(given, "dose, version 2", at=ward.begins() + minutes(minute))


def as_a_second_dose(ward: Ward, minute: float) -> ClinicEvent:
    return dose(MARA, at=ward.begins() + minutes(minute))


def as_a_sedative(ward: Ward, minute: float) -> ClinicEvent:
    return medication(MARA, at=ward.begins() + minutes(minute), code="midazolam", by=DESK)


SHORTENED = pytest.mark.parametrize("told_as", [as_a_correction, as_a_new_version, as_a_second_dose, as_a_sedative])


@SHORTENED
def test_who_was_observed_too_briefly_is_watched_again(
    ward: Ward, told_as: Callable[[Ward, float], ClinicEvent]
) -> None:
    """Home at 12:10, the last dose really at 11:30: told at 12:20 it is 40 of 120 minutes. However it is told."""
    ward.discharged().passes(minutes(10))

    answer = ward.sends(told_as(ward, 90))

    short = next(one for one in answer.deviations if one.code == TOO_SHORT)
    assert (short.observed, short.limit) == ("40 min", "2 h")
    assert "40 min" in short.message
    assert ward.stage() is Stage.RECOVERING if told_as is not as_a_second_dose else ward.session().is_monitored
    holds_together(ward)
    assert is_asked_for_a_reading(ward)


@SHORTENED
@EDGES
def test_two_hours_after_they_went_people_are_told_and_nobody_is_asked(
    ward: Ward, told_as: Callable[[Ward, float], ClinicEvent], edge: timedelta
) -> None:
    """As long as anybody is observed at least, counted from the later of the last dose and the discharge."""
    ward.discharged().until(ward.begins() + HOME + hours(2) + edge)

    ward.sends(told_as(ward, 90))

    is_over = edge >= timedelta()
    assert ward.stage() is Stage.DISCHARGED if is_over else ward.session().is_monitored
    assert TOO_SHORT in against(ward)
    assert ward.open[Kind.PROTOCOL_DEVIATION].rank >= Severity.URGENT.rank
    holds_together(ward)


@SHORTENED
@EDGES
def test_when_their_observation_would_be_over_one_reading_is_asked_for(
    ward: Ward, told_as: Callable[[Ward, float], ClinicEvent], edge: timedelta
) -> None:
    """Two hours after the last dose, as it is known now, they may be at home: nobody measures them there."""
    ward.discharged().until(ward.begins() + minutes(90) + hours(2) + edge)
    ward.calls.clear()

    ward.sends(told_as(ward, 90))
    ward.passes(minutes(30))

    is_over = edge >= timedelta()
    overdue = [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE]
    assert overdue[:1] == [Severity.URGENT]
    assert (Severity.EMERGENCY in overdue) == (not is_over)


@SHORTENED
@EDGES
def test_an_observation_is_too_short_by_a_moment(
    ward: Ward, told_as: Callable[[Ward, float], ClinicEvent], edge: timedelta
) -> None:
    """Short by a moment it is a deviation."""
    ward.discharged().passes(minutes(5))

    ward.sends(told_as(ward, (HOME - hours(2) + edge) / minutes(1)))

    assert (TOO_SHORT in against(ward)) == (edge > timedelta())


def test_a_dose_that_was_given_after_the_discharge_is_watched_from_then(ward: Ward) -> None:
    """Its time is corrected to ten minutes after they went: they were here, and calls count from when they go."""
    ward.discharged().passes(minutes(15))
    answer = ward.sends(as_a_new_version(ward, 140))

    assert next(one for one in answer.deviations if one.code == TOO_SHORT).observed == "0 s"
    assert ward.session().sent_away[-1].back_at == ward.begins() + minutes(140)
    assert ward.due(DeadlineKind.CHECK_IN) == []
    holds_together(ward)


def home_after_an_infusion() -> tuple[Ward, InfusionStopped]:
    """From 10:00 to 10:40; home at 12:50."""
    ward = Ward(protocol=weekly({"route": Route.INTRAVENOUS})).cleared()
    ward.reports(infusion_started(MARA, at=ward.begins(), over=minutes(40)))
    stop = infusion_stopped(MARA, at=ward.begins() + minutes(40), mg_given=35)
    for minute in (0, 15, 30, 45, 60, 90, 120, 150):
        if minute == 45:
            ward.reports(stop)
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(162)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(164)))
    ward.reports(discharge(MARA, at=ward.begins() + minutes(170)))
    return ward, stop


def test_an_infusion_whose_stop_is_taken_back_was_never_stopped() -> None:
    """The stop was another patient's, told at 12:57: they are watched again, and somebody asks for the stop."""
    ward, stop = home_after_an_infusion()
    ward.reports(correction(stop, at=ward.now + minutes(7), retracted=True))
    assert "infusion.running" in against(ward)
    holds_together(ward)
    assert is_asked_for_a_reading(ward)

    ward.passes(WEEKLY.medicine.infusion.grace)
    assert ward.open[Kind.DOSE_UNREPORTED] is Severity.URGENT
    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY


@EDGES
def test_a_day_after_the_discharge_an_infusion_without_a_stop_is_a_gap_in_the_record(edge: timedelta) -> None:
    """Until then somebody asks; in any case it is on record."""
    ward, stop = home_after_an_infusion()
    ward.until(ward.now + days(1) + edge)
    ward.sends(correction(stop, at=ward.now, retracted=True))

    assert ward.session().is_monitored == (edge < timedelta())
    assert "infusion.running" in against(ward)


def test_the_right_stop_takes_that_back() -> None:
    """It was at 10:50, it is said then: they have been observed for two hours."""
    ward, stop = home_after_an_infusion()
    ward.reports(correction(stop, at=ward.now + minutes(7), retracted=True))
    ward.sends(infusion_stopped(MARA, at=ward.begins() + minutes(45), mg_given=35))

    assert ward.session().running_infusion is None
    assert ward.due(DeadlineKind.INFUSION) == []


def test_an_infusion_that_is_told_late_and_has_no_stop_brings_them_back(ward: Ward) -> None:
    """A second one, started at 11:55, told after they went."""
    ward.discharged().passes(minutes(5))
    ward.sends(infusion_started(MARA, at=ward.begins() + minutes(115)))

    assert ward.session().is_monitored
    assert ward.due(DeadlineKind.INFUSION) != []
    holds_together(ward)


def test_an_infusion_that_ran_for_longer_was_observed_for_less() -> None:
    """Its stop is corrected from 10:40 to 11:50: home at 12:50 after an hour, told at 12:55."""
    ward, stop = home_after_an_infusion()

    ward.reports(correction(stop, at=ward.now + minutes(5), happened_at=ward.begins() + minutes(110)))

    assert ward.session().is_watched
    assert TOO_SHORT in against(ward)
    holds_together(ward)


def test_what_a_prescriber_weighed_at_the_door_is_no_news(ward: Ward) -> None:
    """Sent home after an hour by a prescriber: another amount, or an earlier time, changes nothing."""
    ward.watched(until=hours(1)).reports(assessment(MARA, at=ward.begins() + minutes(61)))
    early = over(TOO_SHORT, "discharge.assessed_too_early")
    ward.reports(discharge(MARA, at=ward.begins() + minutes(65), by=OSEI, overrides=early))
    given = last(ward, "dose.administered")
    ward.reports(correction(given, at=ward.now + minutes(1), mg=34.0))
    ward.sends(correction(given, at=ward.now, mg=34.0, happened_at=given.time - minutes(3)))
    assert ward.stage() is Stage.DISCHARGED
    assert against(ward) == []

    ward.sends(correction(given, at=ward.now, mg=34.0, happened_at=given.time + minutes(10)))
    assert ward.session().is_monitored
    assert TOO_SHORT in against(ward)


def test_a_correction_that_is_taken_back_lets_the_discharge_stand(ward: Ward) -> None:
    """It was the right time after all: they are at home, nothing is on record, and the page is marked."""
    ward.discharged().passes(minutes(10))
    ward.sends(as_a_correction(ward, 90))
    ward.reports(correction(last(ward, "correction.recorded"), at=ward.now + minutes(3), retracted=True))

    assert ward.stage() is Stage.DISCHARGED
    assert against(ward) == []
    assert [one.rests_on_corrected for one in ward.course.unresolved if one.kind is Kind.PROTOCOL_DEVIATION] == [True]
    holds_together(ward)


def test_another_correction_takes_no_second_discharge_away(ward: Ward) -> None:
    """Watched again and sent home anew; then the amount of the dose is corrected."""
    ward.discharged().passes(minutes(10))
    ward.sends(as_a_correction(ward, 90))
    for kind in (Kind.PROTOCOL_DEVIATION, Kind.CORRECTION_REVIEW):
        ward.hears(kind, Change.RESOLVED)
    for minute in (145, 165, 180, 195, 205, 215):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(216)))
    ward.reports(discharge(MARA, at=ward.begins() + minutes(220)))
    assert ward.stage() is Stage.DISCHARGED

    first = last(ward, "correction.recorded")
    given = last(ward, "dose.administered")
    ward.reports(correction(given, at=ward.now + minutes(1), mg=34.0, happened_at=first.data.at))  # type: ignore[union-attr]

    assert ward.session().discharge is not None
    assert ward.session().discharge.at == ward.begins() + minutes(220)  # type: ignore[union-attr]
    holds_together(ward)


# The last readings


@pytest.mark.parametrize("is_late", [False, True], ids=["corrected", "told late"])
@pytest.mark.parametrize("spo2", [84, 92])
def test_a_last_reading_with_which_nobody_goes_home_brings_them_back(ward: Ward, is_late: bool, spo2: int) -> None:
    """A correction and the same fact told late come to the same: 92 is below what the discharge asks for."""
    ward.discharged().passes(minutes(30))
    known = last(ward, "vitals.recorded")
    reading = vitals(MARA, at=known.time + minutes(1), spo2=spo2)
    ward.sends(reading if is_late else correction(known, at=ward.now, spo2=spo2))

    holds_together(ward)
    assert is_asked_for_a_reading(ward)


@pytest.mark.parametrize("minute", [60, 90])
def test_a_corrected_reading_that_others_have_followed_brings_nobody_back(ward: Ward, minute: int) -> None:
    """They were measured since, and were well when they went."""
    ward.discharged()
    known = next(one for one, _ in ward.answers if one.time == ward.begins() + minutes(minute))
    ward.sends(correction(known, at=ward.now, spo2=84))

    assert ward.stage() is Stage.DISCHARGED
    assert Kind.VITALS_EMERGENCY in ward.open


def test_who_was_measured_well_since_stays_at_home(ward: Ward) -> None:
    """At the door, after the discharge."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(2)))
    ward.sends(correction(last(ward, "vitals.recorded", -2), at=ward.now, spo2=84))

    assert ward.stage() is Stage.DISCHARGED


def test_a_harmless_correction_of_the_last_reading_changes_nothing(ward: Ward) -> None:
    """97 for 98."""
    ward.discharged()
    before = ward.session().discharge
    ward.reports(correction(last(ward, "vitals.recorded"), at=ward.now + minutes(5), spo2=97))

    assert ward.session().discharge == before
    assert against(ward) == []


def test_who_was_never_measured_is_told_of_in_words(ward: Ward) -> None:
    """Every reading since the dose was another patient's: people hear of it, and one reading is asked for."""
    ward.discharged().passes(minutes(30))
    readings = [event for event, _ in ward.answers if event.type == "kap.vitals.recorded"]
    for reading in [one for one in readings if one.time >= ward.begins()]:
        ward.sends(correction(reading, at=ward.now, retracted=True))

    assert "vitals.missing" in against(ward)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT
    holds_together(ward)
    assert one_reading_is_asked_for(ward)


@EDGES
def test_what_was_missing_is_asked_for_until_two_hours_after_they_went(ward: Ward, edge: timedelta) -> None:
    """Later they are long at home, and people are told."""
    ward.discharged().until(ward.begins() + HOME + hours(2) + edge)
    ward.sends(correction(last(ward, "discharge.assessed"), at=ward.now, retracted=True))

    assert ward.session().is_monitored == (edge < timedelta())
    assert against(ward) == ["discharge.not_assessed"]


def test_a_bad_reading_beside_what_is_missing_is_watched_as_such(ward: Ward) -> None:
    """The assessment was another patient's, and the last reading was 84: somebody looks for them at once."""
    ward.discharged().passes(minutes(20))
    ward.sends(correction(last(ward, "discharge.assessed"), at=ward.now, retracted=True))
    other = Ward().discharged()
    other.passes(minutes(20))
    known = last(other, "vitals.recorded")
    other.sends(correction(known, at=other.now, spo2=84))
    for one in (ward, other):
        one.passes(minutes(12))

    assert ward.open[Kind.VITALS_OVERDUE] is Severity.URGENT
    assert other.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY


def test_the_reading_before_a_retracted_one_counts(ward: Ward) -> None:
    """SpO2 84 at 11:55, and the 98 at 12:00 was another patient's: with 84 nobody goes home."""
    ward.watched()
    ward.reports(vitals(MARA, at=ward.now + minutes(1), spo2=84))
    ward.reports(vitals(MARA, at=ward.now + minutes(2)))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.reports(discharge(MARA, at=ward.begins() + HOME))

    ward.reports(correction(last(ward, "vitals.recorded"), at=ward.now + minutes(5), retracted=True))

    assert ward.session().is_monitored
    holds_together(ward)


def test_a_bad_last_reading_told_the_day_after_brings_nobody_back(ward: Ward) -> None:
    """It is told, and a day later nobody can be watched for it."""
    ward.discharged().until(ward.begins() + HOME + days(1))
    ward.sends(correction(last(ward, "vitals.recorded"), at=ward.now, spo2=84))

    assert ward.stage() is Stage.DISCHARGED
    assert Kind.VITALS_EMERGENCY in ward.open


def test_in_the_evening_one_reading_is_asked_for(ward: Ward) -> None:
    """They are at home by then, where nobody measures them every quarter of an hour."""
    ward.discharged().until(ward.begins() + hours(8))
    ward.sends(correction(last(ward, "vitals.recorded"), at=ward.now, spo2=84))
    ward.calls.clear()
    ward.passes(hours(3))

    assert [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE] == [Severity.URGENT]


# The assessment


@pytest.mark.parametrize("is_late", [False, True], ids=["corrected", "told late"])
def test_who_was_disoriented_at_the_door_is_watched_again(ward: Ward, is_late: bool) -> None:
    """PADSS 6, and not oriented."""
    ward.discharged().passes(minutes(20))
    known = last(ward, "discharge.assessed")
    worse = assessment(MARA, at=known.time + minutes(1), padss=6, oriented=False)
    ward.sends(worse if is_late else correction(known, at=ward.now, padss=6, oriented=False))

    assert against(ward) == ["discharge.padss_below_limit", "discharge.not_oriented"]
    holds_together(ward)
    assert is_asked_for_a_reading(ward)


def test_an_assessment_of_another_patient_is_told_of_in_words(ward: Ward) -> None:
    """People hear that they were not assessed, and one reading is asked for."""
    ward.discharged().passes(minutes(30))
    ward.sends(correction(last(ward, "discharge.assessed"), at=ward.now, retracted=True))

    assert against(ward) == ["discharge.not_assessed"]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    holds_together(ward)
    assert one_reading_is_asked_for(ward)


@pytest.mark.parametrize("number", [1, None])
def test_a_seizure_between_the_assessment_and_the_door_is_told_of_in_words(ward: Ward, number: int | None) -> None:
    """Told after they went: the assessment said nothing of it, and one reading is asked for."""
    ward.discharged().passes(minutes(5))
    ward.sends(adverse_event(MARA, number, at=ward.begins() + minutes(127), term="seizure", grade=4))

    assert against(ward) == ["discharge.not_assessed"]
    assert one_reading_is_asked_for(ward)


# Who is not watched again


@pytest.mark.parametrize("event", [died, handed_over])
def test_who_died_or_is_in_the_hospital_is_not_watched_again(ward: Ward, event: Callable[..., ClinicEvent]) -> None:
    """Nobody can measure them."""
    if event is handed_over:
        ward.watched(until=minutes(30)).reports(handed_over(MARA, at=ward.begins() + minutes(40)))
    else:
        ward.discharged().reports(died(MARA, at=ward.now + minutes(5)))
    ward.reports(
        correction(last(ward, "dose.administered"), at=ward.now + minutes(5), happened_at=ward.begins() + minutes(25))
    )

    assert ward.course.monitored is None


def test_who_had_left_before_their_discharge_is_not_asked_for_readings(ward: Ward) -> None:
    """A prescriber weighed that; what they did not know is told."""
    ward.watched(until=minutes(60)).reports(left(MARA, at=ward.begins() + minutes(65)))
    unmet = over(*ward.reasons(discharge(MARA, at=ward.begins() + minutes(121), by=OSEI)))
    ward.reports(discharge(MARA, at=ward.begins() + minutes(121), by=OSEI, overrides=unmet))
    ward.sends(as_a_correction(ward, 30))

    assert ward.stage() is Stage.DISCHARGED
    assert TOO_SHORT in against(ward)


# What is owed to somebody at home


def test_calls_stay_owed_to_whoever_is_watched_again(ward: Ward) -> None:
    """Watched again, and nobody files their second discharge: the call of day 1 falls due all the same."""
    ward.discharged()
    home_at = ward.now
    due = [one.due_at for one in ward.due(DeadlineKind.CHECK_IN)]
    ward.reports(returned(MARA, at=ward.now + minutes(10)))
    assert [one.due_at for one in ward.due(DeadlineKind.CHECK_IN)] == due

    ward.until(home_at + days(1) + hours(4))
    assert Kind.CHECK_IN_MISSED in ward.open
    answer = ward.reports(call(MARA, at=ward.now + minutes(1)))
    assert answer.deviations == ()


def test_a_second_discharge_neither_loses_nor_doubles_a_call(ward: Ward) -> None:
    """They count from the first: the call that was made is made."""
    ward.discharged()
    home_at = ward.now
    ward.until(home_at + hours(23))
    ward.reports(vitals(MARA, at=ward.now, spo2=85))
    ward.reports(call(MARA, at=home_at + days(1)))
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)
    ward.reports(vitals(MARA, at=home_at + days(1) + hours(1)))
    ward.reports(assessment(MARA, at=ward.now + minutes(1)))
    ward.reports(discharge(MARA, at=ward.now + minutes(1)))

    assert ward.stage() is Stage.DISCHARGED
    assert [one.due_at for one in ward.due(DeadlineKind.CHECK_IN)] == [home_at + days(3), home_at + days(7)]


def test_visits_of_the_follow_up_count_from_the_first_discharge() -> None:
    """Of the last session, and not from that of the one before while they are watched again."""
    ward = Ward(protocol=weekly({"integration.sessions": 0}))
    ward.discharged(3)
    due = [one.due_at for one in ward.due(DeadlineKind.FOLLOW_UP)]
    assert due
    ward.reports(vitals(MARA, 3, at=ward.now + minutes(10), spo2=85))

    assert ward.session(3).is_monitored
    assert [one.due_at for one in ward.due(DeadlineKind.FOLLOW_UP)] == due


# Told about somebody at home


@pytest.mark.parametrize("number", [1, None])
@pytest.mark.parametrize("grade", [1, 4])
def test_an_adverse_event_at_home_asks_nobody_for_readings(ward: Ward, number: int | None, grade: int) -> None:
    """The nurse writes down what they say on the telephone: the escalation calls a human, and calls stay owed."""
    ward.discharged()
    owed = ward.due(DeadlineKind.CHECK_IN)
    ward.reports(adverse_event(MARA, number, at=ward.now + minutes(50), by=LIND, term="seizure", grade=grade))

    assert ward.stage() is Stage.DISCHARGED
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.EMERGENCY}
    assert ward.due(DeadlineKind.CHECK_IN) == owed


def test_a_call_to_somebody_who_is_watched_again_counts(ward: Ward) -> None:
    """The nurse rings them at home: that is no deviation."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(10), spo2=85))

    assert ward.hears_against(call(MARA, at=ward.now + minutes(10), days_after=None)) == []


# A fact that was told late, and is corrected


@pytest.mark.parametrize("is_harmless", [True, False])
def test_a_late_fact_that_is_corrected_is_known_from_when_it_read_so(ward: Ward, is_harmless: bool) -> None:
    """Told late, SpO2 98 was harmless until it read 84; SpO2 84 that read 85 later had brought them back already."""
    ward.discharged().passes(minutes(5))
    reading = vitals(MARA, at=ward.begins() + minutes(128), spo2=98 if is_harmless else 84)
    told_at = ward.now
    ward.sends(reading)
    ward.passes(minutes(4))
    ward.sends(correction(reading, at=ward.now, spo2=84 if is_harmless else 85))

    assert ward.session().sent_away[-1].back_at == (ward.now if is_harmless else told_at)
    holds_together(ward)


def test_a_corrected_note_takes_no_second_discharge_away(ward: Ward) -> None:
    """A sedative told late, watched again, home anew; hours later its amount is corrected."""
    ward.discharged().passes(minutes(10))
    given = medication(MARA, at=ward.begins() + minutes(90), code="midazolam")
    ward.sends(given)
    for kind in (Kind.PROTOCOL_DEVIATION, Kind.ADVERSE_EVENT):
        ward.hears(kind, Change.RESOLVED)
    for minute in (145, 165, 180, 195, 205, 215):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(216)))
    ward.reports(discharge(MARA, at=ward.begins() + minutes(220)))
    ward.reports(correction(given, at=ward.now + hours(5), dose="2 mg"))

    assert ward.session().discharge is not None
    assert ward.session().discharge.at == ward.begins() + minutes(220)  # type: ignore[union-attr]
    assert Kind.CORRECTION_REVIEW not in ward.open or ward.open[Kind.CORRECTION_REVIEW] is Severity.ROUTINE
    holds_together(ward)

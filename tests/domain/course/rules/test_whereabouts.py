"""A patient who leaves before discharge, comes back, or is handed over: who is asked for what, and who is not."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EHR,
    MARA,
    OSEI,
    adverse_event,
    assessment,
    call,
    check_in,
    days,
    discharge,
    dose,
    handed_over,
    hours,
    integration,
    left,
    minutes,
    over,
    resumption,
    returned,
    transfer,
    vitals,
    weekly,
)
from tests.support.event_strategies import LIFTED
from tests.support.ward import EDGES, Ward, holds

LEFT = (Kind.LEFT_BEFORE_DISCHARGE, Severity.URGENT)
BY_TERM = adverse_event(MARA, 1, at=Ward().began_at, term="Left before discharge", grade=1)


def gone(ward: Ward, said: ClinicEvent | None = None) -> Ward:
    """Left at +35, with every reading up to +30."""
    ward.watched(until=minutes(30))
    ward.reports(said or left(MARA, at=ward.begins() + minutes(35)))
    return ward


def leaves_as_an_adverse_event(ward: Ward) -> ClinicEvent:
    return adverse_event(MARA, 1, at=ward.begins() + minutes(35), term="left_before_discharge", grade=1)


@pytest.mark.parametrize("is_term", [False, True], ids=["its own event", "the term of an adverse event"])
def test_nobody_is_asked_to_measure_a_patient_who_has_left(ward: Ward, is_term: bool) -> None:
    """Stories 69 and D9: somebody looks for them, once; the discharge stays due; four hours bring two calls."""
    gone(ward, leaves_as_an_adverse_event(ward) if is_term else None)
    ward.passes(hours(8))

    assert ward.pages == [LEFT, (Kind.DISCHARGE_OVERDUE, Severity.URGENT)]
    assert ward.due(DeadlineKind.CHECKPOINT) == []
    assert ward.stage() is Stage.DOSED
    assert holds(ward)


def test_an_overdue_reading_is_no_longer_asked_for_when_they_turn_out_to_have_left(ward: Ward) -> None:
    """`vitals_overdue` is settled when the departure is told, however late that is."""
    ward.watched(until=minutes(30)).until(ward.begins() + minutes(56))
    assert ward.open == {Kind.VITALS_OVERDUE: Severity.EMERGENCY}

    ward.sends(left(MARA, at=ward.begins() + minutes(35)))
    ward.calls.clear()
    ward.passes(hours(2))

    assert ward.pages == []
    assert ward.settled == []
    assert ward.due(DeadlineKind.CHECKPOINT_EMERGENCY) == []


def test_the_departure_settles_the_overdue_reading(ward: Ward) -> None:
    """Without a human: nobody can take it."""
    ward.dosed().until(ward.begins() + minutes(6))
    ward.reports(left(MARA, at=ward.now))

    assert ward.settled == [Kind.VITALS_OVERDUE]


def test_who_is_back_is_measured_at_once_and_then_as_before(ward: Ward) -> None:
    """Story 70: the first reading is due at the return, the next ones by the dose's grid."""
    gone(ward).reports(returned(MARA, at=ward.begins() + minutes(50)))
    assert [one.due_at - ward.begins() for one in ward.due(DeadlineKind.CHECKPOINT)][:2] == [minutes(50), minutes(60)]

    ward.reports(vitals(MARA, at=ward.now))
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == ward.begins() + minutes(60)
    assert holds(ward)


def test_who_is_back_and_not_measured_is_told_as_any_other(ward: Ward) -> None:
    """Five minutes after the return urgent, ten minutes after it an emergency; nothing of before the absence."""
    ward.watched(until=minutes(0)).reports(left(MARA, at=ward.begins() + minutes(17)))
    ward.reports(returned(MARA, at=ward.begins() + minutes(50)))
    ward.calls.clear()
    ward.until(ward.begins() + minutes(54))
    assert ward.pages == []

    ward.until(ward.begins() + minutes(60))
    assert ward.pages == [(Kind.VITALS_OVERDUE, Severity.URGENT), (Kind.VITALS_OVERDUE, Severity.EMERGENCY)]


@pytest.mark.parametrize(
    "shows", [lambda at: vitals(MARA, at=at), lambda at: assessment(MARA, at=at), lambda at: dose(MARA, at=at, mg=1)]
)
def test_whoever_is_measured_assessed_or_dosed_is_back(ward: Ward, shows: object) -> None:
    """Whether or not anybody says so: a patient who is here is never out of sight."""
    gone(ward).reports(shows(ward.begins() + minutes(45)))  # type: ignore[operator]

    assert not ward.session().is_away
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_the_gates_of_discharge_give_way_only_while_they_are_away(ward: Ward) -> None:
    """Story 70: of one who left they are the prescriber's to weigh, of one who is back absolute."""
    ward.dosed().reports(left(MARA, at=ward.begins() + minutes(1)))
    away = {one.code: one.absolute for one in ward.course.blockers(ward.now)}
    assert (away["vitals.missing"], away["discharge.not_assessed"]) == (False, False)

    ward.reports(returned(MARA, at=ward.now + minutes(9)))
    back = {one.code: one.absolute for one in ward.course.blockers(ward.now)}
    assert (back["vitals.missing"], back["discharge.not_assessed"]) == (True, True)


def test_a_prescriber_discharges_one_who_does_not_come_back(ward: Ward) -> None:
    """With their overrides; then the calls are due as after any session."""
    gone(ward)
    codes = {one.code for one in ward.course.blockers(ward.now + hours(1))}
    lifted = over(*codes, "escort.missing", "discharge.no_instructions")
    ward.reports(discharge(MARA, at=ward.now + hours(1), by=OSEI, escort=False, overrides=lifted))

    assert ward.stage() is Stage.DISCHARGED
    assert ward.due(DeadlineKind.CHECK_IN) != []


def test_a_departure_that_is_told_after_the_return_wakes_nobody(ward: Ward) -> None:
    """They are here: the two events came in the wrong order."""
    ward.watched(until=minutes(30))
    ward.reports(returned(MARA, at=ward.begins() + minutes(40)))
    ward.sends(left(MARA, at=ward.begins() + minutes(35)))

    assert not ward.session().is_away
    assert Kind.LEFT_BEFORE_DISCHARGE not in ward.open


@pytest.mark.parametrize("number", [1, None])
def test_so_does_one_whose_return_names_no_session(ward: Ward, number: int | None) -> None:
    """A return is kept, whichever of the two is told first."""
    ward.watched(until=minutes(30))
    ward.reports(returned(MARA, number, at=ward.begins() + minutes(40)))
    ward.sends(left(MARA, number, at=ward.begins() + minutes(35)))

    assert not ward.session().is_away
    assert ward.pages == []
    ward.passes(minutes(10))
    assert ward.open == {Kind.VITALS_OVERDUE: Severity.EMERGENCY}


def test_leaving_is_told_once_and_again_after_a_return(ward: Ward) -> None:
    """The same absence by the event and by the term is one; a second departure is another."""
    gone(ward).reports(leaves_as_an_adverse_event(ward))
    assert ward.pages == [LEFT]

    ward.reports(returned(MARA, at=ward.begins() + minutes(45)))
    ward.reports(vitals(MARA, at=ward.now))
    ward.reports(left(MARA, at=ward.begins() + minutes(50)))
    assert ward.pages == [LEFT, LEFT]
    assert ward.session().is_away


def test_a_return_without_a_departure_deviates_and_calls_nobody(ward: Ward) -> None:
    """`patient.not_away` is silent unless the protocol says otherwise."""
    assert ward.dosed().hears_against(returned(MARA, at=ward.now + minutes(1))) == ["patient.not_away"]
    assert ward.pages == []


def test_who_leaves_before_the_dose_is_looked_for_and_no_longer_cleared(ward: Ward) -> None:
    """Routine, for nothing was given; nobody is cleared or dosed who is not here."""
    ward.cleared().reports(left(MARA, at=ward.now + minutes(1)))

    assert ward.open == {Kind.LEFT_BEFORE_DISCHARGE: Severity.ROUTINE}
    assert ward.stage() is Stage.CHECKED_IN
    assert "patient.away" in [one.code for one in ward.course.blockers(ward.now)]
    assert {"patient.away", "session.not_cleared"} <= set(ward.reasons(dose(MARA, at=ward.now + minutes(1))))
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_a_second_reading_waits_for_their_return(ward: Ward) -> None:
    """What was asked for five minutes after the first is asked for five minutes after the return."""
    ward.watched(until=minutes(0)).reports(vitals(MARA, at=ward.begins() + minutes(15), systolic=185))
    ward.reports(left(MARA, at=ward.begins() + minutes(16)))
    ward.passes(minutes(20))
    assert ward.due(DeadlineKind.RECHECK) == []
    assert ward.pages == [LEFT]

    ward.reports(returned(MARA, at=ward.now))
    (second,) = ward.due(DeadlineKind.RECHECK)
    assert second.due_at >= ward.now


def test_a_gap_before_they_left_stays_on_record(ward: Ward) -> None:
    """What was missed was missed; nobody is told of it again."""
    ward.dosed().until(ward.begins() + minutes(6))
    ward.reports(left(MARA, at=ward.now))
    ward.reports(returned(MARA, at=ward.now + minutes(4)))
    ward.reports(vitals(MARA, at=ward.now))
    ward.calls.clear()
    ward.passes(minutes(4))

    assert ward.written("checkpoint.missed") == ["checkpoint.missed"]
    assert ward.pages == []


@pytest.mark.parametrize("is_term", [False, True], ids=["its own event", "the term of an adverse event"])
def test_who_left_and_was_never_discharged_is_called_all_the_same(ward: Ward, is_term: bool) -> None:
    """The calls are counted from the departure, and one that nobody makes is told, whoever resolved the page for it."""
    gone(ward, leaves_as_an_adverse_event(ward) if is_term else None)
    left_at = ward.now
    ward.hears(Kind.LEFT_BEFORE_DISCHARGE, Change.RESOLVED)
    assert [one.due_at for one in ward.due(DeadlineKind.CHECK_IN)][:1] == [left_at + days(1)]
    ward.until(left_at + days(2))

    assert (Kind.CHECK_IN_MISSED, Severity.URGENT) in ward.pages


@pytest.mark.parametrize("number", [1, None])
def test_a_call_to_one_who_left_counts(ward: Ward, number: int | None) -> None:
    """No discharge is needed for it, nor asked for twice once there is one."""
    gone(ward).reports(call(MARA, number, at=ward.now + days(1), days_after=1))
    assert ward.answers[-1][1].deviations == ()
    assert [one.subject for one in ward.due(DeadlineKind.CHECK_IN)] == ["P3D", "P7D"]

    codes = {one.code for one in ward.course.blockers(ward.now)}
    ward.reports(discharge(MARA, at=ward.now, by=OSEI, overrides=over(*codes)))
    assert {one.subject for one in ward.due(DeadlineKind.CHECK_IN)} == {"P3D", "P7D"}


def test_who_is_back_is_not_called(ward: Ward) -> None:
    """They are here."""
    gone(ward).reports(returned(MARA, at=ward.now + minutes(5)))

    assert ward.due(DeadlineKind.CHECK_IN) == []
    assert ward.reasons(call(MARA, at=ward.now + minutes(1), days_after=1)) == ["session.wrong_stage"]


def test_who_left_undosed_is_not_called(ward: Ward) -> None:
    """Nothing was given to them."""
    ward.cleared().reports(left(MARA, at=ward.now + minutes(1)))

    assert ward.due(DeadlineKind.CHECK_IN) == []


# Handed over


def test_a_handover_dated_before_the_dose_does_not_end_the_watching(ward: Ward) -> None:
    """Who was dosed after it is here, or here again: their vitals stay due, and the course is held all the same."""
    ward.dosed().reports(handed_over(MARA, at=ward.begins() - minutes(10)))

    assert ward.session().is_monitored
    assert ward.due(DeadlineKind.CHECKPOINT)
    assert ward.course.hold is not None


def test_a_patient_who_is_handed_over_is_no_longer_watched_and_the_course_is_held(ward: Ward) -> None:
    """Story 67: the ambulance at +40. No reading is asked for, a prescriber is told, nobody doses until one resumes."""
    ward.watched(until=minutes(30)).reports(
        vitals(MARA, at=ward.begins() + minutes(38), spo2=84, respiratory_rate=6, moaas=1)
    )
    ward.calls.clear()
    ward.reports(handed_over(MARA, at=ward.begins() + minutes(40)))
    ward.passes(hours(3))

    assert ward.pages == [(Kind.ADVERSE_EVENT, Severity.EMERGENCY)]
    assert (ward.stage(), ward.course.phase) == (Stage.DISCHARGED, Phase.INTEGRATION)
    assert [hold.is_safety for hold in ward.course.holds] == [True]
    assert ward.due(DeadlineKind.CHECKPOINT) == ward.due(DeadlineKind.DISCHARGE) == []
    assert ward.reasons(transfer(MARA, at=ward.now)) == []
    assert holds(ward)


def test_after_a_handover_the_clinic_calls_and_files_as_after_any_session(ward: Ward) -> None:
    """How they are is asked the next day; the form is due too."""
    ward.dosed().reports(handed_over(MARA, at=ward.begins() + minutes(40)))

    assert [one.due_at for one in ward.due(DeadlineKind.CHECK_IN)][:1] == [ward.now + days(1)]
    assert ward.due(DeadlineKind.FORM) != []
    ward.reports(resumption(MARA, at=ward.now + days(1), by=OSEI))
    assert ward.course.holds == ()


def test_the_hold_of_a_handover_is_of_safety(ward: Ward) -> None:
    """Only a prescriber lifts it."""
    ward.dosed().reports(handed_over(MARA, at=ward.now))

    assert ward.course.hold is not None
    assert ward.course.hold.is_safety


def test_a_calm_reading_of_a_machine_after_the_handover_ends_no_handover(ward: Ward) -> None:
    """The hospital watches."""
    ward.dosed().reports(handed_over(MARA, at=ward.now + minutes(5)))
    ward.reports(vitals(MARA, at=ward.now + minutes(1), by=EHR))

    assert not ward.session().is_monitored


def test_a_reading_of_before_the_handover_is_judged_and_nobody_watches_again(ward: Ward) -> None:
    """The hospital does; a reading that arrives late is told all the same."""
    ward.dosed().reports(handed_over(MARA, at=ward.now + minutes(5)))
    answer = ward.sends(vitals(MARA, at=ward.now - minutes(1), spo2=80))

    assert answer.verdict is not None
    assert Kind.VITALS_EMERGENCY in ward.open
    assert not ward.session().is_monitored


def test_who_comes_back_from_a_handover_is_watched_again(ward: Ward) -> None:
    """The ambulance did not take them."""
    ward.dosed().reports(handed_over(MARA, at=ward.now + minutes(5)))
    ward.reports(returned(MARA, at=ward.now + minutes(5)))

    assert ward.stage() is Stage.RECOVERING
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_a_patient_may_be_handed_over_before_a_dose(ward: Ward) -> None:
    """The session is over; its number may be booked again once the course is resumed."""
    ward.checked_in().reports(handed_over(MARA, at=ward.now))

    assert ward.stage() is Stage.ABORTED
    assert ward.course.hold is not None
    ward.reports(resumption(MARA, at=ward.now + days(1), by=OSEI))
    assert "kap.session.rebooked" in ward.course.next_acts(ward.now)


def test_a_patient_who_is_taken_to_a_hospital_from_home_holds_the_course_too(ward: Ward) -> None:
    """Of no session."""
    ward.discharged().reports(handed_over(MARA, None, at=ward.now + hours(5)))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.EMERGENCY}
    assert ward.course.hold is not None


def test_who_comes_back_to_check_in_is_here(ward: Ward) -> None:
    """A new check-in of the same visit shows it."""
    ward.checked_in().reports(left(MARA, at=ward.now))
    ward.reports(check_in(MARA, at=ward.now + minutes(30)))

    assert not ward.session().is_away


def test_leaving_again_behind_an_acknowledgement_is_told_again(ward: Ward) -> None:
    """A second absence is a second breach."""
    gone(ward)
    ward.hears(Kind.LEFT_BEFORE_DISCHARGE, Change.ACKNOWLEDGED)
    ward.reports(returned(MARA, at=ward.now + minutes(5)))
    ward.reports(left(MARA, at=ward.now + minutes(2)))

    assert ward.pages == [LEFT, LEFT]


def test_a_long_stay_after_a_return_is_settled_as_it_goes(opens: Opens) -> None:
    """However long it is, few checkpoints are asked anew."""
    ward = opens(weekly({"medicine.discharge_overdue": timedelta(days=3)})).dosed()
    ward.reports(left(MARA, at=ward.begins() + minutes(20)))
    ward.reports(returned(MARA, at=ward.begins() + minutes(50)))
    for minute in range(50, 800, 15):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))

    assert len(ward.session().settled) > 40
    assert holds(ward)


def test_a_dose_after_a_handover_without_one_is_watched(ward: Ward) -> None:
    """Handed over undosed, and dosed after all: whoever was dosed is watched."""
    ward.checked_in().reports(handed_over(MARA, at=ward.now))
    ward.reports(dose(MARA, at=ward.now + minutes(5)))

    assert ward.session().is_monitored
    assert ward.due(DeadlineKind.CHECKPOINT) != []


@EDGES
def test_a_dose_that_is_told_after_a_handover_ends_it_if_it_was_given_after_it(ward: Ward, edge: timedelta) -> None:
    """Handed over undosed, as the clinic thought: whoever was dosed before it, or at that moment, is in hospital."""
    ward.cleared().reports(handed_over(MARA, at=ward.begins() + minutes(5)))
    ward.reports(dose(MARA, at=ward.begins() + minutes(5) + edge))

    assert ward.session().is_monitored is (edge > timedelta())


def test_a_second_reading_is_due_as_soon_after_their_last_return(ward: Ward) -> None:
    """Of one who left twice: put off until they are back, and the time before their first return counts once."""
    ward.dosed().reports(vitals(MARA, at=ward.now + minutes(1), systolic=181))
    read_at = ward.now
    for away, back in ((2, 30), (32, 60)):
        ward.reports(left(MARA, at=read_at + minutes(away)))
        ward.reports(returned(MARA, at=read_at + minutes(back)))

    (recheck,) = ward.due(DeadlineKind.RECHECK)
    assert recheck.due_at == read_at + minutes(60) + minutes(5)


def test_whoever_is_watched_here_has_not_to_come_back(ward: Ward) -> None:
    """A dose of three hours before opened a session of its own, which was handed over: the patient is at the first."""
    ward.dosed()
    ward.sends(dose(MARA, None, at=ward.begins() - hours(3), mg=1))
    ward.reports(handed_over(MARA, 2, at=ward.now + minutes(1)))

    assert ward.course.monitored == ward.session(1)
    assert "kap.patient.returned" not in ward.course.next_acts(ward.now)


def test_whoever_left_the_last_visit_and_has_come_for_this_one_has_not_to_come_back(ward: Ward) -> None:
    """They were discharged where they had gone, and a week later they are checked in: nobody reports a return."""
    gone(ward)
    ward.reports(discharge(MARA, at=ward.now + minutes(1), by=OSEI, overrides=LIFTED))
    ward.reports(integration(MARA, at=ward.now + days(1)))
    ward.checked_in(2)

    assert "kap.patient.returned" not in ward.course.next_acts(ward.now)

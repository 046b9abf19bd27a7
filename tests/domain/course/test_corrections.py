"""A fact that was wrong reads as corrected from now on: what followed is judged anew, and both stay in the ledger."""

from collections.abc import Callable
from datetime import datetime

import pytest

from domain.course.corrections.corrected_fact import TAKEN_BACK_BY
from domain.course.corrections.retelling import TOLD, told
from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.course.transition import AutoResolve
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import MODELS, Act, ClinicEvent, ScreeningRecorded
from domain.refusal import RefusalCode
from domain.values import Severity
from domain.views.timeline import happenings
from tests.support.cast import (
    CALM,
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    OSEI,
    PATIENT,
    TOPICS,
    WEEKLY,
    abortion,
    adverse_event,
    assessment,
    call,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    correction,
    cssrs,
    days,
    dose,
    follow_up,
    form,
    gad7,
    hold,
    hours,
    integration,
    measure,
    migration,
    minutes,
    missed,
    new_version,
    over,
    phq9,
    preparation,
    rebooking,
    resumption,
    returned,
    screening,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.ward import Ward, holds


def last(ward: Ward, kind: str, n: int = -1) -> ClinicEvent:
    """The event of this type that was reported last."""
    return [event for event, _ in ward.answers if event.type == f"kap.{kind}"][n]


def marked(ward: Ward) -> list[Kind]:
    """The open escalations that say that they rest on a value which was corrected."""
    return [one.kind for one in ward.course.unresolved if one.rests_on_corrected]


def corrects(ward: Ward, event: ClinicEvent, **said: object) -> None:
    """The event is corrected a minute from now, and the record still holds."""
    ward.reports(correction(event, at=ward.now + minutes(1), **said))  # type: ignore[arg-type]
    assert holds(ward)


# Readings: stories 13, 14 and 17, and their kind


def test_a_slip_of_the_pen_is_corrected(ward: Ward) -> None:
    """186 for 116: the reading reads 116, its page stays for a human and is marked, and the next reading is fine."""
    ward.dosed()
    ward.reports(vitals(MARA, at=ward.now + minutes(15), systolic=206))
    ward.reports(vitals(MARA, at=ward.now + minutes(2), systolic=205))
    wrong = last(ward, "vitals.recorded")
    opened = dict(ward.open)

    answer = ward.reports(correction(wrong, at=ward.now + minutes(1), systolic=116))

    assert answer.verdict is not None
    assert answer.verdict.severity is VerdictSeverity.NORMAL
    assert [reading.data.systolic for reading in ward.session().readings][-2:] == [206, 116]
    assert {kind: ward.open[kind] for kind in opened} == opened
    assert marked(ward) == [Kind.VITALS_URGENT]
    assert ward.written("correction.recorded", "vitals.recorded")[-2:] == ["vitals.recorded", "correction.recorded"]
    assert ward.written("escalation.corrected") == ["escalation.corrected"]
    assert holds(ward)


def test_a_reading_that_was_worse_than_it_read_escalates_at_once(ward: Ward) -> None:
    """SpO2 98 for 82: an emergency, as if it had been read so."""
    ward.dosed()
    ward.reports(vitals(MARA, at=ward.now + minutes(15)))

    corrects(ward, last(ward, "vitals.recorded"), spo2=82)

    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY
    assert ward.pages[-1] == (Kind.VITALS_EMERGENCY, Severity.EMERGENCY)


def test_the_record_of_the_clinic_has_a_new_version(ward: Ward) -> None:
    """The same source sends its record anew, with `corrects`: a correction, and no second reading."""
    ward.dosed()
    wrong = vitals(MARA, at=ward.now + minutes(15), systolic=116, spo2=82)
    ward.reports(wrong)

    answer = ward.sends(new_version(wrong, "reading, version 2", spo2=98))

    assert answer.verdict is not None
    assert answer.verdict.severity is VerdictSeverity.NORMAL
    assert len(ward.session().readings) == 2
    assert marked(ward) == [Kind.VITALS_EMERGENCY]
    assert ward.entries[-2].type == "kap.vitals.recorded"
    assert ward.entries[-2].data["corrects"] == {"source": wrong.source, "id": wrong.id}
    assert ward.repeats(new_version(wrong, "reading, version 2", spo2=98)) == answer
    assert holds(ward)


def test_another_patients_reading_is_taken_back(ward: Ward) -> None:
    """It was filed in the wrong course: it is gone from the session, its page stays, and it answers no checkpoint."""
    ward.dosed()
    due = ward.now + minutes(15)
    ward.reports(vitals(MARA, at=due, spo2=82))

    corrects(ward, last(ward, "vitals.recorded"), retracted=True)

    assert len(ward.session().readings) == 1
    assert marked(ward) == [Kind.VITALS_EMERGENCY]
    ward.until(due + minutes(6))
    assert Kind.VITALS_OVERDUE in ward.open


def test_a_retracted_reading_was_no_reason_to_watch_again(ward: Ward) -> None:
    """Discharged, another patient's SpO2 of 82 made them monitored again: taken back, they are at home."""
    ward.discharged()
    ward.reports(vitals(MARA, at=ward.now + minutes(10), spo2=82))
    assert ward.stage() is Stage.RECOVERING

    corrects(ward, last(ward, "vitals.recorded"), retracted=True)

    assert ward.stage() is Stage.DISCHARGED
    assert ward.session().discharge is not None
    assert ward.course.phase is Phase.INTEGRATION


def test_a_correction_can_itself_be_corrected(ward: Ward) -> None:
    """By its own id, or by the fact's again: the newest counts; taken back, what was there before stands."""
    ward.dosed()
    wrong = vitals(MARA, at=ward.now + minutes(15), systolic=190)
    ward.reports(wrong)
    corrects(ward, wrong, systolic=119)
    first = last(ward, "correction.recorded")

    ward.reports(correction(wrong, at=ward.now + minutes(1), systolic=116))
    assert ward.session().readings[-1].data.systolic == 116
    second = last(ward, "correction.recorded")
    ward.reports(correction(second, at=ward.now + minutes(1), retracted=True))
    assert ward.session().readings[-1].data.systolic == 119
    third = correction(wrong, at=ward.now + minutes(1), systolic=117)
    ward.reports(third.but(data=third.data.but(corrects=third.data.corrects.but(id=first.id))))
    assert ward.session().readings[-1].data.systolic == 117
    assert holds(ward)


def test_a_retraction_can_be_taken_back(ward: Ward) -> None:
    """It was this patient's reading after all."""
    ward.dosed()
    reading = vitals(MARA, at=ward.now + minutes(15), spo2=82)
    ward.reports(reading)
    corrects(ward, reading, retracted=True)

    corrects(ward, last(ward, "correction.recorded"), retracted=True)

    assert ward.session().readings[-1].data.spo2 == 82
    assert ward.session().readings[-1].at == reading.time


def test_the_time_of_a_reading_is_corrected(ward: Ward) -> None:
    """It was taken when its checkpoint was due, and not an hour later."""
    ward.dosed()
    due = ward.now + minutes(15)
    ward.until(due + minutes(6))
    assert Kind.VITALS_OVERDUE in ward.open
    late = vitals(MARA, at=due + minutes(6))
    ward.reports(late)

    corrects(ward, late, happened_at=due)

    assert ward.session().readings[-1].at == due


# Facts of a course


def test_a_screen_that_was_typed_calm_holds_the_course(ward: Ward) -> None:
    """C-SSRS: a plan, typed as calm. The course is held at once, also when it was resumed for another reason since."""
    ward.prepared()
    calm = cssrs(MARA, at=ward.now + minutes(5))
    ward.reports(calm)
    ward.reports(hold(MARA, at=ward.now + minutes(5)))
    ward.reports(resumption(MARA, at=ward.now + minutes(10), by=OSEI))

    corrects(ward, calm, items=HAS_A_PLAN)

    assert [one.reason for one in ward.course.holds] == ["suicide risk high"]
    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_a_later_correction_takes_back_no_hold_of_an_earlier_one(ward: Ward) -> None:
    """A hold that a correction laid anew stays when another reason turns out to have been an error."""
    ward.prepared()
    calm = cssrs(MARA, at=ward.now + minutes(5))
    ward.reports(calm)
    ward.reports(hold(MARA, at=ward.now + minutes(5)))
    ward.reports(resumption(MARA, at=ward.now + minutes(10), by=OSEI))
    corrects(ward, calm, items=HAS_A_PLAN)
    again = hold(MARA, at=ward.now + minutes(1), reason="A family matter")
    ward.reports(again)

    corrects(ward, again, retracted=True)

    assert [one.reason for one in ward.course.holds] == ["suicide risk high"]


@pytest.mark.parametrize("is_first", [True, False], ids=["before the correction", "after it"])
def test_an_escalation_with_a_true_cause_beside_the_corrected_one_is_not_marked(ward: Ward, is_first: bool) -> None:
    """A typed 82 became 98, and a true 83 stands behind the same escalation: it rests on nothing corrected."""
    ward.dosed()
    typed = vitals(MARA, at=ward.now + minutes(1), spo2=82)
    true = vitals(MARA, at=ward.now + minutes(2), spo2=83)
    ward.reports(typed)
    if is_first:
        ward.reports(true)
    corrects(ward, typed, spo2=98)
    if not is_first:
        ward.reports(true)

    (emergency,) = [one for one in ward.course.unresolved if one.kind is Kind.VITALS_EMERGENCY]
    assert not emergency.rests_on_corrected


def test_of_two_screens_at_one_time_the_later_recorded_counts(ward: Ward) -> None:
    """Typed calm, corrected the same minute to a method: the patient is at risk (story 15)."""
    ward.prepared()
    at = ward.now + minutes(5)
    ward.reports(cssrs(MARA, at=at, items=CALM))
    ward.reports(cssrs(MARA, at=at, items=HAS_A_METHOD))

    newest = ward.course.measure("cssrs")
    assert newest is not None
    assert newest.scored.risk == "moderate"


def test_a_screen_typed_too_high_is_taken_back(ward: Ward) -> None:
    """The hold that rested on it is gone; the page stays for a human, marked."""
    ward.prepared()
    high = cssrs(MARA, at=ward.now + minutes(5), items=HAS_A_PLAN)
    ward.reports(high)
    assert ward.course.holds

    corrects(ward, high, items=CALM)

    assert not ward.course.holds
    assert marked(ward) == [Kind.SUICIDE_RISK]


def test_a_weight_corrected_after_the_dose_judges_the_dose_anew(ward: Ward) -> None:
    """45 kg, and not 70: the dose is above its bound, which is a deviation now, and urgent."""
    ward.dosed()

    answer = ward.reports(correction(last(ward, "patient.checked_in"), at=ward.now + minutes(1), weight_kg=45.0))

    assert "dose.above_first_max" in [one.code for one in answer.deviations]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY
    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT
    assert "dose.above_first_max" in [one.code for known in ward.course.deviations for one in known.deviations]
    assert ward.stage() is Stage.DOSED
    assert holds(ward)


def test_a_prescriber_hears_that_what_they_cleared_on_was_corrected(ward: Ward) -> None:
    """148 read as 128 at clearance: it was not weighed, so the dose waits for another clearance."""
    ward.cleared()

    corrects(ward, last(ward, "vitals.recorded"), systolic=148)

    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT
    assert "vitals.systolic_above_limit" in ward.reasons(dose(MARA, at=ward.now + minutes(1)))


def test_what_was_weighed_is_the_old_value(ward: Ward) -> None:
    """142 was overridden at clearance; it was 150: the override lifts a value, not a code."""
    ward.checked_in()
    reading = vitals(MARA, at=ward.now + minutes(5), systolic=142)
    ward.reports(reading)
    ward.reports(clearance(MARA, at=ward.now + minutes(5), overrides=over("vitals.systolic_above_limit")))
    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == []

    corrects(ward, reading, systolic=150)

    assert "vitals.systolic_above_limit" in ward.reasons(dose(MARA, at=ward.now + minutes(1)))


def test_nobody_is_dosed_whose_screening_was_another_patients(ward: Ward) -> None:
    """Taken back after the decision that rested on it: neither cleared nor dosed before there is another."""
    told = next(event for event, _ in ward.cleared().answers if isinstance(event, ScreeningRecorded))
    corrects(ward, told, retracted=True)

    assert "screening.missing" in ward.reasons(clearance(MARA, at=ward.now))
    assert "screening.missing" in ward.hears_against(dose(MARA, at=ward.now))


def test_another_patients_dose_is_taken_back(ward: Ward) -> None:
    """The session is cleared as before it, nobody is monitored, and no reading is due."""
    ward.dosed()
    ward.until(ward.now + minutes(21))
    assert Kind.VITALS_OVERDUE in ward.open

    corrects(ward, last(ward, "dose.administered"), retracted=True)

    assert ward.stage() is Stage.CLEARED
    assert ward.course.monitored is None
    assert not [one for one in ward.course.deadlines() if one.kind.startswith("checkpoint")]
    assert ward.settled == [Kind.VITALS_OVERDUE]
    assert marked(ward) == []


def test_what_else_rested_on_a_dose_that_is_taken_back_stays_for_a_human(ward: Ward) -> None:
    """Nobody is to be measured: that alone is over. What was dangerous, or overdue for a human, is marked."""
    ward.dosed().reports(vitals(MARA, at=ward.now + minutes(1), spo2=85))
    ward.until(ward.begins() + hours(4))
    assert {Kind.VITALS_OVERDUE, Kind.DISCHARGE_OVERDUE, Kind.VITALS_EMERGENCY} <= set(ward.open)
    ward.calls.clear()
    corrects(ward, last(ward, "dose.administered"), retracted=True)

    assert ward.settled == [Kind.VITALS_OVERDUE]
    assert [one.reason for one in ward.calls if isinstance(one, AutoResolve)] == ["nobody is to be measured"]
    assert Kind.DISCHARGE_OVERDUE in marked(ward)
    assert Kind.VITALS_EMERGENCY in ward.open


def test_a_wrong_correction_of_a_dose_that_is_taken_back_asks_for_no_reading_any_more(ward: Ward) -> None:
    """Home at 12:10; the dose was at 11:40, it is said, and then that it was not: they are at home."""
    ward.discharged().passes(minutes(10))
    corrects(ward, last(ward, "dose.administered"), happened_at=ward.begins() + minutes(100))
    ward.passes(minutes(7))
    assert Kind.VITALS_OVERDUE in ward.open
    ward.calls.clear()
    corrects(ward, last(ward, "correction.recorded"), retracted=True)

    assert ward.stage() is Stage.DISCHARGED
    assert ward.settled == [Kind.VITALS_OVERDUE]


def test_a_dose_of_whose_patient_a_reading_is_still_due_settles_nothing(ward: Ward) -> None:
    """One of two doses was another patient's: whoever had the other is measured on."""
    ward.dosed().until(ward.now + minutes(21))
    ward.sends(second := dose(MARA, at=ward.now))
    corrects(ward, second, retracted=True)

    assert ward.course.monitored is not None
    assert ward.settled == []


def test_a_dose_after_which_they_were_sent_home_is_taken_back(ward: Ward) -> None:
    """There was no dose to be discharged from: a prescriber is told, and nothing is left owed after it."""
    ward.discharged()

    corrects(ward, last(ward, "dose.administered"), retracted=True)

    assert ward.stage() is Stage.CLEARED
    assert ward.course.phase is Phase.MEDICINE
    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT


def test_a_dose_without_a_session_is_taken_back_with_its_session(ward: Ward) -> None:
    """It had opened a session of its own."""
    ward.prepared()
    given = dose(MARA, None, at=ward.now + minutes(5))
    ward.reports(given)
    assert ward.course.sessions

    corrects(ward, given, retracted=True)

    assert not ward.course.sessions
    assert not ward.course.deviations


def test_the_amount_of_a_dose_is_corrected(ward: Ward) -> None:
    """350 mg for 35: what was a deviation is none, and its page is marked."""
    ward.cleared()
    given = dose(MARA, at=ward.now + minutes(5), mg=350)
    ward.reports(given)
    assert ward.course.deviations

    corrects(ward, given, mg=35.0)

    assert not ward.course.deviations
    assert marked(ward) == [Kind.PROTOCOL_DEVIATION]
    assert ward.session().doses[-1].mg == 35


def test_a_correction_of_the_amount_puts_off_no_reading(ward: Ward) -> None:
    """Four minutes after the dose its amount is corrected: a minute later somebody is paged for the first reading."""
    ward.cleared().reports(given := dose(MARA, at=ward.now))
    ward.passes(minutes(3))
    corrects(ward, given, mg=34.0)

    ward.until(given.time + minutes(5))

    assert Kind.VITALS_OVERDUE in ward.open


def test_a_dose_that_was_taken_back_and_was_given_after_all_is_known_from_then(ward: Ward) -> None:
    """Nobody could have measured while the record said that there was none."""
    ward.cleared().reports(given := dose(MARA, at=ward.now))
    corrects(ward, given, retracted=True)
    ward.passes(minutes(20))
    ward.calls.clear()
    corrects(ward, given, mg=given.data.mg)

    assert ward.pages == []
    ward.passes(minutes(6))
    assert Kind.VITALS_OVERDUE in ward.open


def test_the_time_of_a_dose_is_corrected(ward: Ward) -> None:
    """The checkpoints are counted from the right time, and pass no sooner than their grace after it was learned."""
    ward.dosed()
    given = last(ward, "dose.administered")

    corrects(ward, given, happened_at=given.time - minutes(3))

    assert ward.session().doses[-1].at == given.time - minutes(3)
    assert ward.session().doses[-1].recorded_at == ward.now


def test_a_check_in_of_another_patient_is_taken_back(ward: Ward) -> None:
    """Nobody is here: the visit is waited for."""
    ward.checked_in()

    corrects(ward, last(ward, "patient.checked_in"), retracted=True)

    assert ward.stage() is Stage.BOOKED
    assert not ward.course.is_patient_here


def test_a_clearance_without_a_check_in_holds_no_longer(ward: Ward) -> None:
    """It was decided on nothing: the session is booked, and the prescriber is told."""
    ward.cleared()

    corrects(ward, last(ward, "patient.checked_in"), retracted=True)

    assert ward.stage() is Stage.BOOKED
    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT


def test_a_preparation_talk_of_another_patient_is_taken_back(ward: Ward) -> None:
    """The course is in preparation again, until the talk is held."""
    ward.prepared()

    corrects(ward, last(ward, "preparation.held"), retracted=True)

    assert ward.course.phase is Phase.PREPARATION
    assert ward.written("phase.entered")[-1] == "phase.entered"
    assert "preparation.sessions_missing" in [one.code for one in ward.course.blockers(ward.now)]


def test_a_screening_corrected_after_the_decision_is_reviewed(ward: Ward) -> None:
    """The decision stands, and the prescriber hears what it was taken on."""
    ward.eligible()

    corrects(ward, last(ward, "screening.recorded"), conditions=("active_psychosis",))

    assert ward.course.phase is Phase.PREPARATION
    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT
    assert ward.open[Kind.EXCLUSION_FOUND] is Severity.URGENT


def test_a_screening_corrected_to_what_was_known_excludes_nobody_anew(ward: Ward) -> None:
    """A slip of the pen in the weight of somebody eligible."""
    ward.eligible()

    corrects(ward, last(ward, "screening.recorded"), weight_kg=71)

    assert Kind.EXCLUSION_FOUND not in ward.open


def test_a_score_is_corrected(ward: Ward) -> None:
    """PHQ-9 item 9 was 3: somebody is told at once."""
    ward.screened()

    corrects(ward, last(ward, "measure.recorded", 0), items=(3, 3, 2, 2, 1, 2, 2, 1, 3))

    assert Kind.ITEM9_POSITIVE in ward.open
    newest = ward.course.measure("phq9")
    assert newest is not None
    assert newest.scored.item9 == 3


def test_an_adverse_event_of_another_patient_is_taken_back(ward: Ward) -> None:
    """Its page stays for a human, marked."""
    ward.dosed()
    severe = adverse_event(MARA, at=ward.now + minutes(5), grade=4)
    ward.reports(severe)

    corrects(ward, severe, retracted=True)

    assert marked(ward) == [Kind.ADVERSE_EVENT]


def test_an_adverse_event_was_worse_than_told(ward: Ward) -> None:
    """Grade 1 was grade 4: an emergency at once."""
    ward.dosed()
    mild = adverse_event(MARA, at=ward.now + minutes(5), grade=1)
    ward.reports(mild)

    corrects(ward, mild, grade=4)

    assert ward.open[Kind.ADVERSE_EVENT] is Severity.EMERGENCY


def test_a_last_visit_that_was_not_the_last_opens_the_course_again(ward: Ward) -> None:
    """The visit after 90 days, typed for another patient, had closed the course."""
    ward.completed()
    assert ward.course.outcome is Outcome.COMPLETED

    corrects(ward, last(ward, "follow_up.held"), retracted=True)

    assert ward.course.phase is Phase.FOLLOW_UP
    assert ward.course.outcome is None
    assert ward.course.closed_at is None


def test_a_withdrawal_of_another_patient_is_taken_back(ward: Ward) -> None:
    """The course goes on where it was, with the consent that was signed."""
    ward.prepared()
    left = withdrawal(MARA, at=ward.now + minutes(5))
    ward.reports(left)
    assert ward.course.is_closed

    corrects(ward, left, retracted=True)

    assert ward.course.phase is Phase.MEDICINE
    assert not ward.course.holds


@pytest.mark.parametrize(
    ("reach", "event"),
    [
        ("eligible", lambda at: consent(MARA, at=at)),
        ("prepared", lambda at: screening(MARA, at=at)),
        ("prepared", lambda at: gad7(MARA, at=at)),
        ("booked", lambda at: missed(MARA, at=at)),
        ("planned", lambda at: preparation(MARA, at=at)),
        ("booked", lambda at: check_in(MARA, at=at)),
        ("checked_in", lambda at: vitals(MARA, at=at)),
        ("dosed", lambda at: assessment(MARA, at=at)),
        ("discharged", lambda at: call(MARA, at=at)),
        ("discharged", lambda at: integration(MARA, at=at)),
        ("discharged", lambda at: form(MARA, at=at)),
        ("in_follow_up", lambda at: follow_up(MARA, at=at)),
        ("prepared", lambda at: hold(MARA, at=at)),
        ("prepared", lambda at: phq9(MARA, at=at, items=(3,) * 9)),
        ("prepared", lambda at: vitals(MARA, None, at=at, spo2=80)),
    ],
)
def test_any_fact_can_be_taken_back(ward: Ward, reach: str, event: object) -> None:
    """What is left is the course as if it had never been reported, but for ledger and escalations."""
    getattr(ward, reach)()
    before = ward.course
    wrong = event(ward.now + minutes(10))  # type: ignore[operator]
    ward.reports(wrong)

    corrects(ward, wrong, retracted=True)

    differing = {
        name for name in TOLD if without_settled(getattr(ward.course, name)) != without_settled(getattr(before, name))
    }
    assert differing <= {"phase_learned_at"}
    assert wrong in [kept.event for kept in ward.course.journal]


# What is refused


def unknown_id(event: ClinicEvent) -> ClinicEvent:
    return event.but(id="never sent")


def test_a_fact_that_was_never_reported_cannot_be_corrected(ward: Ward) -> None:
    """`invalid`, at the field that names it."""
    ward.dosed()
    refusal = ward.turns_away(correction(unknown_id(last(ward, "dose.administered")), at=ward.now))

    assert refusal.code is RefusalCode.INVALID
    assert [error.pointer for error in refusal.errors] == ["/data/corrects"]


def test_a_decision_is_not_corrected_but_decided_anew(ward: Ward) -> None:
    """An act is no fact."""
    ward.cleared()
    refusal = ward.turns_away(correction(last(ward, "session.cleared"), at=ward.now, retracted=True))

    assert refusal.code is RefusalCode.INVALID
    assert "decision" in refusal.errors[0].detail
    assert "kap.session.aborted" in refusal.errors[0].detail


def test_a_discharge_of_the_wrong_patient_is_undone_by_their_return(ward: Ward) -> None:
    """The refusal says so, and what it says is accepted: they are watched on."""
    ward.discharged()
    refusal = ward.turns_away(correction(last(ward, "patient.discharged"), at=ward.now, retracted=True))
    assert "kap.patient.returned" in refusal.errors[0].detail

    ward.reports(returned(MARA, at=ward.now + minutes(5)))
    assert ward.session().is_watched


@pytest.mark.parametrize("act", sorted(name for name, model in MODELS.items() if issubclass(model, Act)))
def test_of_every_decision_is_said_what_to_report_instead(act: str) -> None:
    """Each names events that there are."""
    words = TAKEN_BACK_BY[MODELS[act]]  # type: ignore[index]

    named = [word.rstrip(",;.") for word in words.split() if word.startswith("kap.")]
    assert named
    assert {*named} <= MODELS.keys()


def test_the_right_data_must_fit_the_fact(ward: Ward) -> None:
    """Each wrong field is named, within the data of the correction."""
    ward.dosed()
    good = correction(last(ward, "vitals.recorded"), at=ward.now)
    wrong = good.but(data=good.data.but(data={"systolic": "9", "diastolic": 79}))

    pointers = [error.pointer for error in ward.turns_away(wrong).errors]

    assert "/data/data/systolic" in pointers


@pytest.mark.parametrize("named", ["never accepted", "of another kind", "a decision"])
def test_a_new_version_of_what_is_not_known_is_a_fact_by_itself(ward: Ward, named: str) -> None:
    """The version before it was refused, was another patient's, or was filed as a medicine: they were dosed."""
    ward.cleared()
    earlier = {"of another kind": last(ward, "vitals.recorded").id, "a decision": last(ward, "session.cleared").id}
    given = dose(MARA, at=ward.now + minutes(1)).but(corrects=earlier.get(named, named))

    answer = ward.reports(given)

    assert [one.code for one in answer.deviations] == ["corrects.unknown"]
    assert ward.session().is_monitored
    ward.until(ward.now + minutes(6))
    assert Kind.VITALS_OVERDUE in ward.open


def test_a_danger_in_a_new_version_of_a_refused_reading_is_read(ward: Ward) -> None:
    """The first was refused for one field; the second has an oxygen of 82."""
    ward.dosed()

    ward.reports(vitals(MARA, at=ward.now + minutes(10), spo2=82).but(corrects="refused"))

    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY


def test_the_right_time_does_not_lie_ahead(ward: Ward) -> None:
    """Nothing has happened yet that is still to come."""
    ward.dosed()
    ahead = correction(last(ward, "vitals.recorded"), at=ward.now, happened_at=ward.now + hours(1))

    assert [error.pointer for error in ward.turns_away(ahead).errors] == ["/data/at"]


def test_a_patient_who_corrects_is_heard(ward: Ward) -> None:
    """A correction by an unexpected role counts, and deviates."""
    ward.dosed()
    answer = ward.reports(correction(last(ward, "patient.checked_in"), at=ward.now, by=PATIENT, weight_kg=71.0))

    assert [one.code for one in answer.deviations] == ["actor.role_not_allowed"]
    check_in_now = ward.session().check_in
    assert check_in_now is not None
    assert check_in_now.data.weight_kg == 71


# Too much to be told once more


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (lambda at: vitals(MARA, at=at), {"spo2": 79}),
        (lambda at: cssrs(MARA, at=at, items=CALM), {"items": HAS_A_PLAN}),
        (lambda at: adverse_event(MARA, at=at, grade=1), {"grade": 4}),
    ],
    ids=["a reading", "a screen", "an adverse event"],
)
def test_in_a_course_of_very_many_events_the_right_value_still_calls(
    monkeypatch: pytest.MonkeyPatch, ward: Ward, wrong: Callable[[datetime], ClinicEvent], right: dict[str, object]
) -> None:
    """Nothing is told once more, but who must hear of what it says hears of it, and a prescriber weighs the rest."""
    monkeypatch.setattr("domain.course.corrections.consequences.MOST_TOLD", 10)
    ward.dosed().reports(event := wrong(ward.now))
    before = set(ward.open)

    corrects(ward, event, **right)

    new = {kind: severity for kind, severity in ward.open.items() if kind not in before}
    assert new.pop(Kind.CORRECTION_REVIEW) is Severity.URGENT
    assert Severity.EMERGENCY in new.values(), new


# Told from its journal


@pytest.mark.parametrize("reach", ["referred", "screened", "planned", "cleared", "dosed", "discharged", "completed"])
def test_a_course_told_once_more_is_the_same(ward: Ward, reach: str) -> None:
    """The journal has all that a course was made of."""
    getattr(ward, reach)()

    again = told(ward.course)

    for name in TOLD:
        assert without_settled(getattr(again, name)) == without_settled(getattr(ward.course, name)), name


def without_settled(value: object) -> object:
    if isinstance(value, tuple) and value and hasattr(value[0], "settled"):
        return tuple(one.but(settled=(), settled_until=None) for one in value)
    return value


def test_readings_of_a_visit_that_was_booked_anew_are_kept(ward: Ward) -> None:
    """They may be another patient's, and count for nothing in the new visit."""
    ward.checked_in()
    reading = vitals(MARA, at=ward.now + minutes(5), spo2=82)
    ward.reports(reading)
    ward.reports(abortion(MARA, at=ward.now + minutes(5)))
    ward.reports(rebooking(MARA, at=ward.now + hours(1), starts_at=ward.now + days(2)))

    corrects(ward, reading, retracted=True)

    assert [one.rests_on_corrected for one in ward.course.unresolved if one.kind is Kind.VITALS_EMERGENCY] == [True]


def test_a_reading_of_a_visit_that_was_booked_anew_is_told_as_it_reads_now(ward: Ward) -> None:
    """Deeply sedated before a visit that was aborted: whoever it was, somebody hears of it."""
    ward.cleared()
    reading = vitals(MARA, at=ward.now, moaas=5)
    ward.reports(reading)
    ward.reports(abortion(MARA, at=ward.now))
    ward.reports(rebooking(MARA, at=ward.now + hours(1), starts_at=ward.now + days(2)))

    corrects(ward, reading, moaas=2)
    assert ward.open[Kind.VITALS_URGENT] is Severity.URGENT
    assert any(one.type == "kap.vitals.recorded" and one.at == reading.time for one in happenings(ward.course))

    corrects(ward, reading, moaas=5)
    assert [one.rests_on_corrected for one in ward.course.unresolved if one.kind is Kind.VITALS_URGENT] == [True]


def test_a_correction_is_taken_though_the_protocol_no_longer_reads_what_was_said(ward: Ward) -> None:
    """The new version dropped an instrument: the correction of another fact is kept, and a prescriber weighs it."""
    ward.prepared().reports(measure(MARA, "madrs", at=ward.now, score=30))
    ward.reports(talk := preparation(MARA, at=ward.now + minutes(1), topics=TOPICS[:1]))
    measures = {name: rule for name, rule in WEEKLY.measures.items() if name != "madrs"}
    ward.migrates_to(weekly({"version": "1.1.0", "measures": measures}))
    ward.reports(migration(MARA, at=ward.now, to_version="1.1.0"))

    corrects(ward, talk, retracted=True)

    assert ward.open[Kind.CORRECTION_REVIEW] is Severity.URGENT


# What makes the past harmless, or takes back the calm answer


def review(ward: Ward) -> Severity | None:
    """How loudly a prescriber is asked to weigh a correction."""
    return ward.open.get(Kind.CORRECTION_REVIEW)


def resolves(ward: Ward, *kinds: Kind) -> None:
    for kind in kinds:
        ward.hears(kind, Change.RESOLVED)


@pytest.mark.parametrize("right", [{"items": CALM}, {"retracted": True}], ids=["corrected", "taken back"])
def test_a_high_screen_that_is_made_harmless_before_the_dose_is_weighed_by_a_prescriber(
    ward: Ward, right: dict[str, object]
) -> None:
    """The hold goes with it; an urgent review stands before the dose until a prescriber has weighed it."""
    ward.checked_in()
    high = cssrs(MARA, at=ward.now + minutes(1), items=HAS_A_PLAN)
    ward.reports(high)
    resolves(ward, Kind.SUICIDE_RISK)

    corrects(ward, high, **right)

    assert not ward.course.holds
    assert review(ward) is Severity.URGENT
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    assert "escalation.correction_review_open" in ward.reasons(clearance(MARA, at=ward.now))


def test_a_high_screen_whose_page_is_open_still_is_reviewed_too(ward: Ward) -> None:
    """The monitor resolves the marked page; the review stays for a prescriber."""
    ward.prepared()
    high = cssrs(MARA, at=ward.now + minutes(5), items=HAS_A_PLAN)
    ward.reports(high)

    corrects(ward, high, items=CALM)

    assert review(ward) is Severity.URGENT


HARMLESS: dict[str, Callable[[Ward], ClinicEvent]] = {
    "the patient takes back what they said": lambda ward: call(
        MARA, None, at=ward.now, by=PATIENT, days_after=None, suicidal_ideation=True
    ),
    "a symptom of a reading": lambda ward: vitals(MARA, None, at=ward.now, symptoms=["suicidal ideation"]),
    "a suicide attempt": lambda ward: adverse_event(MARA, at=ward.now, term="suicide attempt", serious=True),
    "a moderate screen": lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD),
    "an answer": lambda ward: phq9(MARA, at=ward.now, items=(0, 0, 0, 0, 0, 0, 0, 0, 1)),
}


@pytest.mark.parametrize("says", HARMLESS.values(), ids=HARMLESS)
def test_no_longer_at_risk_by_a_correction_is_reviewed(ward: Ward, says: Callable[[Ward], ClinicEvent]) -> None:
    """Whatever told of it, and whoever had resolved its page."""
    ward.discharged()
    ward.now += hours(5)
    said = says(ward)
    ward.reports(said)
    resolves(ward, *ward.open)

    corrects(ward, said, retracted=True)

    assert review(ward) is Severity.URGENT


def test_at_risk_again_by_a_correction_is_reviewed(ward: Ward) -> None:
    """The calm screen on which the page was resolved was another patient's."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), suicidal_ideation=True))
    calm = cssrs(MARA, at=ward.now + minutes(30))
    ward.reports(calm)
    resolves(ward, Kind.SUICIDE_RISK)

    corrects(ward, calm, retracted=True)

    assert ward.open == {Kind.CORRECTION_REVIEW: Severity.URGENT}
    assert [one.subject for one in ward.due(DeadlineKind.RISK_SCREEN)] == ["cssrs"]


def test_a_withdrawal_of_consent_that_is_taken_back_is_reviewed(ward: Ward) -> None:
    """Only a prescriber would have resumed the course."""
    ward.booked().reports(withdrawn := consent_withdrawn(MARA, at=ward.now))
    assert ward.course.holds

    corrects(ward, withdrawn, retracted=True)

    assert not ward.course.holds
    assert review(ward) is Severity.URGENT


@pytest.mark.parametrize(
    ("grade", "expected"), [(1, Severity.URGENT), (2, Severity.URGENT), (3, None)], ids=["mild", "moderate", "severe"]
)
def test_an_answered_adverse_event_that_turns_out_harmless_is_reviewed(
    ward: Ward, grade: int, expected: Severity | None
) -> None:
    """The question that a nurse answered was another one; one that is still urgent is the same."""
    ward.discharged()
    grave = adverse_event(MARA, at=ward.now + hours(5), grade=4)
    ward.reports(grave)
    resolves(ward, Kind.ADVERSE_EVENT)

    corrects(ward, grave, grade=grade)

    assert review(ward) is expected


def test_an_answered_emergency_of_vitals_that_turns_out_harmless_is_reviewed(ward: Ward) -> None:
    """SpO2 82 was the monitor of the next bed."""
    ward.checked_in().reports(low := vitals(MARA, at=ward.now + minutes(1), spo2=82))
    resolves(ward, Kind.VITALS_EMERGENCY)

    corrects(ward, low, spo2=98)

    assert review(ward) is Severity.URGENT


@pytest.mark.parametrize("n", [0, 1], ids=["the first", "the second"])
def test_a_question_that_another_fact_asked_as_well_keeps_its_ground(ward: Ward, n: int) -> None:
    """Until both are taken back, whichever of them is the first."""
    ward.discharged()
    both = [adverse_event(MARA, at=ward.now + hours(5 + n), grade=4) for n in range(2)]
    for one in both:
        ward.reports(one)
    resolves(ward, Kind.ADVERSE_EVENT)

    corrects(ward, both.pop(n), retracted=True)
    assert review(ward) is None

    corrects(ward, both.pop(), retracted=True)
    assert review(ward) is Severity.URGENT


def test_a_question_of_later_gives_no_ground_to_an_earlier_one(ward: Ward) -> None:
    """Each was answered by itself."""
    ward.discharged()
    both = [adverse_event(MARA, at=ward.now + hours(5 + n), grade=4) for n in range(2)]
    for one in both:
        ward.reports(one)
        resolves(ward, Kind.ADVERSE_EVENT)

    corrects(ward, both[0], retracted=True)

    assert review(ward) is Severity.URGENT


SLIPS: dict[str, tuple[Callable[[Ward], ClinicEvent], dict[str, object]]] = {
    "a routine event": (lambda ward: adverse_event(MARA, at=ward.now, grade=2), {"grade": 1}),
    "a term": (lambda ward: adverse_event(MARA, at=ward.now, grade=4), {"term": "vomiting"}),
    "a score": (lambda ward: gad7(MARA, at=ward.now), {"items": (1, 1, 1, 1, 1, 1, 1)}),
    "still high": (lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_PLAN), {"items": (1, 1, 1, 1, 1, 1)}),
    "still calm": (lambda ward: cssrs(MARA, at=ward.now), {"items": (1, 0, 0, 0, 0, 0)}),
    "still a word": (
        lambda ward: call(MARA, None, at=ward.now, days_after=None, suicidal_ideation=True),
        {"symptoms": ("nausea",)},
    ),
}


@pytest.mark.parametrize(("says", "right"), SLIPS.values(), ids=SLIPS)
def test_a_slip_of_the_pen_that_changes_no_safety_is_told_to_nobody(
    ward: Ward, says: Callable[[Ward], ClinicEvent], right: dict[str, object]
) -> None:
    """Its page was resolved, and nothing was decided since."""
    ward.discharged()
    ward.now += hours(5)
    said = says(ward)
    ward.reports(said)
    resolves(ward, *ward.open)
    held = ward.course.holds

    corrects(ward, said, **right)

    assert review(ward) is None
    assert [one.reason for one in ward.course.holds] == [one.reason for one in held]


def test_a_high_screen_of_another_hour_holds_the_course_still(ward: Ward) -> None:
    """Only its time was wrong."""
    ward.prepared()
    high = cssrs(MARA, at=ward.now + minutes(30), items=HAS_A_PLAN)
    ward.reports(high)

    corrects(ward, high, happened_at=high.time - minutes(10))

    assert [(one.reason, one.is_safety) for one in ward.course.holds] == [("suicide risk high", True)]
    assert review(ward) is None

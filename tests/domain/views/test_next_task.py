"""What somebody should do next, in the clinic's words and by when: for a screen that everybody sees."""

from datetime import datetime, timedelta

import pytest

from domain.protocol.model import IntegrationRules
from domain.views.course import course_summary
from domain.views.next_task import ToDo, to_do
from tests.domain.conftest import Opens
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    TOPICS,
    WEEKLY,
    abortion,
    booking,
    cssrs,
    days,
    dose,
    eligible,
    hold,
    hours,
    minutes,
    over,
    phq9,
    preparation,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import Ward


def said(ward: Ward) -> str | None:
    task = to_do(ward.course, ward.now)
    return task.words if task else None


def by(ward: Ward) -> datetime | None:
    task = to_do(ward.course, ward.now)
    assert task is not None
    return task.due_at


def test_a_course_without_a_referral_asks_for_nothing(ward: Ward) -> None:
    """There is nobody yet."""
    assert to_do(ward.course, ward.now) is None


def test_a_screening_says_what_is_to_come(ward: Ward) -> None:
    """First the visit, then what it lacks, then the prescriber's decision; all by the end of the screening."""
    ward.referred()
    assert (said(ward), by(ward)) == ("Screening visit", ward.began_at + WEEKLY.screening.within)

    ward.reports(screening(MARA, at=ward.now))
    assert said(ward) == "Screening: PHQ-9, GAD-7, C-SSRS, consent to come"

    ward.screened().reports(phq9(MARA, at=ward.now))
    assert said(ward) == "Screening: GAD-7, C-SSRS, consent to come"


def test_a_screening_that_is_whole_waits_for_the_prescriber(ward: Ward) -> None:
    """Whatever was found: they decide."""
    assert said(ward.screened()) == "Prescriber decides on eligibility"


def test_a_finding_is_the_prescribers_and_is_not_named(ward: Ward) -> None:
    """A condition is nobody's business who passes the screen."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["sleep_apnoea"]))

    assert said(ward) == "Prescriber decides on eligibility"
    ward.reports(eligible(MARA, at=ward.now, overrides=over("screening.sleep_apnoea")))
    assert said(ward) == "Plan to be prescribed"


def test_a_preparation_says_what_is_to_come(ward: Ward) -> None:
    """The topics in the protocol's order; where all were touched, the talks."""
    ward.planned()
    assert said(ward) == "Preparation: rapport, intentions, coping tools, safety plan to come"

    ward.reports(preparation(MARA, at=ward.now, topics=TOPICS))
    assert (said(ward), by(ward)) == (
        "Preparation talk 2 of 2",
        ward.course.phase_entered_at and ward.course.phase_entered_at + WEEKLY.preparation.within,
    )


def test_a_preparation_is_to_be_done_before_the_patient_comes(ward: Ward) -> None:
    """Where their first session is booked before the preparation's own end."""
    ward.planned().reports(booking(MARA, at=ward.now, starts_at=ward.begins()))

    assert by(ward) == ward.begins()


def test_a_prepared_patient_is_to_be_booked_and_then_checked_in(ward: Ward) -> None:
    """By the longest way between two doses; then by the time that was booked."""
    ward.prepared()
    assert ward.course.phase_entered_at is not None
    assert (said(ward), by(ward)) == (
        "Session 1 of 3 to be booked",
        ward.course.phase_entered_at + WEEKLY.course.interval_max,
    )

    ward.booked()
    assert (said(ward), by(ward)) == ("Session 1 of 3: check in", ward.begins())


def test_a_patient_who_is_here_is_to_be_cleared_and_dosed(ward: Ward) -> None:
    """Cleared by when they were booked, dosed before the clearance expires."""
    ward.checked_in()
    assert (said(ward), by(ward)) == ("Session 1 of 3: clear", ward.begins())

    ward.cleared()
    assert (said(ward), by(ward)) == (
        "Session 1 of 3: dose",
        ward.begins() - minutes(5) + WEEKLY.medicine.clearance_valid,
    )


def test_a_dosed_patient_waits_for_their_next_reading(ward: Ward) -> None:
    """By the checkpoint that is next; a reading that has to be confirmed comes sooner."""
    ward.watched(until=minutes(15))
    assert (said(ward), by(ward)) == ("Session 1 of 3: reading", ward.begins() + minutes(30))

    ward.reports(vitals(MARA, at=ward.begins() + minutes(20), systolic=185))
    assert (said(ward), by(ward)) == ("Session 1 of 3: second reading", ward.begins() + minutes(25))


def test_a_dose_of_another_day_hides_nobody_who_is_under_the_medicine_now(ward: Ward) -> None:
    """A dose of two days ago is told now, and no discharge: what is next is of the one dosed a minute ago."""
    ward.booked().sends(dose(MARA, 2, at=ward.now))
    ward.sends(dose(MARA, 1, at=ward.now - days(2)))

    assert ward.session(1).is_monitored
    task = to_do(ward.course, ward.now)
    assert task is not None
    assert task.words.startswith("Session 2 ")
    assert ward.course.monitored is ward.session(2)


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_the_floor_shows_who_was_dosed_last(ward: Ward, numbers: tuple[int, int]) -> None:
    """Beside a dose of last night, told now without its discharge: the reading that is due is of today's."""
    here, before = numbers
    ward.booked().sends(dose(MARA, here, at=ward.now))
    ward.sends(dose(MARA, before, at=ward.now - hours(20)))

    summary = course_summary(ward.course, ward.now)
    assert [one.is_watched for one in ward.course.sessions] == [True, True]
    assert (summary.monitored_session, summary.dosed_at) == (here, ward.now)


@pytest.mark.parametrize("later", [minutes(6), minutes(11), minutes(40)])
def test_a_missed_reading_is_owed_until_it_is_taken(ward: Ward, later: timedelta) -> None:
    """After its grace, after it has become an emergency and when the next one is due: since the first of them."""
    ward.watched(until=minutes(15)).until(ward.begins() + minutes(30) + later)
    assert (said(ward), by(ward)) == ("Session 1 of 3: reading", ward.begins() + minutes(30))

    ward.reports(vitals(MARA, at=ward.now))
    due_at = by(ward)
    assert due_at is not None
    assert due_at > ward.now


def test_a_patient_who_stays_is_to_be_discharged(ward: Ward) -> None:
    """Once that is due longer than the next reading."""
    ward.watched().until(ward.begins() + hours(5))

    ward.reports(vitals(MARA, at=ward.now))

    assert (said(ward), by(ward)) == ("Session 1 of 3: discharge", ward.begins() + hours(4))


def test_a_session_that_was_broken_off_is_booked_again(ward: Ward) -> None:
    """Before its dose; the number stays."""
    ward.checked_in().reports(abortion(MARA, at=ward.now))

    assert said(ward) == "Session 1 of 3 to be booked"


def test_after_a_session_the_soonest_of_what_is_owed_is_shown(ward: Ward) -> None:
    """The call of the next day, the talk, the form, the calls after it: each when it is the next."""
    home_at = ward.begins() + minutes(130)
    ward.discharged()
    assert (said(ward), by(ward)) == ("Call after session 1, day 1", home_at + hours(24))

    ward.integrated()
    assert (said(ward), by(ward)) == ("Call after session 1, day 3", home_at + days(3))

    ward.in_follow_up()
    assert said(ward) == "Follow-up visit, day 30"


def test_an_integration_that_waits_alone_is_named_with_its_session(opens: Opens) -> None:
    """`integration.within` after the discharge; it stays owed since then when that has passed."""
    ward = opens(
        weekly({"check_ins.after": (), "forms": (), "integration": IntegrationRules(sessions=1, within=days(3))})
    )
    ward.discharged()
    assert (said(ward), by(ward)) == ("Integration talk after session 1", ward.begins() + minutes(130) + days(3))

    ward.until(ward.now + days(4))
    assert (said(ward), by(ward)) == ("Integration talk after session 1", ward.begins() + minutes(130) + days(3))


def test_a_form_is_named(opens: Opens) -> None:
    """As the protocol names it."""
    ward = opens(weekly({"check_ins.after": ()})).discharged()
    ward.integrated()

    assert said(ward) == "Form after session 1: session monitoring"


def test_an_answer_that_hints_at_suicide_wants_a_closer_look_today(ward: Ward) -> None:
    """Before anything that is due later."""
    ward.prepared().reports(phq9(MARA, at=ward.now, items=(1, 1, 1, 1, 1, 1, 1, 1, 1)))

    assert said(ward) == "C-SSRS to be taken today"


def test_a_held_course_is_to_be_resumed(ward: Ward) -> None:
    """By anybody; after a safety hold by a prescriber. Why it is held is not for the wall."""
    ward.prepared().reports(hold(MARA, at=ward.now, reason="A wedding"))
    assert to_do(ward.course, ward.now) == ToDo(words="Held: to be resumed", due_at=ward.now + days(7))


def test_a_safety_hold_is_the_prescribers(ward: Ward) -> None:
    """High suicide risk holds the course."""
    ward.prepared().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))

    assert said(ward) == "Held: a prescriber resumes"


def test_a_hold_leaves_the_patient_in_the_room_to_be_watched(ward: Ward) -> None:
    """Nothing is dosed; what was dosed is measured."""
    ward.watched(until=minutes(15)).reports(hold(MARA, at=ward.now, reason="A wedding"))

    assert said(ward) == "Session 1 of 3: reading"


def test_nobody_is_told_to_clear_a_course_that_is_held(ward: Ward) -> None:
    """The patient is here, and waits."""
    ward.checked_in().reports(hold(MARA, at=ward.now, reason="A wedding"))

    assert said(ward) == "Session 1 of 3: held"


def test_a_closed_course_asks_for_nothing(ward: Ward) -> None:
    """Its forms included."""
    ward.completed()

    assert to_do(ward.course, ward.now) is None


def test_the_fleet_shows_it_with_what_blocks_and_since_when_they_are_dosed(ward: Ward) -> None:
    """In the summary that the record store keeps."""
    ward.watched(until=minutes(15))
    shown = course_summary(ward.course, ward.now)

    assert (shown.planned_sessions, shown.to_do, shown.to_do_by) == (
        3,
        "Session 1 of 3: reading",
        ward.begins() + minutes(30),
    )
    assert (shown.dosed_at, shown.reading_due_at) == (ward.begins(), ward.begins() + minutes(30))
    assert shown.blocked_by == ("Discharge assessment to come", "Escort to come", "Written instructions to come")

    home = course_summary(ward.discharged().course, ward.now)
    assert (home.dosed_at, home.reading_due_at, home.blocked_by) == (None, None, ())

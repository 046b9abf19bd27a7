"""After the session: calls, integration, paperwork and visits, each with its time and its reminder."""

from datetime import datetime, timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Change, Kind
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    HAS_A_METHOD,
    MARA,
    MONDAY,
    OSEI,
    PATIENT,
    THORNE,
    WISHES_TO_BE_DEAD,
    assessment,
    booking,
    call,
    check_in,
    cssrs,
    days,
    discharge,
    follow_up,
    form,
    handed_over,
    hours,
    integration,
    minutes,
    resumption,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.ward import EDGES, TICK, Ward

ROUTINE = (Kind.CHECK_IN_MISSED, Severity.ROUTINE)
URGENT = (Kind.CHECK_IN_MISSED, Severity.URGENT)


def home(ward: Ward) -> Ward:
    """Discharged, talked with and filed: only the calls are still to come."""
    ward.discharged()
    ward.reports(integration(MARA, at=ward.now + hours(1)))
    ward.reports(form(MARA, at=ward.now))
    return ward


def left_at(ward: Ward) -> datetime:
    return ward.begins() + minutes(130)


# The calls


@EDGES
def test_a_call_that_is_late_is_reminded_of_and_then_missed(ward: Ward, edge: timedelta) -> None:
    """`check_ins.reminder` two hours after it was due, routine; `missed` after four, urgent."""
    home(ward).until(left_at(ward) + hours(26) + edge)
    reminded = list(ward.pages)
    ward.until(left_at(ward) + hours(28) + edge)

    assert reminded == ([ROUTINE] if edge >= timedelta() else [])
    assert ward.pages == ([ROUTINE, URGENT] if edge >= timedelta() else [ROUTINE])
    assert ward.open == dict(ward.pages[-1:])


def in_the_evening() -> Ward:
    """Dosed in the evening: the calls are due at ten past ten at night."""
    return Ward(now=MONDAY + hours(10)).discharged()


def test_a_call_that_is_missed_by_night_is_told_in_the_morning() -> None:
    """`waking`: at two o'clock nobody rings up a patient who is not at risk, so they sleep till eight."""
    ward = in_the_evening()
    night = left_at(ward) + hours(28)
    ward.until(night + minutes(1))
    assert (night.hour, URGENT in ward.pages) == (2, False)
    morning = night.replace(hour=8, minute=0)
    ward.until(morning - TICK)
    assert URGENT not in ward.pages

    ward.until(morning)

    assert ward.pages[-1] == URGENT


def test_a_later_call_that_is_missed_wakes_nobody(ward: Ward) -> None:
    """Story N1: `urgent_through`: the first is urgent; of day three somebody asks on the next working day."""
    ward.discharged().passes(hours(28))
    assert ward.open == {Kind.CHECK_IN_MISSED: Severity.URGENT}
    ward.hears(Kind.CHECK_IN_MISSED, Change.RESOLVED)
    ward.reports(call(MARA, at=ward.now, days_after=1))
    ward.passes(days(3))

    assert ward.open[Kind.CHECK_IN_MISSED] is Severity.ROUTINE


def test_what_the_patient_reports_of_a_talk_a_form_or_a_visit_fulfils_nothing(ward: Ward) -> None:
    """They may tell of a call, which is judged; all else is for staff to report."""
    ward.discharged()
    for told in (integration(MARA, at=ward.now + hours(1), by=PATIENT), form(MARA, at=ward.now + hours(2), by=PATIENT)):
        assert [one.code for one in ward.reports(told).deviations] == ["actor.role_not_allowed"]
    assert {one.kind for one in ward.course.deadlines()} >= {DeadlineKind.INTEGRATION, DeadlineKind.FORM}

    closing = Ward().in_follow_up()
    closing.reports(follow_up(MARA, at=closing.now + days(180), days_after=180, by=PATIENT))
    assert not closing.course.is_closed


def test_at_risk_a_later_call_that_is_missed_is_urgent(ward: Ward) -> None:
    """By whatever tells of it."""
    ward.discharged().reports(call(MARA, at=ward.now + days(1), days_after=1))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.passes(days(2) + hours(1))

    assert ward.open[Kind.CHECK_IN_MISSED] is Severity.URGENT


def test_at_risk_a_call_that_is_missed_by_night_is_told_at_once() -> None:
    """An hour late, at eleven at night."""
    ward = in_the_evening()
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.calls.clear()
    ward.until(left_at(ward) + hours(25))

    assert ward.pages == [URGENT]


@EDGES
def test_a_call_after_a_raised_risk_is_missed_sooner(ward: Ward, edge: timedelta) -> None:
    """`missed_at_risk`: one hour, after a moderate or high C-SSRS."""
    home(ward).reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.calls.clear()
    ward.until(left_at(ward) + hours(25) + edge)

    assert ward.pages == ([URGENT] if edge >= timedelta() else [])


def test_nobody_is_reminded_of_a_call_that_was_missed(ward: Ward) -> None:
    """Missed after an hour and seen to: the reminder after two would raise the alarm again for the same call."""
    home(ward).reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.until(left_at(ward) + hours(25))
    ward.hears(Kind.CHECK_IN_MISSED, Change.ACKNOWLEDGED)
    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))  # no risk any more: it would be reminded of after two hours
    ward.calls.clear()
    ward.until(left_at(ward) + hours(47))

    assert ward.pages == []


def test_a_low_risk_hurries_nobody(ward: Ward) -> None:
    """Low is not raised; and a newer calm answer counts over an older one."""
    home(ward).reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.reports(cssrs(MARA, at=ward.now + minutes(1), items=WISHES_TO_BE_DEAD))
    ward.calls.clear()
    ward.until(left_at(ward) + hours(25))

    assert ward.pages == []


def test_a_call_in_time_ends_the_matter(ward: Ward) -> None:
    """Made at any time before, it is asked for no more."""
    home(ward).reports(call(MARA, at=left_at(ward) + hours(25)))
    ward.until(left_at(ward) + hours(48))

    assert ward.pages == []


def test_a_missed_call_may_still_be_made(ward: Ward) -> None:
    """Overdue stays completable; the escalation stays a human's."""
    home(ward).until(left_at(ward) + hours(40))
    ward.reports(call(MARA, at=ward.now))

    assert ward.open == {Kind.CHECK_IN_MISSED: Severity.URGENT}
    assert [deadline.subject for deadline in ward.due(DeadlineKind.CHECK_IN)] == ["P3D", "P7D"]


def test_each_call_is_made_once_by_its_name(ward: Ward) -> None:
    """`days_after` names which: 1, 3 or 7, in any order."""
    home(ward).until(left_at(ward) + days(6))
    assert ward.reasons(call(MARA, at=ward.now, days_after=2)) == ["check_in.not_in_protocol"]
    for number in (3, 1, 7):
        ward.reports(call(MARA, at=ward.now, days_after=number))
        assert ward.reasons(call(MARA, at=ward.now + TICK, days_after=number)) == ["check_in.already_done"]

    assert ward.due(DeadlineKind.CHECK_IN) == []
    assert "kap.check_in.completed" not in ward.course.next_acts(ward.now)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_the_patient_may_answer_a_call(ward: Ward, actor: Actor) -> None:
    """A check-in by form is one; papers are the staff's."""
    ward.discharged().until(left_at(ward) + hours(13))
    is_staff = actor is not PATIENT

    assert ward.reasons(call(MARA, at=ward.now, by=actor)) == []
    assert (ward.reasons(form(MARA, at=ward.now, by=actor)) == []) is is_staff


def test_a_call_that_hears_of_suicide_wakes_somebody(ward: Ward) -> None:
    """Urgent, and it blocks the next dose until somebody has answered it."""
    home(ward).reports(call(MARA, at=left_at(ward) + days(1), suicidal_ideation=True))

    assert ward.pages == [(Kind.SUICIDE_RISK, Severity.URGENT)]


def test_calls_are_for_those_who_have_gone_home(ward: Ward) -> None:
    """Before discharge there is nothing to call after, nor to integrate or file."""
    ward.watched()
    for event in (call(MARA, at=ward.now), integration(MARA, at=ward.now), form(MARA, at=ward.now)):
        assert ward.reasons(event) == ["session.wrong_stage"]


def test_calls_of_two_sessions_are_asked_for_apart(ward: Ward) -> None:
    """The seventh day of the first and the first of the second."""
    ward.discharged(2)
    asked = {(deadline.session, deadline.subject) for deadline in ward.due(DeadlineKind.CHECK_IN)}

    assert asked == {(2, "P1D"), (2, "P3D"), (2, "P7D")}


# Integration


@EDGES
def test_a_session_is_talked_through_within_three_days(ward: Ward, edge: timedelta) -> None:
    """`integration.within` after discharge: then routine, and the talk is still to come."""
    ward.discharged()
    for number in (1, 3):
        ward.reports(call(MARA, at=left_at(ward) + days(number) - hours(1), days_after=number))
    ward.until(left_at(ward) + hours(72) + edge)

    assert ward.open == ({Kind.INTEGRATION_OVERDUE: Severity.ROUTINE} if edge >= timedelta() else {})
    assert ward.reports(integration(MARA, at=ward.now)).phase is Phase.MEDICINE


def test_a_talk_of_before_they_went_home_is_none_of_integration(ward: Ward) -> None:
    """By the times of the two."""
    ward.discharged()
    assert ward.reasons(integration(MARA, at=left_at(ward) - TICK)) == ["integration.before_discharge"]
    assert ward.reasons(integration(MARA, at=left_at(ward) + hours(1))) == []


def test_a_second_talk_is_welcome_and_moves_nothing(ward: Ward) -> None:
    """The number is reached: the course stays in medicine."""
    ward.integrated()
    assert ward.reports(integration(MARA, at=ward.now + days(1))).phase is Phase.MEDICINE


def test_a_protocol_may_let_the_next_dose_come_before_the_talk(opens: Opens) -> None:
    """`integration_before_next_dose = false`: on they go, the talk stays due; the follow-up waits for the last one."""
    ward = opens(weekly({"medicine.integration_before_next_dose": False})).discharged()
    phases = [ward.course.phase]
    untalked = [deadline.session for deadline in ward.due(DeadlineKind.INTEGRATION)]
    for number in (2, 3):
        begins = ward.begins(number)
        for after in (1, 3):
            ward.reports(call(MARA, number - 1, at=begins - days(7 - after) + hours(3), days_after=after))
        ward.reports(booking(MARA, number, at=ward.now, starts_at=begins))
        ward.reports(cssrs(MARA, at=begins - minutes(30)))
        ward.reports(check_in(MARA, number, at=begins - minutes(20)))
        ward.watched(number)
        ward.reports(assessment(MARA, number, at=begins + minutes(124)))
        ward.reports(discharge(MARA, number, at=begins + minutes(130)))
        ward.reports(call(MARA, number - 1, at=ward.now + minutes(5), days_after=7))
        phases.append(ward.course.phase)
    ward.reports(integration(MARA, 3, at=ward.now + hours(1)))

    assert phases == [Phase.MEDICINE, Phase.MEDICINE, Phase.INTEGRATION]
    assert untalked == [1]
    assert ward.course.phase is Phase.FOLLOW_UP


# Paperwork


@EDGES
@pytest.mark.parametrize(("day", "before"), [(3, []), (5, ["form_reminder"]), (7, ["form_reminder", "form_reminder"])])
def test_a_paper_is_reminded_of_and_then_overdue(ward: Ward, day: int, before: list[str], edge: timedelta) -> None:
    """`remind` writes into the ledger and wakes nobody; `within` is routine: each at its moment, and not before."""
    ward.integrated()
    ward.reports(call(MARA, at=left_at(ward) + days(2), days_after=3))
    ward.until(left_at(ward) + days(day) + edge)

    here = [] if edge < timedelta() else ["form" if day == 7 else "form_reminder"]
    passed = [entry.data["kind"] for entry in ward.entries if entry.type == "kap.deadline.passed"]
    assert passed == before + here
    assert ward.open == ({Kind.FORM_OVERDUE: Severity.ROUTINE} if here == ["form"] else {})


def test_a_paper_that_was_filed_is_asked_for_no_more(ward: Ward) -> None:
    """Once, and one that the protocol asks for."""
    ward.integrated().reports(form(MARA, at=ward.now))

    assert ward.due(DeadlineKind.FORM) == ward.due(DeadlineKind.FORM_REMINDER) == []
    assert ward.reasons(form(MARA, at=ward.now + TICK)) == ["form.already_filed"]
    assert ward.reasons(form(MARA, at=ward.now, form="parking")) == ["form.not_in_protocol"]
    assert "kap.form.filed" not in ward.course.next_acts(ward.now)


def test_a_protocol_without_papers_asks_for_none(opens: Opens) -> None:
    """No `[[forms]]`."""
    ward = opens(weekly({"forms": ()})).discharged()
    assert ward.due(DeadlineKind.FORM) == []
    assert ward.reasons(form(MARA, at=ward.now)) == ["form.not_in_protocol"]
    assert "kap.form.filed" not in ward.course.next_acts(ward.now)


# Visits


@EDGES
def test_a_visit_that_is_not_held_within_its_grace_is_told(ward: Ward, edge: timedelta) -> None:
    """`follow_up.after` the last session, `grace` of a week: routine."""
    ward.in_follow_up()
    ward.until(ward.begins(3) + minutes(130) + days(37) + edge)

    assert ward.open == ({Kind.PHASE_OVERDUE: Severity.ROUTINE} if edge >= timedelta() else {})


def test_visits_are_counted_from_the_last_session(ward: Ward) -> None:
    """30, 90 and 180 days after its discharge."""
    ward.in_follow_up()
    assert [deadline.due_at for deadline in ward.due(DeadlineKind.FOLLOW_UP)] == [
        ward.begins(3) + minutes(130) + days(number) for number in (30, 90, 180)
    ]


def test_a_visit_is_held_once_by_its_name(ward: Ward) -> None:
    """`days_after` names which."""
    ward.in_follow_up()
    assert ward.reasons(follow_up(MARA, at=ward.now, days_after=31)) == ["follow_up.not_in_protocol"]
    ward.reports(follow_up(MARA, at=ward.now + days(20)))
    assert ward.reasons(follow_up(MARA, at=ward.now + TICK)) == ["follow_up.already_held"]


def test_a_visit_belongs_to_the_follow_up(ward: Ward) -> None:
    """Not while sessions are still to come."""
    ward.integrated()
    assert ward.reasons(follow_up(MARA, at=ward.now + days(20))) == ["course.wrong_phase"]


def test_whoever_is_back_from_the_hospital_has_nothing_to_count_a_visit_from(opens: Opens) -> None:
    """The last visit, recorded while they are watched again, would have closed their course as completed."""
    ward = opens(weekly({"course.sessions_min": 1})).planned(sessions=1).dosed()
    ward.reports(handed_over(MARA, at=ward.now + minutes(20)))
    ward.reports(integration(MARA, at=ward.now + hours(1)))
    ward.reports(vitals(MARA, at=ward.now + minutes(5)))
    assert ward.course.phase is Phase.FOLLOW_UP
    assert ward.course.monitored is not None

    visit = follow_up(MARA, at=ward.now + minutes(1), days_after=180)

    assert ward.hears_against(visit) == ["session.not_discharged"]
    assert ward.course.phase is Phase.FOLLOW_UP


def test_whoever_is_back_at_their_last_session_counts_no_visit_from_the_one_before(opens: Opens) -> None:
    """The visit was let through by the discharge of the first session, and closed the course of whom they watched."""
    ward = opens(weekly({"course.sessions_min": 1, "follow_up.after": (days(6),)}))
    ward.planned(sessions=2).discharged(session=1)
    ward.reports(integration(MARA, at=ward.now + hours(1)))
    ward.dosed(2)
    ward.reports(handed_over(MARA, at=ward.now + minutes(20)))
    ward.reports(integration(MARA, 2, at=ward.now + hours(1)))
    ward.reports(vitals(MARA, session=2, at=ward.now + minutes(5)))
    assert ward.course.phase is Phase.FOLLOW_UP
    assert ward.course.monitored is not None

    visit = follow_up(MARA, at=ward.now + minutes(1), days_after=6)

    assert "session.not_discharged" in ward.hears_against(visit)
    assert ward.course.phase is Phase.FOLLOW_UP


def test_a_missed_visit_does_not_keep_the_course_open(ward: Ward) -> None:
    """CONTRACT 5: after the last one the course closes `completed`."""
    ward.in_follow_up().passes(days(200))
    ward.reports(follow_up(MARA, at=ward.now, days_after=180))

    assert ward.course.outcome is Outcome.COMPLETED
    assert ward.course.deadlines() == ()


def test_the_last_sessions_calls_and_papers_go_on_in_the_follow_up(ward: Ward) -> None:
    """The phase changes, what is due stays due."""
    ward.planned(3).integrated(3)
    kinds = {deadline.kind for deadline in ward.course.deadlines()}

    assert ward.course.phase is Phase.FOLLOW_UP
    assert {DeadlineKind.CHECK_IN, DeadlineKind.FORM, DeadlineKind.FOLLOW_UP} <= kinds
    assert ward.reasons(withdrawal(MARA, at=ward.now)) == []
    assert ward.reasons(resumption(MARA, at=ward.now)) == ["course.not_held"]


@pytest.mark.parametrize(("length", "held"), [(1, 0), (29, 0), (30, 1)])
def test_a_talk_of_a_minute_integrates_nothing(ward: Ward, length: int, held: int) -> None:
    """`integration.least_minutes`: half an hour; the talk that counts stays due."""
    ward.discharged()
    ward.reports(integration(MARA, at=ward.now + hours(1), minutes=length))

    assert len(ward.session().integrations) == held
    assert (DeadlineKind.INTEGRATION in [one.kind for one in ward.course.deadlines()]) is (held == 0)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_an_integration_is_held_by_whoever_the_protocol_names(ward: Ward, opens: Opens, actor: Actor) -> None:
    """`integration.roles`: a therapist, or a prescriber; that of anybody else is kept and counts for nothing."""
    told = ward.discharged().reports(integration(MARA, at=ward.now + hours(2), by=actor))
    may = actor in {OSEI, THORNE}

    assert [one.code for one in told.deviations] == ([] if may else ["actor.role_not_allowed"])
    assert len(ward.session().integrations) == may
    assert (DeadlineKind.INTEGRATION in [one.kind for one in ward.course.deadlines()]) is not may

    careless = opens(weekly({"integration.roles": None})).discharged()
    talk = integration(MARA, at=careless.now + hours(2), by=actor)
    assert (careless.reasons(talk) == []) is (actor is not PATIENT)


@EDGES
def test_a_talk_begins_after_the_discharge(ward: Ward, opens: Opens, edge: timedelta) -> None:
    """`integration.roles`: sixty minutes that were over a minute after it began while the patient was watched."""
    talk = integration(MARA, at=ward.discharged().now + minutes(60) + edge, minutes=60)
    assert ward.reasons(talk) == ([] if edge >= timedelta() else ["integration.before_discharge"])

    careless = opens(weekly({"integration.roles": None})).discharged()
    assert careless.reasons(integration(MARA, at=careless.now + minutes(1), minutes=60)) == []


def test_an_integration_that_is_told_twice_is_one(opens: Opens) -> None:
    """Under two ids, or for two sessions: nobody integrates two of them in the same hour."""
    ward = opens(weekly({"integration.sessions": 2, "medicine.integration_before_next_dose": False})).discharged()
    at = ward.now + hours(2)
    ward.reports(integration(MARA, at=at))
    told = ward.reports(integration(MARA, at=at).but(id="again"))

    assert [one.code for one in told.deviations] == ["integration.possible_duplicate"]
    assert len(ward.session().integrations) == 1
    assert ward.reasons(integration(MARA, at=at + hours(1)).but(id="the second one")) == []

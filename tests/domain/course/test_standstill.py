"""No open course out of sight: one that stands still, is held or was forgotten is asked for again and again."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from domain.course.deadlines import Deadline, DeadlineKind
from domain.course.projection import Ahead, calls_to_come
from domain.course.state import Phase
from domain.course.transition import OpenEscalation, RepeatEscalation
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    OSEI,
    WEEKLY,
    abortion,
    cancellation,
    consent_withdrawn,
    cssrs,
    days,
    dose,
    hold,
    hours,
    minutes,
    missed,
    plan,
    resumption,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

SHORT = weekly({"course.sessions_min": 1})
"""A protocol under which one session may be all."""

AGAIN = WEEKLY.course.ask_again
REVIEW = WEEKLY.course.hold_review


def held_for_two_months(ward: Ward) -> None:
    ward.reports(hold(MARA, at=ward.now))
    ward.sleeps(days(60))
    ward.reports(resumption(MARA, at=ward.now))


STATES: dict[str, Callable[[Ward], object]] = {
    "referred": lambda ward: ward.referred(),
    "screened": lambda ward: ward.screened(),
    "eligible": lambda ward: ward.eligible(),
    "planned": lambda ward: ward.planned(),
    "prepared": lambda ward: ward.prepared(),
    "booked": lambda ward: ward.booked(),
    "canceled": lambda ward: ward.booked().reports(cancellation(MARA, at=ward.now)),
    "missed": lambda ward: ward.booked().reports(missed(MARA, at=ward.now)),
    "checked in": lambda ward: ward.checked_in(),
    "aborted": lambda ward: ward.checked_in().reports(abortion(MARA, at=ward.now)),
    "cleared": lambda ward: ward.cleared(),
    "dosed": lambda ward: ward.dosed(),
    "aborted after the dose": lambda ward: ward.dosed().reports(abortion(MARA, at=ward.now)),
    "discharged": lambda ward: ward.discharged(),
    "talked through": lambda ward: ward.integrated(),
    "the last one discharged": lambda ward: ward.planned(1).discharged(),
    "the next one booked": lambda ward: ward.booked(2),
    "in follow-up": lambda ward: ward.in_follow_up(1),
    "the plan cut": lambda ward: ward.checked_in(2).reports(plan(MARA, at=ward.now, sessions=1)),
    "dosed before anything": lambda ward: ward.referred().reports(dose(MARA, at=ward.now)),
    "dosed in follow-up": lambda ward: ward.in_follow_up(1).reports(dose(MARA, 2, at=ward.now)),
}
LAID: dict[str, Callable[[Ward], object]] = {
    "as it is": lambda _ward: None,
    "held": lambda ward: ward.reports(hold(MARA, at=ward.now)),
    "held for safety": lambda ward: ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN)),
    "held and resumed": held_for_two_months,
}


@pytest.mark.parametrize("laid", LAID)
@pytest.mark.parametrize("state", STATES)
def test_an_open_course_always_has_a_next_deadline(state: str, laid: str) -> None:
    """Wherever it stands still, with or without a hold: after half a year somebody is asked, and will be again."""
    ward = Ward(protocol=SHORT)
    STATES[state](ward)
    LAID[laid](ward)
    assert ward.course.phase is not Phase.CLOSED
    for _ in range(6):
        soonest = ward.course.deadlines()[0]
        assert ward.now <= soonest.passes_at <= ward.now + days(100)
        ward.sleeps(days(30))
    ward.calls.clear()
    ward.sleeps(days(8))

    assert ward.pages != []
    assert not ward.course.is_closed


def test_a_course_that_stands_still_is_asked_for_again_and_again(ward: Ward) -> None:
    """Lost between two sessions for 300 days (`course.ask_again`): every week, also after the page was resolved."""
    ward.integrated()
    last = ward.begins()
    ward.until(last + WEEKLY.course.interval_max)
    ward.hears(Kind.PHASE_OVERDUE, Change.RESOLVED)
    ward.calls.clear()
    ward.until(last + days(300))

    told = [severity for kind, severity in ward.pages if kind is Kind.PHASE_OVERDUE]
    assert told == [Severity.ROUTINE] * ((days(300) - WEEKLY.course.interval_max) // AGAIN)


def test_it_is_late_since_its_first_moment_however_often_it_was_asked(ward: Ward) -> None:
    """The view says since when; the next moment at which it passes lies ahead."""
    ward.referred().until(ward.began_at + days(40))
    (deadline,) = ward.due(DeadlineKind.PHASE)

    assert deadline.due_at == ward.began_at + WEEKLY.screening.within
    assert deadline.passes_at == ward.began_at + days(14 + 28)


def test_kapstan_away_for_a_year_asks_once(ward: Ward) -> None:
    """What fell due while it was away passes when it is back; the next time is a week later."""
    ward.referred().sleeps(days(365))
    once = list(ward.pages)
    ward.passes(AGAIN - TICK)

    assert once == ward.pages == [(Kind.PHASE_OVERDUE, Severity.ROUTINE)]


def test_a_talk_that_is_missing_after_the_last_dose_is_asked_for_again() -> None:
    """All doses are given, and the course waits for the talk alone."""
    ward = Ward(protocol=SHORT).planned(1).discharged()
    ward.passes(WEEKLY.integration.within)
    ward.hears(Kind.INTEGRATION_OVERDUE, Change.RESOLVED)
    ward.passes(AGAIN)

    assert ward.open.get(Kind.INTEGRATION_OVERDUE) is Severity.ROUTINE


def test_a_talk_that_nothing_waits_for_is_asked_for_once() -> None:
    """Where the next dose comes before it."""
    ward = Ward(protocol=weekly({"medicine.integration_before_next_dose": False})).discharged()
    ward.passes(days(30))

    assert [kind for kind, _ in ward.pages].count(Kind.INTEGRATION_OVERDUE) == 1


def test_the_last_follow_up_visit_is_asked_for_again_and_an_earlier_one_is_not() -> None:
    """With the last one the course ends; an earlier one that was left out no longer counts."""
    ward = Ward(protocol=SHORT).in_follow_up(1)
    ward.until(ward.begins() + days(88))
    earlier = [kind for kind, _ in ward.pages].count(Kind.PHASE_OVERDUE)
    ward.calls.clear()
    ward.until(ward.begins() + days(250))

    assert earlier == 1
    assert [kind for kind, _ in ward.pages].count(Kind.PHASE_OVERDUE) > 1 + days(250 - 188) // AGAIN


def test_a_phase_that_was_overdue_before_a_hold_leaves_time_after_it(ward: Ward) -> None:
    """Resumed after months, nobody is paged in that moment."""
    ward.referred().passes(days(15))
    ward.reports(hold(MARA, at=ward.now))
    ward.passes(days(60))
    ward.reports(resumption(MARA, at=ward.now))
    ward.calls.clear()
    ward.passes(minutes(10) - TICK)
    quiet = list(ward.pages)
    ward.passes(TICK)

    assert quiet == []
    assert ward.pages == [(Kind.PHASE_OVERDUE, Severity.ROUTINE)]


@EDGES
def test_a_hold_is_asked_for_until_it_is_lifted(ward: Ward, edge: timedelta) -> None:
    """`course.hold_review`, and a hold for safety sooner, by `safety_hold_review`."""
    ward.prepared().reports(hold(MARA, at=ward.now))
    since = ward.now
    ward.until(since + REVIEW + edge)
    assert (Kind.HOLD_UNREVIEWED in ward.open) is (edge >= timedelta())

    ward.until(since + REVIEW)
    ward.hears(Kind.HOLD_UNREVIEWED, Change.RESOLVED)
    ward.until(since + 2 * REVIEW + edge)
    assert (Kind.HOLD_UNREVIEWED in ward.open) is (edge >= timedelta())

    ward.reports(resumption(MARA, at=ward.now))
    assert ward.due(DeadlineKind.HOLD_REVIEW) == []


def test_a_hold_for_safety_of_a_patient_at_risk_is_urgent_for_as_long_as_it_lasts(ward: Ward) -> None:
    """A high C-SSRS, its page resolved, and 180 days of nothing."""
    ward.prepared().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.calls.clear()
    ward.passes(days(180))

    assert ward.pages == [(Kind.HOLD_UNREVIEWED, Severity.URGENT)] * 90


@pytest.mark.parametrize(("hour", "asked"), [(23.5, 21), (2, 21), (7.5, 21), (8, 8), (14, 14), (20.75, 20.75)])
def test_a_hold_that_was_laid_at_night_is_reviewed_by_day(ward: Ward, hour: float, asked: float) -> None:
    """`hold_review_by_day`: a plan that was told at 23:30 is asked about at 21:00, and no night is one."""
    midnight = ward.prepared().now.replace(hour=0, minute=0) + days(1)
    ward.reports(cssrs(MARA, at=midnight + hours(hour), items=HAS_A_PLAN))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.calls.clear()
    moments = [one.passes_at for one in reviews_asked(ward, 4)]

    assert ward.pages == [(Kind.HOLD_UNREVIEWED, Severity.URGENT)] * 4
    assert {(one - one.replace(hour=0, minute=0)) / hours(1) for one in moments} == {asked}
    assert moments[0] - (midnight + hours(hour)) <= WEEKLY.course.safety_hold_review


def test_a_hold_that_is_told_late_at_night_is_reviewed_in_the_morning(ward: Ward) -> None:
    """The question is days old when it is told of."""
    at = ward.prepared().now
    ward.until(at.replace(hour=3) + days(9))
    ward.sends(consent_withdrawn(MARA, at=ward.now - hours(50)))
    (review,) = ward.due(DeadlineKind.HOLD_REVIEW)

    assert 8 <= review.passes_at.hour <= 21


def test_a_review_asked_at_night_since_kapstan_was_away_is_asked_by_day_from_then_on(ward: Ward) -> None:
    """Asked at three, when the worker was back; then in the evening before it would be due."""
    ward.prepared().reports(consent_withdrawn(MARA, at=ward.now))
    ward.sleeps(ward.now.replace(hour=3, minute=0) + days(3) - ward.now)
    assert ward.now.hour == 3
    (review,) = ward.due(DeadlineKind.HOLD_REVIEW)

    assert review.passes_at.hour == 21


def test_a_protocol_may_have_holds_reviewed_at_any_hour(opens: Opens) -> None:
    """Left out, as before."""
    ward = opens(weekly({"course.hold_review_by_day": None})).prepared()
    laid_at = ward.now.replace(hour=23) + days(1)
    ward.reports(consent_withdrawn(MARA, at=laid_at))

    assert ward.due(DeadlineKind.HOLD_REVIEW)[0].passes_at == laid_at + WEEKLY.course.safety_hold_review


def reviews_asked(ward: Ward, times: int) -> Iterator[Deadline]:
    """The next reviews of the hold, each as it is asked for."""
    for _ in range(times):
        (review,) = ward.due(DeadlineKind.HOLD_REVIEW)
        yield review
        ward.until(review.passes_at)


def test_each_reason_of_a_hold_is_reviewed(ward: Ward) -> None:
    """One that is lifted leaves the other's review."""
    ward.prepared().reports(consent_withdrawn(MARA, at=ward.now))
    ward.reports(cssrs(MARA, at=ward.now + hours(5), items=HAS_A_PLAN))
    ward.reports(hold(MARA, at=ward.now + hours(5)))
    reviews = ward.due(DeadlineKind.HOLD_REVIEW)
    lifted = resumption(MARA, at=ward.now, by=OSEI)
    ward.reports(lifted.but(data=lifted.data.but(reasons=("suicide risk high",))))

    assert len(reviews) == 3
    assert len(ward.due(DeadlineKind.HOLD_REVIEW)) == 2
    assert len({one.key for one in ward.course.deadlines()}) == len(ward.course.deadlines())


def test_a_resumed_course_is_not_held_up_by_the_question_for_its_review(ward: Ward) -> None:
    """The resumption answers it; the escalation itself is a human's to resolve."""
    ward.prepared().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.passes(days(3))
    ward.reports(resumption(MARA, at=ward.now))

    assert Kind.HOLD_UNREVIEWED in ward.open
    assert "escalation.hold_unreviewed_open" not in [one.code for one in ward.course.blockers(ward.now)]


def test_an_overdue_discharge_is_asked_for_again(ward: Ward) -> None:
    """Of a patient who is watched, every day."""
    ward.watched().until(ward.begins() + WEEKLY.medicine.discharge_overdue)
    ward.hears(Kind.DISCHARGE_OVERDUE, Change.RESOLVED)
    ward.sleeps(days(1))

    assert ward.open.get(Kind.DISCHARGE_OVERDUE) is Severity.URGENT


def test_the_forecast_tells_what_will_be_asked(ward: Ward) -> None:
    """Each new question stands in what the course will call for, once and again."""
    ward.booked().reports(hold(MARA, at=ward.now))
    foretold = calls_to_come(ward.course, Ahead(at=ward.now, until=ward.now + days(16)))
    opened = [one.call.opening.kind for one in foretold.calls if isinstance(one.call, OpenEscalation)]
    again = [one.call for one in foretold.calls if isinstance(one.call, RepeatEscalation)]

    assert opened == [Kind.SESSION_UNREPORTED, Kind.HOLD_UNREVIEWED]
    assert len(again) == 13 + 1

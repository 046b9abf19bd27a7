"""A moderate event that is told on a Friday evening: a clinician hears of it within a day, and by day."""

from datetime import datetime, timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, MONDAY, adverse_event, correction, days, hours, minutes, weekly, withdrawal
from tests.support.ward import EDGES, TICK, Ward

FRIDAY_EVENING = MONDAY + days(4) + hours(9.5)
"""Half past six; the front desk is back on Monday."""

URGENT = (Kind.ADVERSE_EVENT, Severity.URGENT)


def calls(ward: Ward) -> int:
    """How often a clinician was called."""
    return ward.pages.count(URGENT)


def tells(ward: Ward, at: datetime, *, grade: int = 2, term: str = "nausea") -> Ward:
    ward.referred().until(at)
    ward.reports(adverse_event(MARA, at=at, grade=grade, term=term))
    return ward


@EDGES
def test_a_clinician_hears_of_a_moderate_event_within_a_day(ward: Ward, edge: timedelta) -> None:
    """`escalations.reviewed_within`: 24 hours; until then it is for whoever reads the list."""
    tells(ward, FRIDAY_EVENING)
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.ROUTINE}

    ward.until(FRIDAY_EVENING + hours(24) + edge)

    assert calls(ward) == int(edge >= timedelta())


def test_a_moderate_event_told_at_night_is_heard_of_before_the_next_one(ward: Ward) -> None:
    """Told at three in the morning: by nine in the evening, when the day ends, and not the next night."""
    tells(ward, MONDAY + days(4) - hours(6))
    end_of_day = MONDAY + days(4) + hours(12)

    ward.until(end_of_day - TICK)
    assert calls(ward) == 0
    ward.until(end_of_day)
    assert calls(ward) == 1


def test_a_moderate_event_told_just_before_the_night_is_heard_of_in_the_evening(ward: Ward) -> None:
    """Told at eleven: the evening after, within the day."""
    tells(ward, MONDAY + days(4) + hours(14))
    (review,) = ward.due(DeadlineKind.EVENT_REVIEW)

    assert review.due_at == MONDAY + days(5) + hours(12)


def test_a_clinician_who_has_resolved_it_is_not_called(ward: Ward) -> None:
    """The question is answered."""
    tells(ward, FRIDAY_EVENING)
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.passes(days(3))

    assert calls(ward) == 0


def test_who_has_only_said_that_they_have_it_has_not_reviewed_it(ward: Ward) -> None:
    """The front desk may acknowledge; the review is a clinician's."""
    tells(ward, FRIDAY_EVENING)
    ward.hears(Kind.ADVERSE_EVENT, Change.ACKNOWLEDGED, by="desk")
    ward.passes(hours(24))

    assert calls(ward) == 1


def test_an_unknown_symptom_that_is_routine_is_reviewed_as_well(ward: Ward) -> None:
    """A term that no list names, of the mildest grade."""
    tells(ward, FRIDAY_EVENING, grade=1, term="purple spots")
    ward.passes(hours(24))

    assert calls(ward) == 1


def test_an_event_of_long_ago_stays_routine(ward: Ward) -> None:
    """An old course that is imported wakes nobody the day after."""
    ward.referred().passes(days(3))
    ward.sends(adverse_event(MARA, at=ward.now - days(1) - TICK, grade=2))
    ward.passes(days(3))

    assert (calls(ward), ward.open) == (0, {Kind.ADVERSE_EVENT: Severity.ROUTINE})


def test_an_event_that_was_a_slip_calls_nobody(ward: Ward) -> None:
    """Corrected to the mildest grade: the question stays open, and nobody is called at home for it."""
    ward.referred().until(FRIDAY_EVENING)
    event = adverse_event(MARA, at=FRIDAY_EVENING, grade=2)
    ward.reports(event)
    ward.reports(correction(event, at=FRIDAY_EVENING + minutes(5), grade=1))
    ward.passes(days(1))

    assert calls(ward) == 0


def test_an_event_is_reviewed_also_of_somebody_who_has_left_the_course(ward: Ward) -> None:
    """It may be the medicine's all the same."""
    tells(ward.discharged(), ward.now + hours(1))
    ward.reports(withdrawal(MARA, at=ward.now + hours(1)))
    ward.passes(hours(24))

    assert calls(ward) == 1


@pytest.mark.parametrize("within", [None, hours(4)])
def test_a_protocol_says_how_long_it_may_wait(opens: Opens, within: timedelta | None) -> None:
    """Left out it stays routine."""
    ward = tells(opens(weekly({"escalations.reviewed_within": within})), MONDAY + hours(1))
    ward.passes(days(2))

    assert calls(ward) == int(within is not None)

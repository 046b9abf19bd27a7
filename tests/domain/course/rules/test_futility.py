"""Futility: sessions without a benefit are not simply followed by others."""

from collections.abc import Iterable
from typing import Final

import pytest

from domain.course.rules import futility
from domain.protocol.measures import FutilityRule
from domain.protocol.model import Protocol
from tests.domain.conftest import Opens
from tests.support.cast import MARA, PHQ9, check_in, clearance, cssrs, minutes, over, phq9, plan, vitals, weekly
from tests.support.ward import TICK, Ward

WITHOUT: Final = "measure.phq9_without_benefit"


def asking(**rule: int) -> Protocol:
    """The weekly protocol with a look at the PHQ-9 after the second session."""
    measures = {**weekly({}).measures}
    measures["phq9"] = measures["phq9"].but(futility=FutilityRule(after_session=2, **rule))
    return weekly({"measures": measures})


def here(ward: Ward, session: int, answers: Iterable[int] = PHQ9) -> Ward:
    """Arrived and well, with these answers about the days before; 17 points were the baseline."""
    ward.planned(6).booked(session)
    begins = ward.begins(session)
    for event in (
        phq9(MARA, at=begins - minutes(40), items=answers),
        cssrs(MARA, at=begins - minutes(30)),
        check_in(MARA, session, at=begins - minutes(20)),
        vitals(MARA, session, at=begins - minutes(11)),
    ):
        ward.reports(event)
    return ward


def test_without_a_benefit_the_treatment_is_reviewed_before_it_goes_on(opens: Opens) -> None:
    """`futility`: nothing after the first session, and after the second until a plan is prescribed."""
    ward = here(opens(asking(least_percent=20)), 2)
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []

    here(ward, 3)
    (blocker,) = ward.refuses(clearance(MARA, 3, at=ward.now)).blockers
    assert (blocker.code, blocker.absolute, blocker.observed, blocker.limit) == (WITHOUT, False, 0, 20)
    assert ward.reasons(clearance(MARA, 3, at=ward.now, overrides=over(WITHOUT))) == []

    ward.reports(plan(MARA, at=ward.now, sessions=6))
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == []


def test_a_plan_of_before_the_outcome_is_no_review_of_it(opens: Opens) -> None:
    """In the minute after the dose nobody knows what it brought, nor on the way home what they will answer."""
    ward = opens(asking(least_percent=20)).planned(6).watched(2, until=minutes(15))
    ward.reports(plan(MARA, at=ward.now, sessions=6))
    ward.discharged(2).reports(plan(MARA, at=ward.now + minutes(1), sessions=6))

    here(ward, 3)
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == [WITHOUT]
    ward.reports(plan(MARA, at=ward.begins(3) - minutes(40) - TICK, sessions=6))
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == [WITHOUT]
    ward.reports(plan(MARA, at=ward.begins(3) - minutes(40), sessions=6))
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == []


def test_a_plan_that_came_while_they_were_better_is_no_review_of_a_benefit_that_was_lost(opens: Opens) -> None:
    """It answers another score; and one review is enough, whatever the scores after it say."""
    ward = here(opens(asking(least_percent=20)), 3, (1, 1, 1, 1, 1, 1, 1, 1, 0))
    ward.discharged(3).reports(plan(MARA, at=ward.now, sessions=6))
    here(ward, 4)
    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == [WITHOUT]

    ward.reports(plan(MARA, at=ward.now, sessions=6))
    ward.discharged(4)
    assert ward.reasons(clearance(MARA, 5, at=here(ward, 5).now)) == []


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [((2, 2, 2, 2, 2, 2, 2, 0, 0), [WITHOUT]), ((2, 2, 2, 2, 2, 2, 1, 0, 0), [])],
    ids=["14 of 17", "13 of 17"],
)
def test_exactly_so_much_is_a_benefit(opens: Opens, answers: tuple[int, ...], reasons: list[str]) -> None:
    """`least_percent` of the baseline; 23 % are asked for, and 4 points of 17 are 23.5."""
    ward = here(opens(asking(least_percent=23)), 3, answers)
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == reasons


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [((1, 1, 1, 1, 1, 1, 1, 2, 0), [WITHOUT]), ((1, 1, 1, 1, 1, 1, 1, 1, 0), [])],
    ids=["9 of 17", "8 of 17"],
)
def test_where_nothing_else_is_said_a_benefit_is_a_response(
    opens: Opens, answers: tuple[int, ...], reasons: list[str]
) -> None:
    """`response_percent`: half, in the weekly protocol."""
    ward = here(opens(asking()), 3, answers)
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == reasons


def test_a_benefit_that_was_lost_is_asked_about_later(opens: Opens) -> None:
    """Well at the look after the second session, and as ill as ever a week later, with no review in between."""
    ward = here(opens(asking(least_percent=20)), 3, (1, 1, 1, 1, 1, 1, 1, 1, 0))
    assert ward.reasons(clearance(MARA, 3, at=ward.now)) == []
    ward.discharged(3)

    here(ward, 4)

    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == ["plan.review_due", WITHOUT]


def test_a_measure_that_nobody_took_again_shows_no_benefit(opens: Opens) -> None:
    """The baseline alone says nothing; the sentence says so."""
    protocol = asking(least_percent=20)
    ward = opens(protocol).planned(6)
    for session in (1, 2):
        ward.discharged(session)
    course = ward.course.but(measures=tuple(one for one in ward.course.measures if one.at < ward.begins(1)))

    blockers = list(futility.blockers(course, ward.now))

    assert [(one.code, one.observed) for one in blockers] == [(WITHOUT, None)]
    assert "PHQ-9 is not known to have improved in 2 sessions" in blockers[0].message

"""Pregnancy: a positive test excludes the patient until a negative one or a new screening, whatever is booked since."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.recorded import known_at
from domain.course.rules.exclusion import tell_of_exclusion
from domain.course.state import CourseState, PregnancyTested
from domain.course.transition import Transition
from domain.events.clinic_events import PatientCheckedIn, ScreeningRecorded
from domain.events.fields import PregnancyTest
from domain.values import Blocker


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blocker of a positive test before that moment: absolute, also at a later visit (S1, S25)."""
    tested = known_at(course.pregnancy_tests, at)
    if tested is not None and tested.result is PregnancyTest.POSITIVE and not tested.is_screening:
        yield Blocker(
            code="pregnancy_test.positive",
            message="The pregnancy test is positive; there must be a negative test or a new screening",
            absolute=True,
        )


def is_negative_since_screening(course: CourseState) -> bool:
    """Whether the newest result is a negative test at a visit after the screening in force."""
    newest = course.pregnancy_tests[-1] if course.pregnancy_tests else None
    return newest is not None and newest.result is PregnancyTest.NEGATIVE and not newest.is_screening


def take(transition: Transition[Any], event: PatientCheckedIn | ScreeningRecorded) -> None:
    """Keeps a result that says something, and tells a prescriber of a positive one at a visit.

    At a check-in `not_applicable` says nothing; a new screening replaces every earlier test.
    """
    is_screening, result = isinstance(event, ScreeningRecorded), event.data.pregnancy_test
    if result is None or (result is PregnancyTest.NOT_APPLICABLE and not is_screening):
        return
    arrived = PregnancyTested(at=event.time, recorded_at=transition.now, result=result, is_screening=is_screening)
    tests = tuple(sorted((*transition.course.pregnancy_tests, arrived), key=lambda test: test.at))
    transition.change(pregnancy_tests=tests)
    if result is PregnancyTest.POSITIVE and tests[-1] is arrived and not is_screening:
        tell_of_exclusion(transition, event.time)

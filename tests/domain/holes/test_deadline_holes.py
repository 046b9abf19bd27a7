"""What is due after a dose is asked for while it matters; each bound just holds, and fails a little further out."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from domain.holes.deadlines import deadline_holes
from tests.support.cast import WEEKLY, days, hours, minutes, weekly

STAY = WEEKLY.medicine.minimum_observation
MINUTE = minutes(1)


@pytest.mark.parametrize(
    ("key", "holds", "fails", "said"),
    [
        (
            "medicine.checkpoints",
            WEEKLY.medicine.checkpoints.but(offsets=(timedelta(),), then_every=STAY),
            WEEKLY.medicine.checkpoints.but(offsets=(timedelta(),), then_every=STAY + MINUTE),
            "after the dose nobody would be asked for a reading within 2 h",
        ),
        (
            "medicine.checkpoints.emergency_after",
            STAY,
            STAY + MINUTE,
            "a dosed patient of whom nobody takes a reading would be no emergency for 2 h 1 min",
        ),
        (
            "medicine.discharge.bp_not_falling_after",
            hours(4),
            hours(4) + MINUTE,
            "a systolic pressure that stays at 141 would call nobody for 4 h, when the discharge is overdue",
        ),
        ("check_ins.after", (days(1),), (), "nobody would call a patient after a session"),
        (
            "check_ins.after",
            (days(1), days(29)),
            (days(1), days(31)),
            "the call after 31 days would be owed to nobody whose course was ended before it",
        ),
        (
            "course.review_after_session",
            5,
            6,
            "a course of 6 sessions, as it is planned by default, would end without its review",
        ),
    ],
)
def test_a_deadline_that_is_never_reached_is_named(key: str, holds: Any, fails: Any, said: str) -> None:
    """And one that is reached in time is not."""
    assert list(deadline_holes(weekly({key: holds}))) == []

    (hole,) = deadline_holes(weekly({key: fails}))

    assert hole.lets_through == said
    assert hole.key.startswith(key)


def test_a_grid_that_begins_late_in_the_stay_is_one() -> None:
    """Nobody has to measure at the moment of the dose."""
    late = WEEKLY.medicine.checkpoints.but(offsets=tuple(chain([STAY])), then_every=minutes(15))

    found = list(deadline_holes(weekly({"medicine.checkpoints": late})))

    assert [hole.key for hole in found] == ["medicine.checkpoints.emergency_after"]

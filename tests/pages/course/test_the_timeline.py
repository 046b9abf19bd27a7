"""The story of a course while its ledger is still being written: nothing is missing, and nothing stands there twice."""

from collections.abc import Callable

import pytest

from console.pages.course.timeline import from_ledger
from domain.views.course import course_view
from tests.support.cast import HAS_A_PLAN, MARA, cssrs, minutes, vitals
from tests.support.ward import Ward


def told(ward: Ward, recorded: int) -> list[tuple[str, object]]:
    """What an auditor is told when so many entries are recorded."""
    story = from_ledger(ward.entries[:recorded], course_view(ward.course, ward.now))
    return sorted((one.type, str(one.at)) for one in story)


@pytest.fixture
def watched() -> Ward:
    """A course with readings, one of them missed, and an escalation."""
    ward = Ward().watched(until=minutes(15))
    ward.passes(minutes(22))
    ward.reports(vitals(MARA, at=ward.now, spo2=84))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    return ward


@pytest.mark.parametrize("waiting", range(6))
def test_what_is_on_its_way_to_the_ledger_is_told_already_and_once(watched: Ward, waiting: int) -> None:
    """As if it were recorded: a clinician who recorded something sees it at once."""
    every = len(watched.entries)

    assert told(watched, every - waiting) == told(watched, every)


def test_of_a_whole_ledger_only_the_hold_that_nobody_reported_is_told_besides(watched: Ward) -> None:
    """It follows from the answers to the risk screen, which stand in the ledger."""
    besides = len(told(watched, len(watched.entries))) - len(watched.entries)

    assert watched.course.hold is not None
    assert besides == 1


@pytest.mark.parametrize("so_far", [Ward.completed, Ward.discharged, Ward.checked_in, Ward.screened])
def test_of_a_course_on_good_days_the_ledger_tells_all(so_far: Callable[[Ward], Ward]) -> None:
    """Entry by entry."""
    ward = so_far(Ward())

    assert len(told(ward, len(ward.entries))) == len(ward.entries)

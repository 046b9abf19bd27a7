"""Every story comes to its ending by the protocol's own rules, whatever the seed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.protocol import Protocol
from domain.state import Outcome
from simulation.cast import CAST, Part, parts
from simulation.ending import Ending, Expected, differences
from tests.simulation.rehearsed import Rehearse

SEEDS = range(12)
ROUND = len(CAST)


def cast(protocol: Protocol, seed: int, patients: int = ROUND) -> tuple[Part, ...]:
    return parts(patients, seed, protocol, lambda number: f"demo-{number}")


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_story_ends_as_its_script_says(rehearse: Rehearse, protocol: Protocol, seed: int) -> None:
    """Outcome, late checkpoints, warnings and pages are those that the script expects."""
    for part in cast(protocol, seed):
        rehearsed = await rehearse(part)

        assert differences(part.script.expected, rehearsed.ending) == ()


async def test_a_story_begun_at_any_hour_ends_the_same_way(rehearse: Rehearse, protocol: Protocol) -> None:
    """A course begins when it begins: at night, on a Sunday, and just before the clocks are changed."""
    for starts_at in (
        datetime(2026, 1, 4, 3, 12, tzinfo=UTC),
        datetime(2026, 3, 1, 9, 59, tzinfo=UTC),
        datetime(2026, 10, 20, 17, 0, tzinfo=UTC),
        datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC),
    ):
        for part in cast(protocol, 7):
            rehearsed = await rehearse(part, starts_at)

            assert differences(part.script.expected, rehearsed.ending) == ()


async def test_the_same_seed_plays_the_same_day_again(rehearse: Rehearse, protocol: Protocol) -> None:
    """Two rehearsals of one seed write the same ledger; another seed writes another."""
    first, again, other = [await rehearse(cast(protocol, seed)[0]) for seed in (3, 3, 4)]

    assert first.ledger == again.ledger
    assert first.ledger != other.ledger


async def test_a_missed_reading_wakes_the_nurse_and_resolves_itself(rehearse: Rehearse, protocol: Protocol) -> None:
    """Five minutes after the 45-minute reading was due she is paged; it is opened, acknowledged and resolved once."""
    overlooked = next(part for part in cast(protocol, 5) if part.script.expected.late)

    rehearsed = await rehearse(overlooked)

    told = [entry for entry in rehearsed.ledger if entry.type.startswith(("kap.checkpoint.", "kap.escalation."))]
    assert [entry.type for entry in told] == [
        "kap.checkpoint.missed",
        "kap.escalation.opened",
        "kap.escalation.acknowledged",
        "kap.escalation.resolved",
    ]
    assert told[1].data["kind"] == "vitals_overdue"
    dosed = max(e.time for e in rehearsed.ledger if e.type == "kap.dose.administered" and e.time < told[0].time)
    assert told[0].time - dosed == timedelta(minutes=45) + protocol.medicine.checkpoints.grace
    assert rehearsed.ending.acknowledged_after == timedelta(seconds=30)


async def test_a_course_takes_the_weeks_and_months_that_the_protocol_asks_for(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """Doses are a week apart, and the course closes no sooner than its last follow-up visit is due."""
    ledger = (await rehearse(cast(protocol, 1)[0])).ledger

    doses = [entry.time for entry in ledger if entry.type == "kap.dose.administered"]
    assert len(doses) >= protocol.course.sessions_min
    for before, after in pairwise(doses):
        assert abs(after - before - protocol.course.interval) <= timedelta(hours=1)
    assert ledger[-1].type == "kap.course.closed"
    assert ledger[-1].time - doses[-1] >= protocol.follow_up.after[-1]


def test_with_more_patients_than_scripts_the_cast_begins_again(protocol: Protocol) -> None:
    """The scripts go round, with other patients in them."""
    drawn = cast(protocol, 1, patients=2 * ROUND)

    assert [part.script for part in drawn] == [*CAST, *CAST]
    assert drawn[0].patient.rest != drawn[ROUND].patient.rest


def test_an_ending_that_is_not_the_scripts_is_named() -> None:
    """Every difference is told as a sentence."""
    found = Ending(
        course_id="demo-1",
        outcome=None,
        sessions=1,
        on_time=6,
        late=2,
        warned=True,
        paged=("lind", "osei"),
        acknowledged_after=None,
        unresolved=1,
        phq9=None,
    )

    assert differences(Expected(outcome=Outcome.COMPLETED, paged=("lind",)), found) == (
        "it ended not at all; completed was expected",
        "2 checkpoints were late; 0 were expected",
        "a warning was not expected",
        "paged: lind, osei; lind was expected",
        "1 escalations are not resolved",
    )

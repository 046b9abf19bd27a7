"""Many patients whose days are left to chance: every course ends well, and the figures resemble published ones."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from rich.console import Console

from domain.course.state import Outcome
from domain.escalation.messages import Kind
from domain.protocol.model import Protocol
from simulation.course.ending import SEVERE_DIASTOLIC, SEVERE_SYSTOLIC, Ending, Rise, differences
from simulation.demo import display
from simulation.demo.figures import Figures, figures, mean_rises
from simulation.patients import physiology
from simulation.scripts.cohort import INELIGIBLE, USUAL, WITHDRAWS, drawn_script
from simulation.scripts.scripts import ScriptPart, parts
from tests.support.rehearsed import Rehearse

pytestmark = pytest.mark.xdist_group("cohort")

MANY = 2000
PATIENTS = 24


def cohort(protocol: Protocol, patients: int, seed: int = 5) -> tuple[ScriptPart, ...]:
    return parts(patients, seed, protocol, lambda number: f"cohort-{number}", drawn_script)


@pytest.fixture(scope="module")
async def endings(rehearse: Rehearse, protocol: Protocol) -> Sequence[Ending]:
    found = []
    for part in cohort(protocol, PATIENTS):
        one = (await rehearse(part)).ending
        assert differences(part.script.expected, one) == ()
        found.append(one)
    return found


def blank(outcome: Outcome) -> Ending:
    return Ending(
        course_id="cohort-1",
        outcome=outcome,
        sessions=0,
        on_time=0,
        late=0,
        warned=False,
        calls=(),
        answered_after=(),
        unresolved=0,
        overrides=(),
        happened=(),
        phq9=None,
        rises=(),
        severe=0,
    )


def shown(found: Figures) -> str:
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(display.summary(found))
    return captured.get()


def test_most_are_left_to_chance_and_some_are_turned_away_or_leave(protocol: Protocol) -> None:
    """About one in twenty each; the same seed draws the same cohort."""
    scripts = [part.script for part in cohort(protocol, MANY)]

    assert 0.03 < scripts.count(INELIGIBLE) / MANY < 0.07
    assert 0.04 < scripts.count(WITHDRAWS) / MANY < 0.08
    assert scripts.count(USUAL) == MANY - scripts.count(INELIGIBLE) - scripts.count(WITHDRAWS)
    assert scripts == [part.script for part in cohort(protocol, MANY)]


async def test_a_cohorts_pressure_resembles_the_published_one(endings: Sequence[Ending], protocol: Protocol) -> None:
    """Through check-in, clearance and charted readings too: about +16/+11 mmHg near 40 minutes, rarely severe (S22)."""
    found = figures(endings, protocol)

    assert found.peak is not None
    assert found.severe_share is not None
    assert found.peak.after in {timedelta(minutes=30), timedelta(minutes=45)}
    assert found.peak.systolic == pytest.approx(16, abs=3)
    assert found.peak.diastolic == pytest.approx(11, abs=2.5)
    assert found.severe_share < 0.04


@pytest.mark.parametrize("seed", [1, 5, 20260105])
def test_thousands_of_the_cohorts_sessions_rise_and_fall_as_published(protocol: Protocol, seed: int) -> None:
    """CLINICAL.md 3.1 (S22): +16/+11 mmHg on average, at its height near 40 minutes, severe in about 1 of 100 sessions.

    The very patients whom `--patients 2000 --quiet` casts, at the protocol's own checkpoints, counted as it counts.
    """
    rises, severe, sessions = _drawn_sessions(cohort(protocol, MANY, seed), protocol)
    means = {mean.after: mean for mean in mean_rises(rises)}
    peak = max(means.values(), key=lambda mean: mean.systolic)

    assert sessions > 3 * MANY
    assert peak.after == timedelta(minutes=45)
    assert peak.systolic == pytest.approx(16, abs=1.5)
    assert peak.diastolic == pytest.approx(11, abs=1.5)
    assert means[timedelta(minutes=120)].systolic < 1
    assert 0.006 < severe / sessions < 0.015


def _drawn_sessions(played: Sequence[ScriptPart], protocol: Protocol) -> tuple[list[Rise], int, int]:
    """What the monitor shows in every session of those whose days are left to chance; how many are severe, of how many.

    `takes_its_course` draws a response in the same way; only what people do about it is left out.
    """
    rises: list[Rise] = []
    severe = sessions = 0
    for part in (one for one in played if one.script == USUAL):
        random, rest = Random(f"{part.seed}/bodies"), part.patient.rest
        for _ in range(part.patient.medicine_sessions):
            moved, before = physiology.response(random, rest), physiology.at_rest(random, rest)
            shown = [
                (offset, physiology.after_dose(random, rest, moved, offset))
                for offset in protocol.medicine.checkpoints.offsets
            ]
            rises += [
                Rise(after=at, systolic=now.systolic - before.systolic, diastolic=now.diastolic - before.diastolic)
                for at, now in shown
            ]
            severe += any(now.systolic > SEVERE_SYSTOLIC or now.diastolic > SEVERE_DIASTOLIC for _, now in shown)
            sessions += 1
    return rises, severe, sessions


async def test_a_cohorts_figures_count_every_course(endings: Sequence[Ending], protocol: Protocol) -> None:
    """Outcomes add up; hardly a checkpoint is late; more than half of the completed respond."""
    found = figures(endings, protocol)

    assert sum(found.outcomes.values()) == PATIENTS
    assert found.sessions == sum(one.sessions for one in endings)
    assert found.late < found.on_time / 50
    assert found.pages >= found.late
    assert found.answered is not None
    assert timedelta() < found.answered.median <= found.answered.ninth_tenth
    assert found.response_share is not None
    assert found.response_share > 0.5


async def test_a_second_limit_crossed_during_an_alarm_calls_nobody_a_second_time(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """The diastolic alarm stands and the systolic one begins: it is measured again at once, before the call is over."""
    part = cohort(protocol, 32, seed=91)[-1]

    rehearsed = await rehearse(part)

    assert differences(part.script.expected, rehearsed.ending) == ()
    assert [call.kind for call in rehearsed.ending.calls] == [Kind.VITALS_URGENT]


def test_figures_are_those_of_the_endings(protocol: Protocol) -> None:
    """Median and ninth tenth of the answers, the mean rise of each checkpoint, a response from half of the PHQ-9 on."""
    quarter, half = timedelta(minutes=15), timedelta(minutes=30)
    one = blank(Outcome.COMPLETED).but(
        sessions=3,
        on_time=20,
        late=1,
        severe=1,
        phq9=(16, 8),
        answered_after=tuple(timedelta(seconds=seconds) for seconds in (90, 10, 20, 40, 30)),
        rises=(Rise(after=quarter, systolic=4, diastolic=2), Rise(after=half, systolic=12, diastolic=10)),
    )
    other = blank(Outcome.COMPLETED).but(
        sessions=1, on_time=7, phq9=(16, 9), rises=(Rise(after=half, systolic=15, diastolic=9),)
    )
    left = blank(Outcome.WITHDRAWN).but(phq9=(16, 2))

    found = figures([one, other, left], protocol)

    assert found.outcomes == {Outcome.COMPLETED: 2, Outcome.WITHDRAWN: 1}
    assert found.answered is not None
    assert (found.answered.median, found.answered.ninth_tenth) == (timedelta(seconds=30), timedelta(seconds=90))
    assert [rise.after for rise in mean_rises((*one.rises, *other.rises))] == [quarter, half]
    assert found.peak is not None
    assert (found.peak.after, found.peak.systolic, found.peak.diastolic) == (half, 13.5, 9.5)
    assert found.severe_share == 0.25
    assert found.response_share == 0.5
    assert "median 30 s, p90 1 min 30 s" in shown(found)
    assert "+13.5/+9.5 mmHg at 30 min" in shown(found)


def test_a_cohort_without_a_session_has_no_shares(protocol: Protocol) -> None:
    """Nobody is divided by nothing."""
    found = figures([blank(Outcome.INELIGIBLE)], protocol)

    assert (found.answered, found.peak, found.severe_share, found.response_share) == (None, None, None, None)
    assert "1 ineligible" in shown(found)

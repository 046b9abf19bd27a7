"""The simulated answers are ones that the instruments take, and patients get better by them."""

from random import Random
from statistics import fmean

import pytest

from domain.course.measures import Risk, scored
from domain.protocol.instruments import CSSRS, PHQ9, QUESTIONNAIRES
from simulation.patients import questionnaires
from simulation.patients.patients import GAD7

SEEDS = range(300)


@pytest.mark.parametrize("instrument", [PHQ9, GAD7])
@pytest.mark.parametrize("progress", [0, 0.2, 0.5, 1])
def test_answers_add_up_to_the_total_that_was_drawn(instrument: str, progress: float) -> None:
    """Every total of a trajectory is scored by the instrument's own rule as exactly that."""
    for seed in SEEDS:
        random = Random(seed)
        total = questionnaires.trajectory(random, instrument).total(random, progress)

        assert scored(instrument, {}, items=questionnaires.answers(random, instrument, total)).score == total


def test_nobody_answers_the_ninth_question_by_accident() -> None:
    """The PHQ-9's ninth answer is 0 unless a script wants it otherwise."""
    for seed in SEEDS:
        random = Random(seed)
        items = questionnaires.answers(random, PHQ9, questionnaires.trajectory(random, PHQ9).start)

        assert scored(PHQ9, {}, items=items).item9 == 0


def test_patients_begin_with_a_moderate_depression_at_least_and_end_better() -> None:
    """PHQ-9 of 10 or more at first (S48), and a third to three quarters less at the end."""
    drawn = [questionnaires.trajectory(Random(seed), PHQ9) for seed in SEEDS]

    assert all(10 <= one.start <= QUESTIONNAIRES[PHQ9].scores.high for one in drawn)
    assert all(one.end <= one.start * 0.7 for one in drawn)
    assert 0.4 < fmean(1 - one.end / one.start for one in drawn) < 0.7


def test_most_of_the_gain_comes_early() -> None:
    """Half-way through the course more than half of the change is there."""
    for seed in SEEDS:
        random = Random(seed)
        one = questionnaires.trajectory(random, PHQ9)

        assert one.start - one.total(random, 0.5) >= (one.start - one.end) * 0.6 - 1


def test_the_risk_screen_shows_nothing() -> None:
    """A C-SSRS screener with six times no is no risk."""
    assert scored(CSSRS, {}, items=questionnaires.no_risk()).risk is Risk.NONE


def test_the_ninth_answer_is_part_of_the_total() -> None:
    """Where the script wants a ninth answer, the others make up the rest."""
    for seed in SEEDS:
        items = questionnaires.answers(Random(seed), PHQ9, 12, item9=2)

        assert scored(PHQ9, {}, items=items).item9 == 2
        assert sum(items) == 12


def test_the_alarming_screen_shows_a_high_risk() -> None:
    """Intent in the past month is high, whatever else is answered."""
    assert scored(CSSRS, {}, items=questionnaires.high_risk()).risk is Risk.HIGH

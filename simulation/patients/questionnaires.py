"""How a simulated patient answers questionnaires over a course: falling totals, and answers that add up to them."""

import math
from random import Random

from domain.protocol.instruments import PHQ9, QUESTIONNAIRES, SCREENER_ITEMS
from domain.values import Code, Frozen

EARLY_GAIN = 2.2
"""Weight of early gain: with 2.2 a third of the way brings more than half of it."""

DAY_TO_DAY = (-1, 0, 0, 1)
WITHOUT_ITEM_9 = 8
HIGHEST_START = 21
"""Largest total that the other items can hold without item 9, with room for a bad day."""


class Trajectory(Frozen):
    """One instrument's totals at the referral and at the end of the course."""

    instrument: Code
    start: int
    end: int

    def total(self, random: Random, progress: float) -> int:
        """The total at `progress` through the course, from 0 to 1: most of the gain comes early, and days differ."""
        if progress <= 0:
            return self.start
        gained = (1 - math.exp(-EARLY_GAIN * progress)) / (1 - math.exp(-EARLY_GAIN))
        expected = self.start + (self.end - self.start) * gained
        return max(0, min(round(expected) + random.choice(DAY_TO_DAY), self.start))


def trajectory(random: Random, instrument: Code) -> Trajectory:
    """A random course of improvement: moderate to severe at first, a third to three quarters better at the end."""
    top = min(HIGHEST_START, int(QUESTIONNAIRES[instrument].scores.high) - 3)
    start = random.randint(top // 2 + 2, top)
    return Trajectory(instrument=instrument, start=start, end=round(start * random.uniform(0.25, 0.66)))


def answers(random: Random, instrument: Code, total: int, item9: int = 0) -> tuple[int, ...]:
    """Answers that the instrument adds up to `total`. `item9` is the PHQ-9's, about being better off dead."""
    asked = QUESTIONNAIRES[instrument]
    open_items = WITHOUT_ITEM_9 if instrument == PHQ9 else asked.items
    given = [0] * asked.items
    if instrument == PHQ9:
        given[WITHOUT_ITEM_9] = item9
    for _ in range(total - sum(given)):
        item = random.choice([item for item in range(open_items) if given[item] < asked.most])
        given[item] += 1
    return tuple(given)


def no_risk() -> tuple[int, ...]:
    """A C-SSRS screener with every answer no."""
    return (0,) * SCREENER_ITEMS


def high_risk() -> tuple[int, ...]:
    """A C-SSRS screener that says yes to the wish, the thoughts, a method and the intent (S47)."""
    return (1, 1, 1, 1, 0, 0)

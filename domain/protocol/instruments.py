"""The instruments that Kapstan scores: items, recall period, score bands, and the name clinicians use.

For every instrument here, higher is worse.
"""

from collections.abc import Mapping
from datetime import timedelta

from domain.protocol.values import Range
from domain.values import Code, Frozen

CSSRS = "cssrs"
PHQ9 = "phq9"


class Band(Frozen):
    """A name for the scores from `lowest` up."""

    lowest: int
    name: str


class Questionnaire(Frozen):
    """An instrument whose score is the sum of its answers, each 0 to `most`, about the period `recall`."""

    items: int
    most: int
    recall: timedelta
    bands: tuple[Band, ...]

    @property
    def scores(self) -> Range:
        """From the lowest to the highest possible score."""
        return Range(low=0, high=self.items * self.most)

    def band(self, score: float) -> str:
        """The name of the band that the score lies in."""
        return next(band.name for band in reversed(self.bands) if score >= band.lowest)


def _bands(**lowest: int) -> tuple[Band, ...]:
    return tuple(Band(name=name, lowest=score) for name, score in lowest.items())


QUESTIONNAIRES: Mapping[str, Questionnaire] = {
    # CLINICAL.md 5.1: bands 5/10/15/20 (S48), two weeks (S48).
    PHQ9: Questionnaire(
        items=9,
        most=3,
        recall=timedelta(weeks=2),
        bands=_bands(minimal=0, mild=5, moderate=10, moderately_severe=15, severe=20),
    ),
    # CLINICAL.md 5.1: 10 is the cut-off (S48), bands 5/10/15 as commonly used; two weeks (S48).
    "gad7": Questionnaire(
        items=7, most=3, recall=timedelta(weeks=2), bands=_bands(minimal=0, mild=5, moderate=10, severe=15)
    ),
    # CLINICAL.md 5.1: 31 to 33 is the cut-off, the lower end is taken so that nobody is overlooked; one month (S52).
    "pcl5": Questionnaire(items=20, most=4, recall=timedelta(days=30), bands=_bands(below_cut_off=0, probable_ptsd=31)),
}
"""The instruments whose answers Kapstan sums itself."""

SCREENER_ITEMS = 6
"""The C-SSRS screener: wish, thoughts, method, intent, plan in the past month; behaviour in the past three months."""

SCREENER_RECALL = timedelta(days=30)
"""The month that the screener asks about. The one since the last contact asks for less, and adds to it (S47)."""

INSTRUMENTS = frozenset({*QUESTIONNAIRES, CSSRS})
"""The instruments that need no `range` in a protocol."""

_NAMES: Mapping[str, str] = {
    PHQ9: "PHQ-9",
    "gad7": "GAD-7",
    "pcl5": "PCL-5",
    CSSRS: "C-SSRS",
    "cadss6": "CADSS-6",
    "ybocs": "Y-BOCS",
    "pain_nrs": "Pain NRS",
    "craving_nrs": "Craving NRS",
}


def instrument_name(instrument: Code) -> str:
    """The instrument as clinicians write it: `phq9` is PHQ-9, `madrs` is MADRS."""
    return _NAMES.get(instrument) or instrument.replace("_", " ").upper()

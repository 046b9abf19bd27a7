"""The bounds by which a protocol file is asked stand on its page, each with its source: they are the checker's own."""

from collections.abc import Iterator
from itertools import product

import pytest

from domain.durations import iso_8601
from domain.holes.asked import WELL
from domain.holes.left_out import ASKED_FOR
from domain.holes.ordinary import TIGHT, USUAL
from domain.holes.published import (
    ALONE,
    ANTIDOTES,
    ASKS_OF_MOOD,
    BETWEEN_READINGS,
    CAUTIONED,
    DANGERS,
    EXCLUDES,
    FIRST,
    FIRST_READING,
    HIGHEST,
    NEVER_INDICATIONS,
    OBSERVED,
    OF_SUICIDE_RISK,
    PLAIN,
    SEDATING,
    STEP,
    THE_MEDICINE,
    WEIGHED,
    WORDS,
)
from domain.holes.windows import AT_LEAST, AT_MOST, Bound
from domain.protocol.values import LimitSeverity, Route
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "protocol-format.md").read_text(encoding="utf-8")
FINDINGS = PAGE.partition("## Findings")[2].partition("## Approval")[0]


def of_signs() -> Iterator[str]:
    for one in DANGERS:
        readings = "one reading" if one.at_once else "two in a row"
        least = f"{one.least}, a remark" if one.is_remark else one.least
        yield f"| {one.vital} | {one.bound.replace(' = ', ' ')} | {least} | {readings} | {one.basis} |"


def of_windows() -> Iterator[str]:
    for bounds, word in ((AT_MOST, "at most"), (AT_LEAST, "at least")):
        for key, bound in bounds.items():
            yield f"| `{key}` | {word} {_written(bound)} | {bound.basis} |"


def _written(bound: Bound) -> str:
    return f"{bound.bound:g}" if isinstance(bound.bound, int | float) else f"`{iso_8601(bound.bound)}`"


def of_what_is_tight() -> Iterator[str]:
    for key, tight in TIGHT.items():
        bound = Bound(tight.bound, tight.lets_through)
        yield f"| `{key}` | at {'least' if tight.is_least else 'most'} {_written(bound)} |"
    for vital, (value, basis) in USUAL.items():
        yield f"| {vital} | {WELL[vital]} | {value} | {basis} |"


def of_doses() -> Iterator[str]:
    for table, name in ((HIGHEST, "hard_max"), (ALONE, "max"), (FIRST, "first_max"), (STEP, "step_max")):
        for (route, basis), ceiling in table.items():
            unit = basis.replace("_per_", "/")
            yield f"| `{name}` | {route} | {ceiling.amount:g} {unit} | {ceiling.basis} |"


@pytest.mark.parametrize("row", [*of_signs(), *of_windows(), *of_doses(), *of_what_is_tight()])
def test_each_bound_stands_on_the_page(row: str) -> None:
    """As the checker has it, with where it comes from."""
    assert row in FINDINGS.splitlines()


def test_each_word_that_is_asked_for_stands_on_the_page() -> None:
    """A clinic with words of its own names them as other names of these, or these as other names of its own."""
    for severity, is_remark in product(LimitSeverity, (False, True)):
        words = ", ".join(f"`{one.code}`" for one in WORDS if (one.least, one.is_remark) == (severity, is_remark))
        assert words in " ".join(FINDINGS.split())
    told = (PLAIN, CAUTIONED, ANTIDOTES, THE_MEDICINE, OF_SUICIDE_RISK, ASKS_OF_MOOD, EXCLUDES, WEIGHED, SEDATING)
    for codes in (*told, NEVER_INDICATIONS):
        assert ", ".join(f"`{code}`" for code in codes) in " ".join(FINDINGS.split())


def test_how_closely_a_patient_is_watched_stands_on_the_page() -> None:
    """By route."""
    told = " ".join(FINDINGS.split())

    assert f"the first reading within `{iso_8601(FIRST_READING[0])}`" in told
    for name, table in (("apart", BETWEEN_READINGS), ("observation", OBSERVED)):
        spray, other = table[Route.INTRANASAL][0], table[Route.INTRAMUSCULAR][0]
        assert f"`{iso_8601(other)}` (intranasal `{iso_8601(spray)}`) {name}" in told


def test_what_an_approval_asks_for_stands_on_the_page() -> None:
    """Each key that may be left out, and those of which it only remarks."""
    told = " ".join(FINDINGS.split())

    for is_remark in (False, True):
        assert ", ".join(f"`{one.key}`" for one in ASKED_FOR if one.is_remark is is_remark) in told

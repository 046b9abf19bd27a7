"""Writes what docs/explored.md shows: the states of a small course from afar, and what leads from one to another."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from textwrap import fill
from typing import Final, TypeAlias

from domain.protocol.differences import differences
from tests.support.cast import WEEKLY
from tests.support.exploration.abstraction import NOT_REFERRED
from tests.support.exploration.explorer import Explored, explore
from tests.support.exploration.small_protocol import SMALL
from tests.support.paths import ROOT
from tests.support.ward import Reached, Ward

PAGE: Final = ROOT / "docs" / "explored.md"
WIDTH: Final = 120
MADE_FROM_HERE: Final = "<!-- From here on made by `make explore`; what is changed here is overwritten. -->\n"
CLOSED: Final = "closed"

Ways: TypeAlias = Mapping[tuple[str, str], frozenset[str]]
"""By two places, what leads from the one to the other."""


def ways_of(explored: Explored) -> Ways:
    """What led from place to place, or left a course where it is."""
    found: dict[tuple[str, str], set[str]] = {}
    for step in explored.steps:
        found.setdefault((step.origin.place, step.target.place), set()).add(step.by)
    return {pair: frozenset(names) for pair, names in found.items()}


def drawn(ways: Ways) -> str:
    """The graph in Mermaid's words, without the ways that leave a course where it is, and without its usual ends."""
    places = list(dict.fromkeys(place for pair in sorted(ways) for place in pair))
    number, ends = {place: f"p{at}" for at, place in enumerate(places)}, usual_ends(ways)
    lines = [f'    {number[one]}["{one}"]' for one in places if one not in ends]
    for (origin, target), names in sorted(ways.items()):
        if origin != target and not {origin, target} & {*ends}:
            lines.append(f'    {number[origin]} -- "{"<br>".join(sorted(names))}" --> {number[target]}')
    return "\n".join(("flowchart TD", *lines, ""))


def usual_ends(ways: Ways) -> tuple[str, ...]:
    """The ends that most places of an open course lead to."""
    open_ = {origin for origin, _ in ways if not origin.startswith(CLOSED)} - {NOT_REFERRED}
    leading_to = Counter(target for origin, target in ways if origin in open_ and target.startswith(CLOSED))
    return tuple(sorted(end for end, places in leading_to.items() if places > len(open_) / 2))


def made(explored: Explored, took: timedelta) -> str:
    """What is made of the page; `took` is how long a core was busy with it."""
    ways = ways_of(explored)
    longest = max(len(found.story) for found in explored.states.values())
    ended = sum(found.is_final for found in explored.states.values())
    return "\n".join(
        (
            "## From afar",
            "",
            _paragraph(
                f"**{len(explored.states)} states**, and {len(explored.steps)} steps from one to another or the same: "
                f"what {explored.tried} accepted events, answers and stretches of time came to. The longest of the "
                f"shortest ways to a state has {longest} steps. In {ended} states the course is closed and waits for "
                f"nothing; each other one has a way there. It kept a core busy for {_minutes(took)}."
            ),
            "",
            _paragraph(
                "A box stands for all states of one phase and stage. Not drawn is what leaves a course in its box, and "
                f"the ends that most boxes lead to: {'; '.join(usual_ends(ways))}. The tables have all of it."
            ),
            "",
            f"```mermaid\n{drawn(ways)}```",
            "",
            "| place | states | of them held | at risk of suicide | with an urgent call or worse |",
            "|---|---|---|---|---|",
            *_counted(explored),
            "",
            "## Every way",
            "",
            "| from | to | by |",
            "|---|---|---|",
            *(f"| {' | '.join((*pair, _named(names)))} |" for pair, names in sorted(ways.items())),
            "",
            "## The small protocol",
            "",
            _paragraph(
                "Without reviews of the plan, forms, what some indications are asked for, roles for talks, and any "
                "measure but the C-SSRS; and otherwise:"
            ),
            "",
            "| key | in kap-im-weekly | here |",
            "|---|---|---|",
            *_differences(),
            "",
        )
    )


def _paragraph(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _minutes(took: timedelta) -> str:
    return f"{max(2, round(took / timedelta(minutes=1)))} minutes"


def _counted(explored: Explored) -> Iterator[str]:
    states = Counter(state.place for state in explored.states)
    held = Counter(state.place for state in explored.states if state.hold is not None)
    at_risk = Counter(state.place for state in explored.states if state.is_at_risk)
    called = Counter(state.place for state in explored.states if state.called is not None)
    for place in sorted(states):
        yield f"| {place} | {states[place]} | {held[place]} | {at_risk[place]} | {called[place]} |"


def _differences() -> Iterator[str]:
    for one in differences(WEEKLY.but(evidence={}), SMALL):
        if one.before is not None and one.after is not None:
            yield f"| `{one.key}` | {one.before} | {one.after} |"


def main() -> None:
    """Explores the whole course and writes its part of the page. Raises `AssertionError` if anything does not hold."""
    ward, began = Ward(protocol=SMALL), time.process_time()
    explored = explore(Reached(ward.now, ward.course, (), (), ()))
    assert explored.is_whole
    assert explored.dead_ends() == []
    by_hand, _, _ = PAGE.read_text(encoding="utf-8").partition(MADE_FROM_HERE)
    text = made(explored, timedelta(seconds=time.process_time() - began))
    PAGE.write_text(f"{by_hand}{MADE_FROM_HERE}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()

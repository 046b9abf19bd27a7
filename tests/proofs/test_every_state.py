"""docs/explored.md: a small course followed wherever it may go. Here a part of it, the whole is `make explore`."""

import re

import pytest

from domain.protocol.checks import contradictions
from tests.support.doc_page import Page, code_in
from tests.support.exploration.abstraction import State, abstracted
from tests.support.exploration.explorer import Explored, Found, Step, explore
from tests.support.exploration.page import PAGE, Ways, drawn, ways_of
from tests.support.exploration.small_protocol import SMALL
from tests.support.ward import Reached, Ward

POINTS = (
    "blank",
    "screened",
    "eligible",
    "prepared",
    "booked",
    "checked_in",
    "cleared",
    "dosed",
    "watched",
    "discharged",
)
GONE_ON_FROM = 10
"""From so many states near each point: seconds in all."""


def come_to(point: str) -> Reached:
    """A course of one session, come so far on good days only."""
    ward = Ward(protocol=SMALL)
    if point not in {"blank", "screened", "eligible"}:
        ward.planned(sessions=1)
    if point != "blank":
        getattr(ward, point)()
    return Reached(ward.now, ward.course, tuple(ward.entries), tuple(ward.calls), tuple(ward.answers))


def told() -> Ways:
    """Every way that the page tells of."""
    rows = Page.read(PAGE).section("Every way").rows
    return {(row["from"], row["to"]): frozenset(code_in(row["by"])) for row in rows}


def states(*phases: str) -> list[State]:
    """Some states that differ by a made-up phase alone."""
    blank = Ward(protocol=SMALL)
    return [abstracted(blank.course, blank.now)._replace(phase=phase) for phase in phases]


@pytest.mark.parametrize("point", POINTS)
def test_what_holds_of_every_course_holds_wherever_this_one_may_go_next_and_the_page_has_the_way(point: str) -> None:
    """The invariants of the random stories; after a change of what may follow on what, `make explore` again."""
    found = ways_of(explore(come_to(point), GONE_ON_FROM))

    known = told()
    assert found
    assert {pair: names - known.get(pair, frozenset()) for pair, names in found.items()} == dict.fromkeys(
        found, frozenset()
    )


def test_the_page_draws_what_its_table_tells() -> None:
    """The graph is made of the ways beneath it."""
    (graph,) = Page.read(PAGE).blocks("mermaid")

    assert graph == drawn(told())


def test_the_page_counts_the_states_of_each_place() -> None:
    """All of them together are as many as it says that there are."""
    page = Page.read(PAGE)
    rows = page.section("From afar").rows

    said = re.search(r"\*\*(\d+) states\*\*", page.text)
    assert said is not None
    assert sum(int(row["states"]) for row in rows) == int(said[1])
    assert {row["place"] for row in rows} == {place for pair in told() for place in pair}


def test_the_small_protocol_does_not_contradict_itself() -> None:
    """It is one that a clinic might have."""
    assert list(contradictions(SMALL)) == []


def test_what_does_not_hold_is_told_with_the_story_that_led_to_it() -> None:
    """Here a ward that has forgotten what it was answered."""
    forgetful = come_to("booked")._replace(answers=())

    with pytest.raises(AssertionError) as failed:
        explore(forgetful, 1)

    (story,) = failed.value.__notes__
    assert story.startswith("After ")


def test_a_state_from_which_no_way_leads_to_an_end_is_found() -> None:
    """Going round in a circle is no way; a state from which nobody went on may have one."""
    start, around, end, open_ = states("start", "around", "end", "open")
    reached = come_to("blank")
    found = {state: Found(reached, (), state == end) for state in (start, around, end, open_)}
    steps = {Step(start, "act", end), Step(start, "act", around), Step(around, "time", around)}

    explored = Explored(found, frozenset(steps), frozenset({start, around, end}), len(steps))
    assert explored.dead_ends() == [around]
    assert not explored.is_whole

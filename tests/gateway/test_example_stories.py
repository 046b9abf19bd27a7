"""The stories that ship for a rehearsal: each is of a bad day, and fits the protocol that it is told by."""

import json

import pytest

from domain.oncall.file import OnCall
from domain.rehearsal.followed import FollowedStory, followed
from domain.rehearsal.lines import ReceivedLine, Reception
from domain.rehearsal.script import parse_script
from gateway.example_stories import BY_ROUTE, ExampleStory, example_stories
from tests.support.cast import pinned
from tests.support.shipped_protocols import SHIPPED_BY_ID
from tests.support.stories import on_call

EVERY = [(protocol, story) for protocol in SHIPPED_BY_ID.values() for story in example_stories(protocol)]


def played(protocol: object, story: ExampleStory, people: OnCall) -> FollowedStory:
    return followed(parse_script(story.script), pinned(protocol), people, {}, story.until)  # type: ignore[arg-type]


@pytest.mark.parametrize(("protocol", "story"), EVERY, ids=lambda one: getattr(one, "name", getattr(one, "id", "")))
def test_a_story_fits_its_protocol_and_pages_somebody(protocol: object, story: ExampleStory) -> None:
    """Nothing of it is refused, nothing deviates, and it goes on for less than a day after its last line."""
    told = played(protocol, story, on_call())

    received = [line for line in told.lines if isinstance(line, ReceivedLine)]
    assert {line.what for line in received} == {Reception.ACCEPTED}
    assert [line.event_id for line in received if line.deviations] == []
    assert sum(told.end.pages.values()) > 0
    assert (story.until - told.nobody_acts_from).days == 0


def test_each_shipped_protocol_has_the_same_bad_days() -> None:
    """In the same order, told by its own events."""
    names = {protocol.id: [one.name for one in example_stories(protocol)] for protocol in SHIPPED_BY_ID.values()}

    assert set(map(tuple, names.values())) == {
        ("a-reading-is-missed", "collapses-at-the-door", "a-plan-told-at-night"),
    }


@pytest.mark.parametrize(("named", "route"), BY_ROUTE)
def test_a_clinics_own_protocol_has_the_stories_of_its_route(named: str, route: str) -> None:
    """With its own id in the referral."""
    own = SHIPPED_BY_ID[named].but(id="ours")

    (referral, *_) = (json.loads(line) for line in example_stories(own)[0].script.splitlines() if line[0] == "{")

    assert own.route == route
    assert referral["data"]["protocol"] == "ours"

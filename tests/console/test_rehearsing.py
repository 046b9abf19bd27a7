"""Stories are played beside the requests, one at a time, and kept for as long as they are the same."""

import asyncio
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from console.rehearsing import Rehearsing, Wanted
from domain.rehearsal.followed import FollowedStory, followed
from domain.rehearsal.script import ScriptUnreadable
from gateway.example_stories import example_stories
from gateway.protocols import Library, Shelved
from gateway.workflow_calls import TooMany
from tests.support.cast import SHIPPED
from tests.support.stories import on_call

SHELVED = Shelved(file="kap-im-weekly.toml", protocol=SHIPPED)
LIBRARY = Library(shelf=(SHELVED,))
STORY = example_stories(SHIPPED)[0]
WANTED = Wanted(STORY.script, SHELVED, STORY.until)


async def test_the_same_story_is_played_once() -> None:
    """However far the cursor moves in it; and its events count once in the rate of whoever asks."""
    rehearsing = Rehearsing()

    counted: list[int] = []
    first = await rehearsing.story(WANTED, LIBRARY, on_call(), counted.append)
    then = await rehearsing.at(first, first.nobody_acts_from)

    assert await rehearsing.story(WANTED, LIBRARY, on_call(), counted.append) is first
    assert then.view is not None
    assert counted == [len(first.script.lines)]


async def test_other_people_another_end_or_another_script_is_another_story() -> None:
    """An edit of the on-call file counts at once."""
    rehearsing = Rehearsing()
    first = await rehearsing.story(WANTED, LIBRARY, on_call())

    others = (
        await rehearsing.story(WANTED, LIBRARY, on_call(is_unhurried=True)),
        await rehearsing.story(WANTED._replace(until=STORY.until + timedelta(minutes=1)), LIBRARY, on_call()),
        await rehearsing.story(WANTED._replace(script=f"{STORY.script}\n# more"), LIBRARY, on_call()),
    )

    assert all(other is not first for other in others)
    assert others[0].end.pages != first.end.pages


async def test_what_cannot_be_read_takes_no_turn() -> None:
    """It is told at once, whoever else is being played."""
    rehearsing = Rehearsing()
    with pytest.raises(ScriptUnreadable):
        await rehearsing.story(WANTED._replace(script="hello"), LIBRARY, on_call())


async def test_whoever_waits_too_long_is_told_so() -> None:
    """And is played once it is their turn again."""
    begun, is_over = Event(), Event()

    def slowly(*story: Any) -> FollowedStory:
        begun.set()
        is_over.wait()
        return followed(*story)

    rehearsing = Rehearsing(slowly, waits=timedelta(milliseconds=10))
    first = asyncio.create_task(rehearsing.story(WANTED, LIBRARY, on_call()))
    await asyncio.to_thread(begun.wait)

    with pytest.raises(TooMany, match="other stories are being played"):
        await rehearsing.story(WANTED._replace(until=None), LIBRARY, on_call())

    is_over.set()
    story = await first
    assert (await rehearsing.at(story, story.nobody_acts_from)).view is not None

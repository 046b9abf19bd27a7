"""Rehearsals for a page: played in a thread, one at a time, and kept a while, so that a cursor moves without delay."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cachetools import TTLCache

from domain.oncall.file import OnCall
from domain.protocol.approval import content_hash
from domain.protocol.pinned import PinnedProtocol
from domain.rehearsal.followed import FollowedStory, StoryMoment, followed
from domain.rehearsal.script import Script, parse_script
from gateway.protocols import Library, Shelved
from gateway.workflow_calls import TooMany

MOST_CHARACTERS: Final = 100_000
"""Longest script of a page: the longest whole course that is told has some 80,000 characters."""

WAITS_FOR_ITS_TURN: Final = timedelta(seconds=10)
KEPT: Final = 8
KEPT_FOR: Final = timedelta(minutes=10)


class Wanted(NamedTuple):
    """What is to be played: a script, by which protocol, and how far time goes on after its last line."""

    script: str
    shelved: Shelved
    until: datetime | None


class _Played(NamedTuple):
    on_call: OnCall
    story: FollowedStory


Play = Callable[[Script, PinnedProtocol, OnCall, Mapping[str, PinnedProtocol], datetime | None], FollowedStory]


Count = Callable[[int], object]
"""Is told how many events and acts are about to be played."""


def _nobody(_events: int) -> None:
    """Nobody counts."""


class Rehearsing:
    """Plays stories. It holds no client of Temporal, of the record store or of a channel: it can reach nobody."""

    def __init__(self, play: Play = followed, waits: timedelta = WAITS_FOR_ITS_TURN) -> None:
        self._play = play
        self._waits = waits
        self._one_at_a_time = asyncio.Semaphore(1)
        self._kept: TTLCache[tuple[str, str, datetime | None], _Played] = TTLCache(KEPT, KEPT_FOR.total_seconds())

    async def story(self, wanted: Wanted, library: Library, on_call: OnCall, count: Count = _nobody) -> FollowedStory:
        """The story. Where it has to be played, `count` is told first how many events and acts it has.

        Raises `ScriptUnreadable`, `StoryTooLong`, and `TooMany` if others are played for too long.
        """
        protocol = wanted.shelved.protocol
        named = (content_hash(protocol), wanted.script, wanted.until)
        known = self._kept.get(named)
        if known is None or known.on_call is not on_call:
            script = parse_script(wanted.script)
            count(len(script.lines))
            others = library.versions(protocol.id) if script.migrates else ()
            versions = {one.protocol.version: _pinned(one) for one in others}
            async with self._turn():
                # In a thread of its own, so that nobody else's request waits for it.
                played = await asyncio.to_thread(
                    self._play, script, _pinned(wanted.shelved), on_call, versions, wanted.until
                )
            known = self._kept[named] = _Played(on_call, played)
        return known.story

    async def at(self, story: FollowedStory, moment: datetime) -> StoryMoment:
        """How it stands at that moment. Raises `TooMany`."""
        async with self._turn():
            return await asyncio.to_thread(story.at, moment)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Waits for a turn and holds it. Raises `TooMany` if it does not come in time."""
        try:
            async with asyncio.timeout(self._waits.total_seconds()):
                await self._one_at_a_time.acquire()
        except TimeoutError:
            raise TooMany("other stories are being played: try again in a moment") from None
        try:
            yield
        finally:
            self._one_at_a_time.release()


def _pinned(shelved: Shelved) -> PinnedProtocol:
    return PinnedProtocol(protocol=shelved.protocol, hash=content_hash(shelved.protocol))

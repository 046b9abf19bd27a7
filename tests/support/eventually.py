"""Waiting for what is to come: it is looked for again and again, until a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

WITHIN = timedelta(minutes=3)
"""How long a test waits for what is to come: a busy machine is no failure."""

EVERY = 0.05
"""Seconds between two looks; more where a look takes long: who waits leaves the machine to what they wait for."""

PAUSES = 3
"""So many times as long as a look took, there is none."""

AT_MOST = 0.5
"""Seconds between two looks, however long they take."""

Found = TypeVar("Found")


async def eventually(look: Callable[[], Awaitable[Found | None]], within: timedelta = WITHIN) -> Found:
    """What `look` finds, as soon as it finds something; fails when it has not by then."""
    async with asyncio.timeout(within.total_seconds()):
        began = time.monotonic()
        while not (found := await look()):  # what is looked for happens in other processes
            await asyncio.sleep(max(EVERY, min(PAUSES * (time.monotonic() - began), AT_MOST)))
            began = time.monotonic()
    return found


async def eventually_holds(holds: Callable[[], bool], instead: Callable[[], str]) -> None:
    """Returns as soon as it holds, of what is in this process; fails, saying what is there instead."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            while not holds():  # noqa: ASYNC110  what is looked at knows of no event
                await asyncio.sleep(EVERY)
    except TimeoutError:
        raise AssertionError(instead()) from None

"""Waiting for what is to come: it is looked for again and again, until a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

WITHIN = timedelta(minutes=3)
"""How long a test waits for what is to come: a busy machine is no failure."""

EVERY = 0.05
"""Seconds between two looks."""

Found = TypeVar("Found")


async def eventually(look: Callable[[], Awaitable[Found | None]], within: timedelta = WITHIN) -> Found:
    """What `look` finds, as soon as it finds something; fails when it has not by then."""
    async with asyncio.timeout(within.total_seconds()):
        while not (found := await look()):  # noqa: ASYNC110  what is looked for happens in other processes
            await asyncio.sleep(EVERY)
    return found


async def eventually_holds(holds: Callable[[], bool], instead: Callable[[], str]) -> None:
    """Returns as soon as it holds, of what is in this process; fails, saying what is there instead."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            while not holds():  # noqa: ASYNC110  what is looked at knows of no event
                await asyncio.sleep(EVERY)
    except TimeoutError:
        raise AssertionError(instead()) from None

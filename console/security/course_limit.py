"""Limits how many events of one course are decided at a time; the others wait for their turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from domain.values import CourseId
from gateway.workflow_calls import TooMany

AT_ONCE: Final = 8
"""Below the ten updates that Temporal takes of one workflow, so that another console's events find room too."""


class CourseLimit:
    """Every course's queue at this door. A queue is forgotten when nobody stands in it."""

    def __init__(self) -> None:
        self._queues: dict[CourseId, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def turn(self, course_id: CourseId, within: timedelta) -> AsyncIterator[None]:
        """It is this event's turn. Raises `TooMany` where it does not come within that time."""
        queue, waiting = self._queues.get(course_id, (asyncio.Semaphore(AT_ONCE), 0))
        self._queues[course_id] = queue, waiting + 1
        try:
            await _acquire(queue, within)
            try:
                yield
            finally:
                queue.release()
        finally:
            queue, waiting = self._queues[course_id]
            if waiting == 1:
                del self._queues[course_id]
            else:
                self._queues[course_id] = queue, waiting - 1


async def _acquire(queue: asyncio.Semaphore, within: timedelta) -> None:
    try:
        async with asyncio.timeout(within.total_seconds()):
            await queue.acquire()
    except TimeoutError:
        raise TooMany("ten events of this course are being decided; send it again in a moment") from None

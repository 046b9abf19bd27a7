"""Limits how many events of one course are decided at a time; the others wait for their turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from domain.values import CourseId
from gateway.workflow_calls import TooMany

AT_ONCE: Final = 8
"""Fewer than the ten concurrent updates that Temporal allows on one workflow, to leave room for other consoles."""


class CourseLimit:
    """A queue for each course, dropped once it is empty."""

    def __init__(self) -> None:
        self._queues: dict[CourseId, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def turn(self, course_id: CourseId, within: timedelta) -> AsyncIterator[None]:
        """Waits for a turn and holds it. Raises `TooMany` if it does not come within that time."""
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

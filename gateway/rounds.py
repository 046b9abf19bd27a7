"""A look at many courses at once, as their workflows hold them now: who is not in time is named, not waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Final

from domain.refusal import Refused
from domain.values import CourseId, Frozen
from domain.view import CourseView
from gateway.calls import TooMany, Unavailable

ROUND_WITHIN: Final = timedelta(seconds=3)
"""How long a whole round may take: a screen of patients that is late by more is no screen of patients."""

AT_ONCE: Final = 50
"""So many courses are asked at the same time, more than any clinic doses at once: one that is stuck then keeps no seat
from another, and no list, however long, floods the workers that decide the clinic's own events."""


class Silent(Frozen):
    """A course that did not answer, and why, as a person may read it."""

    course_id: CourseId
    why: str


class Round(Frozen):
    """The courses that answered, in the order in which they were asked, and those that did not."""

    views: tuple[CourseView, ...] = ()
    silent: tuple[Silent, ...] = ()


async def go_round(
    ask: Callable[[CourseId], Awaitable[CourseView]],
    course_ids: Iterable[CourseId],
    within: timedelta = ROUND_WITHIN,
    at_once: int = AT_ONCE,
) -> Round:
    """Asks every course once, such as by `Courses.view`, and answers within that time whatever they do."""
    asked = tuple(dict.fromkeys(course_ids))
    seats = asyncio.Semaphore(at_once)

    async def one(course_id: CourseId) -> CourseView | Silent:
        try:
            async with seats:
                return await ask(course_id)
        except (Refused, Unavailable, TooMany) as silent:
            return Silent(course_id=course_id, why=str(silent))

    tasks = {course_id: asyncio.create_task(one(course_id)) for course_id in asked}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=within.total_seconds())
    finally:
        late = [course_id for course_id, task in tasks.items() if not task.done()]
        for course_id in late:
            tasks[course_id].cancel()
        await asyncio.gather(*(tasks[course_id] for course_id in late), return_exceptions=True)
    return _told(tasks, frozenset(late), within)


def _told(
    tasks: dict[CourseId, asyncio.Task[CourseView | Silent]], late: frozenset[CourseId], within: timedelta
) -> Round:
    views: list[CourseView] = []
    silent: list[Silent] = []
    for course_id, task in tasks.items():
        if course_id in late:
            silent.append(Silent(course_id=course_id, why=f"no answer within {within.total_seconds():g} s"))
            continue
        match task.result():
            case CourseView() as view:
                views.append(view)
            case Silent() as one:
                silent.append(one)
    return Round(views=tuple(views), silent=tuple(silent))

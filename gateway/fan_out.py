"""A look at many workflows at once, as they hold themselves now: which is not in time is named, not waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from domain.refusal import Refused
from domain.values import Frozen
from gateway.workflow_calls import TooMany, Unavailable

ROUND_WITHIN: Final = timedelta(seconds=3)
"""How long a whole round may take: a screen of patients that is late by more is no screen of patients."""

AT_ONCE: Final = 50
"""So many are asked at the same time, more than any clinic doses at once: one that is stuck then keeps no seat
from another, and no list, however long, floods the workers that decide the clinic's own events."""


View = TypeVar("View", bound=Frozen)


class Silent(Frozen):
    """The id of what did not answer, and why, as a person may read it."""

    id: str
    why: str


class Round(Frozen, Generic[View]):
    """What answered, in the order in which it was asked, and what did not."""

    views: tuple[View, ...] = ()
    silent: tuple[Silent, ...] = ()


async def go_round(
    ask: Callable[[str], Awaitable[View]],
    ids: Iterable[str],
    within: timedelta = ROUND_WITHIN,
    at_once: int = AT_ONCE,
) -> Round[View]:
    """Asks for each id once, such as by `Courses.view`, and answers within that time whatever they do."""
    asked = tuple(dict.fromkeys(ids))
    seats = asyncio.Semaphore(at_once)

    async def one(asked_for: str) -> View | Silent:
        try:
            async with seats:
                return await ask(asked_for)
        except (Refused, Unavailable, TooMany) as silent:
            return Silent(id=asked_for, why=str(silent))

    tasks = {one_id: asyncio.create_task(one(one_id)) for one_id in asked}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=within.total_seconds())
    finally:
        late = [one_id for one_id, task in tasks.items() if not task.done()]
        for one_id in late:
            tasks[one_id].cancel()
        await asyncio.gather(*(tasks[one_id] for one_id in late), return_exceptions=True)
    return _told(tasks, frozenset(late), within)


def _told(tasks: dict[str, asyncio.Task[View | Silent]], late: frozenset[str], within: timedelta) -> Round[View]:
    views: list[View] = []
    silent: list[Silent] = []
    for one_id, task in tasks.items():
        if one_id in late:
            silent.append(Silent(id=one_id, why=f"no answer within {within.total_seconds():g} s"))
            continue
        match task.result():
            case Silent() as one:
                silent.append(one)
            case view:
                views.append(view)
    return Round(views=tuple(views), silent=tuple(silent))

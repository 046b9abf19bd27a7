"""Queries many workflows in parallel within a time limit; those that do not answer in time are named."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from domain.refusal import Refused
from domain.values import Frozen
from gateway.workflow_calls import TooMany, Unavailable

ROUND_WITHIN: Final = timedelta(seconds=3)
"""Time limit of a whole round: a screen of patients must not be later than that."""

AT_ONCE: Final = 50
"""Most queries at a time: more than any clinic doses at once, so that a stuck one delays no other; few enough that a
long list does not flood the workers that also decide on clinic events."""


View = TypeVar("View", bound=Frozen)


class Silent(Frozen):
    """The id of a workflow that did not answer, and why, for people to read."""

    id: str
    why: str


class Round(Frozen, Generic[View]):
    """The answers, in the order of the ids, and the ids that did not answer."""

    views: tuple[View, ...] = ()
    silent: tuple[Silent, ...] = ()


async def go_round(
    ask: Callable[[str], Awaitable[View]],
    ids: Iterable[str],
    within: timedelta = ROUND_WITHIN,
    at_once: int = AT_ONCE,
) -> Round[View]:
    """Calls `ask` (such as `Courses.view`) once for each id, and always returns within the time `within`."""
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

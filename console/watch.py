"""The independent watch: it pages by itself when nobody watches over a dosed patient any more.

Orchestration is Temporal's and the workers'. This is neither: every console seeks the turn to watch, one of them has
it, and goes by the record store alone. All it knows of Temporal is what it asks when the record shows that something
has not moved in time. While all is well, it asks nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from console.alarms import Alarms
from domain import watch
from domain.incident import Incident
from domain.oncall import OnCall
from domain.values import Severity
from domain.watch import Expected, Heard, Look, Raise, Settle, Unanswered, Visit
from records.errors import RecordStoreError
from records.watch import Turn, WatchStore

LOOKS_EVERY: Final = timedelta(seconds=5)
CLIMBS_EVERY: Final = timedelta(seconds=2)
AGAIN_AFTER: Final = timedelta(seconds=5)
"""How long PostgreSQL is left alone after it was lost."""

Ask = Callable[[Expected], Awaitable[Heard | Unanswered]]

log = logging.getLogger(__name__)


class Watch:
    """Watches whenever it is this console's turn. What is overdue is given `grace` before it is asked for."""

    def __init__(
        self,
        store: WatchStore,
        turn: Callable[[], AbstractAsyncContextManager[Turn]],
        ask: Ask,
        alarms: Alarms,
        on_call: Callable[[], OnCall],
        grace: timedelta,
    ) -> None:
        self._store = store
        self._turn = turn
        self._ask = ask
        self._alarms = alarms
        self._on_call = on_call
        self._grace = grace

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """There is a watch meanwhile, by this console or another one."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await self._alarms.leave()

    async def look(self) -> None:
        """Whoever is overlooked now has an alarm, and whoever is not has none any more. Raises as `WatchStore` does."""
        now = datetime.now(UTC)
        look = watch.look(await self._store.last_look(), now)
        await self._store.look(look)
        expected = await self._store.expected()
        last = {_visit(incident): incident for incident in await self._store.incidents()}
        visits = {*last, *(one.visit for one in expected)}
        await asyncio.gather(
            *(
                self._judge(visit, [one for one in expected if one.visit == visit], last.get(visit), look)
                for visit in visits
            )
        )

    async def _judge(self, visit: Visit, expected: Sequence[Expected], last: Incident | None, look: Look) -> None:
        patient = watch.patience(look, last, self._grace)
        late = watch.overdue(expected, patient, look.looked_at)
        answers = await asyncio.gather(*map(self._ask, late))
        now = datetime.now(UTC)
        found = watch.finding(answers, patient, now)
        match watch.move(visit, found, last, self._on_call().policies[Severity.EMERGENCY], now):
            case Raise(incident=incident):
                await self._store.add(incident)
                log.error("Nobody watches over a dosed patient (%s): alarm %s", found, incident.id)
            case Settle(id=escalation):
                await self._store.move(escalation, lambda incident: incident.settled(now))
                log.warning("Kapstan moves again (%s): alarm %s is over", found, escalation)

    async def _watch(self) -> None:
        trouble = ""
        while True:
            try:
                async with self._turn() as turn, asyncio.TaskGroup() as watching:
                    log.info("This console watches over dosed patients")
                    trouble = ""
                    watching.create_task(_every(LOOKS_EVERY, turn, self.look))
                    watching.create_task(_every(CLIMBS_EVERY, turn, self._alarms.climb))
            except* RecordStoreError as away:
                found = f"Nobody watches over dosed patients from this console: {away.exceptions[0]}"
            except* Exception as fault:  # noqa: BLE001  a watch that has ended looks like a quiet night
                found = f"Nobody watches over dosed patients from this console: {type(fault.exceptions[0]).__name__}"
            if found != trouble:
                log.error(found)
                trouble = found
            await asyncio.sleep(AGAIN_AFTER.total_seconds())


async def _every(length: timedelta, turn: Turn, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        await turn.check()
        await do()
        await asyncio.sleep(length.total_seconds())


def _visit(incident: Incident) -> Visit:
    view = incident.obligation.view
    assert view.session is not None
    return Visit(view.course_id, view.session)

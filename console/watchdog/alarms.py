"""Pages the watchdog's alarms along their ladders, without Temporal."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationView, Opening, Page, PageOrder
from domain.escalation.pager import Pager
from domain.escalation.watchdog_alarm import DueStep, WatchdogAlarm
from domain.oncall.file import OnCall
from records.watchdog import WatchdogStore

FINISH_WITHIN: Final = timedelta(seconds=3)
"""How long pages under way may take when the console is stopped."""

log = logging.getLogger(__name__)


class AlarmPager:
    """Moves every unresolved alarm along its ladder. `on_call` returns the present on-call file."""

    def __init__(self, store: WatchdogStore, on_call: Callable[[], OnCall], pager: Pager) -> None:
        self._store = store
        self._on_call = on_call
        self._pager = pager
        self._climbing: dict[EscalationId, asyncio.Task[None]] = {}
        self._unrecorded: dict[tuple[EscalationId, DueStep], Page] = {}

    async def progress(self) -> None:
        """Starts a task for each alarm that has none: alarms do not wait for one another. Raises as `WatchdogStore`."""
        for incident in await self._store.incidents():
            if not incident.is_resolved and incident.id not in self._climbing:
                task = asyncio.create_task(self._climb(incident.id))
                self._climbing[incident.id] = task
                task.add_done_callback(lambda _task, named=incident.id: self._climbing.pop(named))  # type: ignore[misc]

    async def leave(self) -> None:
        """Stops paging. A page that is cut off is sent again by the next watchdog: twice is better than never."""
        if not (leaving := set(self._climbing.values())):
            return
        _, late = await asyncio.wait(leaving, timeout=FINISH_WITHIN.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _climb(self, escalation: EscalationId) -> None:
        try:
            on_call, now = self._on_call(), datetime.now(UTC)
            for named, due in list(self._unrecorded):
                if named == escalation:
                    await self._record(escalation, due, on_call)
            incident = await self._store.move(escalation, lambda one: one.advanced(on_call, now))
            while incident is not None and incident.due:
                await self._page_all(incident, on_call)
                incident = await self._store.incident(escalation)
        except Exception as error:  # noqa: BLE001  it is retried in a moment, and the other alarms go on
            log.error("Alarm %s waits: paging failed with %s", escalation, type(error).__name__)  # noqa: TRY400  its message may hold an address

    async def _page_all(self, incident: WatchdogAlarm, on_call: OnCall) -> None:
        """Tries all pages that are due and waits for the last: a retry before that would page the same people twice."""
        view = incident.escalation.view
        pages = (self._page(view, due, on_call) for due in incident.due)
        for failed in await asyncio.gather(*pages, return_exceptions=True):
            if failed is not None:
                raise failed

    async def _page(self, view: EscalationView, due: DueStep, on_call: OnCall) -> None:
        self._unrecorded[view.id, due] = await self._sent(view, due, on_call)
        await self._record(view.id, due, on_call)

    async def _record(self, escalation: EscalationId, due: DueStep, on_call: OnCall) -> None:
        """Records a page that was tried. Until that succeeds it is kept here, so that it is not sent again."""
        page = self._unrecorded[escalation, due]
        await self._store.move(escalation, lambda one: one.tried(due, page, on_call))
        del self._unrecorded[escalation, due]

    async def _sent(self, view: EscalationView, due: DueStep, on_call: OnCall) -> Page:
        order = PageOrder(
            escalation=_opening(view), severity=view.severity, step=due.step, person=due.person, at=due.at
        )
        return await self._pager.page(order, on_call.channels_of(due.person), due.channel)


def _opening(view: EscalationView) -> Opening:
    return Opening.model_validate(view.model_dump(include=set(Opening.model_fields)))

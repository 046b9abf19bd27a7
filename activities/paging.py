"""The paging activities: find who is on call, and send each person a page with severity, course and link."""

import asyncio
from collections.abc import Callable, Sequence

from temporalio import activity

from domain.escalation.messages import Page, PageOrder, Tried
from domain.escalation.pager import Pager
from domain.oncall.file import OnCall, OnCallQuery, OnCallSnapshot
from domain.oncall.policy import Channel


class Paging:
    """Pages people through their channels. Nothing it returns, logs or heartbeats holds an address.

    `on_call` gives the on-call file as it is at that moment.
    """

    def __init__(self, on_call: Callable[[], OnCall], pager: Pager) -> None:
        self._on_call = on_call
        self._pager = pager

    @activity.defn
    async def standing(self, query: OnCallQuery) -> OnCallSnapshot:
        """The people on call for a severity at a moment, step by step."""
        return self._on_call().standing(query)

    @activity.defn
    async def page(self, order: PageOrder) -> tuple[Page, ...]:
        """Tries each of the person's channels once, in parallel; a retry skips the channels that were tried before.

        If a worker dies between a channel's answer and its heartbeat, the retry uses that channel again: a page twice
        rather than none.
        """
        channels = self._on_call().channels_of(order.person)
        pages = dict(_tried_before().pages)
        async with asyncio.TaskGroup() as sending:
            for place in range(max(len(channels), 1)):
                if place not in pages:
                    sending.create_task(self._try(order, channels, place, pages))
        return tuple(pages[place] for place in sorted(pages))

    async def _try(self, order: PageOrder, channels: Sequence[Channel], place: int, pages: dict[int, Page]) -> None:
        pages[place] = await self._pager.page(order, channels, place)
        activity.heartbeat(Tried(pages=dict(pages)))


def _tried_before() -> Tried:
    details = activity.info().heartbeat_details
    return Tried.model_validate(details[0]) if details else Tried()

"""Wakes people: finds who is on call, and sends each of them a page that says how urgent, where and what to press."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import activity

from domain.escalation.ids import EscalationId
from domain.escalation.messages import Page, PageOrder, Tried
from domain.escalation.page_text import Text, text_of
from domain.oncall.file import OnCall, OnCallQuery, OnCallSnapshot
from domain.oncall.policy import Channel, scheme
from domain.values import Moment, PersonId, Severity

Send = Callable[[str, Text, Severity], Awaitable[str | None]]
"""Sends a text to a channel's URL, within its time: what went wrong in words that hold no address, or None."""

Link = Callable[[EscalationId, PersonId, Moment], str]
"""Where a person answers the page of a moment."""


class Paging:
    """Pages people through their channels. Nothing it returns, logs or heartbeats holds an address.

    `on_call` gives the on-call file as it is at that moment.
    """

    def __init__(self, on_call: Callable[[], OnCall], link: Link, send: Send) -> None:
        self._on_call = on_call
        self._link = link
        self._send = send

    @activity.defn
    async def standing(self, query: OnCallQuery) -> OnCallSnapshot:
        """Who is on call for a severity at a moment."""
        return self._on_call().standing(query)

    @activity.defn
    async def page(self, order: PageOrder) -> tuple[Page, ...]:
        """Every channel of the person was tried once, side by side; a retry skips those that an attempt before tried.

        An attempt that dies between a channel's answer and its heartbeat leaves that channel to be tried again: rather
        a page twice than none.
        """
        channels = self._on_call().channels_of(order.person)
        if not channels:
            return (_page(order, "none", "this person is no longer in the on-call file"),)
        link = self._link(order.escalation.id, order.person, order.at)
        text = text_of(order.escalation, order.severity, link)
        pages = dict(_tried_before().pages)
        async with asyncio.TaskGroup() as sending:
            for place, channel in enumerate(channels):
                if place not in pages:
                    sending.create_task(self._try(order, text, place, channel, pages))
        return tuple(pages[place] for place in sorted(pages))

    async def _try(self, order: PageOrder, text: Text, place: int, channel: Channel, pages: dict[int, Page]) -> None:
        error = await self._send(channel.get_secret_value(), text, order.severity)
        pages[place] = _page(order, scheme(channel), error)
        activity.heartbeat(Tried(pages=dict(pages)))


def _page(order: PageOrder, kind: str, error: str | None) -> Page:
    return Page(at=order.at, step=order.step, person=order.person, channel=kind, ok=error is None, error=error)


def _tried_before() -> Tried:
    details = activity.info().heartbeat_details
    return Tried.model_validate(details[0]) if details else Tried()

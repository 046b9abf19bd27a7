"""Wakes people: finds who is on call, and sends each of them a page that says how urgent, where and what to press."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final

from temporalio import activity

from domain.escalation import PHRASES, EscalationId, Opening, Page
from domain.oncall import Duty, OnCall, Standing
from domain.policy import Channel, scheme
from domain.values import Frozen, Moment, PersonId, Severity

CHANNEL_WITHIN: Final = timedelta(seconds=10)
"""How long one channel may take. The others of the page do not wait for it."""

CHANNELS_AT_ONCE: Final = 64
"""A channel that hangs holds a thread until its own socket gives up, so there are more of them than could hang."""


class Text(Frozen):
    """A page as a locked phone shows it: no clinical content."""

    title: str
    body: str


Send = Callable[[str, Text, Severity], str | None]
"""Sends a text to a channel's URL, however long that takes: what went wrong in words that hold no address, or None."""

Link = Callable[[EscalationId, PersonId, Moment], str]
"""Where a person answers the page of a moment."""


class PageOrder(Frozen):
    """One person to page for one step of an escalation. `step` is 0 for the fallback channels."""

    escalation: Opening
    severity: Severity
    step: int
    person: PersonId
    at: Moment


class Tried(Frozen):
    """What the attempts at one order did so far, by the channel's place among the person's. Kept as its heartbeat."""

    pages: Mapping[int, Page] = {}


def text_of(order: PageOrder, link: str) -> Text:
    """Severity, course, session, the kind as a neutral phrase, and the link to answer by."""
    session = f", session {order.escalation.session}" if order.escalation.session else ""
    return Text(
        title=f"{order.severity.upper()}: {PHRASES[order.escalation.kind]}",
        body=f"Course {order.escalation.course_id}{session}\nAnswer: {link}",
    )


class Paging:
    """Pages people through their channels. Nothing it returns, logs or heartbeats holds an address.

    `on_call` gives the on-call file as it is at that moment.
    """

    def __init__(
        self, on_call: Callable[[], OnCall], link: Link, send: Send, *, channel_within: timedelta = CHANNEL_WITHIN
    ) -> None:
        self._on_call = on_call
        self._link = link
        self._blocking_send = send
        self._channel_within = channel_within.total_seconds()
        self._threads = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="page")

    @activity.defn
    async def standing(self, duty: Duty) -> Standing:
        """Who is on call for a severity at a moment."""
        return self._on_call().standing(duty)

    @activity.defn
    async def page(self, order: PageOrder) -> tuple[Page, ...]:
        """Every channel of the person was tried once, side by side; a retry skips those that an attempt before tried.

        An attempt that dies between a channel's answer and its heartbeat leaves that channel to be tried again: rather
        a page twice than none.
        """
        channels = self._on_call().channels_of(order.person)
        if not channels:
            return (_page(order, "none", "this person is no longer in the on-call file"),)
        text = text_of(order, self._link(order.escalation.id, order.person, order.at))
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

    async def _send(self, url: str, text: Text, severity: Severity) -> str | None:
        """What went wrong, in words that hold no address; None where the channel took the page."""
        send = partial(self._blocking_send, url, text, severity)
        sending = asyncio.get_running_loop().run_in_executor(self._threads, send)
        try:
            async with asyncio.timeout(self._channel_within):
                return await sending
        except TimeoutError:
            return f"the channel did not answer within {self._channel_within:g} s"


def _page(order: PageOrder, kind: str, error: str | None) -> Page:
    return Page(at=order.at, step=order.step, person=order.person, channel=kind, ok=error is None, error=error)


def _tried_before() -> Tried:
    details = activity.info().heartbeat_details
    return Tried.model_validate(details[0]) if details else Tried()

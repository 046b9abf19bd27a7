"""The pager: sends one page by one of a person's channels, for the paging activity and the watchdog."""

from collections.abc import Awaitable, Callable, Sequence

from domain.escalation.ids import EscalationId
from domain.escalation.messages import Page, PageOrder
from domain.escalation.page_text import Text, text_of
from domain.oncall.policy import Channel, scheme
from domain.values import Moment, PersonId, Severity

Send = Callable[[str, Text, Severity], Awaitable[str | None]]
"""Sends a text to a channel's URL within a time limit. Returns None, or what went wrong, without the address."""

Link = Callable[[EscalationId, PersonId, Moment], str]
"""Builds the link by which a person answers the page that went out at a moment."""

Heard = Callable[[Page], None]
"""Hears of each page that was tried."""


def nobody(_page: Page) -> None:
    """Hears of pages and does nothing."""


class Pager:
    """Pages people. Nothing it returns holds an address."""

    def __init__(self, link: Link, send: Send, heard: Heard = nobody) -> None:
        self._link = link
        self._send = send
        self._heard = heard

    async def page(self, order: PageOrder, channels: Sequence[Channel], place: int) -> Page:
        """Tries the person's channel at index `place`; fails if it is no longer in the on-call file."""
        page = await self._tried(order, channels, place)
        self._heard(page)
        return page

    async def _tried(self, order: PageOrder, channels: Sequence[Channel], place: int) -> Page:
        if place >= len(channels):
            gone = "channel" if channels else "person"
            return _page(order, "none", f"this {gone} is no longer in the on-call file")
        channel = channels[place]
        link = self._link(order.escalation.id, order.person, order.at)
        text = text_of(order.escalation, order.severity, link)
        return _page(order, scheme(channel), await self._send(channel.get_secret_value(), text, order.severity))


def _page(order: PageOrder, kind: str, error: str | None) -> Page:
    return Page(at=order.at, step=order.step, person=order.person, channel=kind, ok=error is None, error=error)

"""Every page of an escalation: when, at which step, to whom, by which channel, with what result, and when opened."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from console.pages.floor.needs import paged_name
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from domain.escalation.ids import EscalationId
from domain.escalation.messages import PHRASES, EscalationView, Page
from domain.values import Frozen, PersonId
from records.access import PageOpened
from records.errors import RecordStoreError

LATELY: Final = 20
"""Pages that are shown of all escalations together."""


class PageSent(Frozen):
    """One page sent: when, at which step, to whom, by which channel, and with what result.

    `opened` is when its link was opened first; None if that is not known to have happened.
    """

    at: Clock
    step: str
    person: str
    channel: str
    ok: bool
    result: str
    opened: Clock | None


class PageAbout(Frozen):
    """One page, and which escalation it was about."""

    escalation: EscalationId
    phrase: str
    course_id: str
    sent: PageSent


async def openings(viewer: Viewer, escalations: Iterable[EscalationView]) -> tuple[PageOpened, ...]:
    """The times at which links of these escalations' pages were opened; none while the record store is away."""
    courses = dict.fromkeys(one.course_id for one in escalations)
    try:
        return tuple(await viewer.services.access.openings(tuple(courses))) if courses else ()
    except RecordStoreError:
        return ()


def pages_sent(
    viewer: Viewer, view: EscalationView, opened: Iterable[PageOpened], clock: WallClock
) -> tuple[PageSent, ...]:
    """The pages of the escalation, newest first."""
    ours = [one for one in opened if one.escalation == view.id]
    return tuple(_sent(viewer, page, _opened_at(page, view.pages, ours), clock) for page in reversed(view.pages))


def pages_lately(
    viewer: Viewer, escalations: Sequence[EscalationView], opened: Sequence[PageOpened], clock: WallClock
) -> tuple[PageAbout, ...]:
    """The newest pages of all of these, newest first."""
    every = [
        (page.at, PageAbout(escalation=view.id, phrase=PHRASES[view.kind], course_id=view.course_id, sent=sent))
        for view in escalations
        for page, sent in zip(reversed(view.pages), pages_sent(viewer, view, opened, clock), strict=True)
    ]
    return tuple(about for _, about in sorted(every, key=lambda one: one[0], reverse=True)[:LATELY])


def _sent(viewer: Viewer, page: Page, opened_at: datetime | None, clock: WallClock) -> PageSent:
    return PageSent(
        at=clock.at(page.at),
        step=f"step {page.step}" if page.step else "fallback",
        person=paged_name(viewer, page.person),
        channel=page.channel,
        ok=page.ok,
        result="sent" if page.ok else page.error or "not sent",
        opened=clock.at(opened_at) if opened_at else None,
    )


def _opened_at(page: Page, pages: Sequence[Page], opened: Iterable[PageOpened]) -> datetime | None:
    """The first opening by its person from when it was sent until they were paged again."""
    again = min((one.at for one in _of(page.person, pages) if one.at > page.at), default=None)
    return min(
        (one.at for one in opened if one.person == page.person and page.at <= one.at and (not again or one.at < again)),
        default=None,
    )


def _of(person: PersonId, pages: Sequence[Page]) -> Iterable[Page]:
    return (one for one in pages if one.person == person)

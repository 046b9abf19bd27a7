"""Who read what, as rows of a page: when, what they were shown, and with which token."""

from collections.abc import Iterable

from console.pages.frame.clock import Clock, WallClock
from domain.escalation.ids import EscalationKey
from domain.escalation.messages import PHRASES, Kind
from domain.values import Frozen
from records.access import OPENED, CourseRead


class ReadShown(Frozen):
    """One read: when, of which course, what, and by whom."""

    at: Clock
    course_id: str | None
    what: str
    who: str
    role: str
    sender: str
    request: str


def reads_shown(reads: Iterable[CourseRead], clock: WallClock) -> tuple[ReadShown, ...]:
    """The reads by this clock, in their order."""
    return tuple(
        ReadShown(
            at=clock.at(one.at),
            course_id=one.course_id,
            what=_what(one.what),
            who=one.name,
            role=one.role,
            sender=sender_named(one.token_id, one.person),
            request=one.own_request_id or one.request_id,
        )
        for one in reads
    )


def _what(what: str) -> str:
    """What they were shown, in words: of a page's link what the page was about."""
    if not what.startswith(OPENED):
        return what
    try:
        key = EscalationKey.parse(what.removeprefix(OPENED))
        return f"escalation: {PHRASES[Kind(key.kind)]}" + (f", session {key.session}" if key.session else "")
    except ValueError:
        return what


def sender_named(token: str | None, person: str | None) -> str:
    """`token a1b2c3d4, lind`, as far as it is known."""
    return ", ".join(part for part in (f"token {token}" if token else None, person) if part) or "–"

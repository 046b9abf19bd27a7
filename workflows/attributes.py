"""What Temporal's own lists and pages show of a course: where it is, without patient data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.course.course import Course
from domain.course.deadlines import Deadline
from domain.views.course import attention

PHASE = SearchAttributeKey.for_keyword("KapPhase")
SITE = SearchAttributeKey.for_keyword("KapSite")
PROTOCOL = SearchAttributeKey.for_keyword("KapProtocol")
ATTENTION = SearchAttributeKey.for_keyword("KapAttention")
SESSION = SearchAttributeKey.for_int("KapSession")
NEXT_DUE = SearchAttributeKey.for_datetime("KapNextDue")
HELD = SearchAttributeKey.for_bool("KapHeld")

KEYS: tuple[SearchAttributeKey[Any], ...] = (PHASE, SITE, PROTOCOL, ATTENTION, SESSION, NEXT_DUE, HELD)
"""Every search attribute, as the server must know them."""


class Shown(NamedTuple):
    """A chart, with what is made of its deadlines: derived once each time that the course changes."""

    chart: Course
    soonest: Deadline | None
    passes_at: datetime | None


def shown_of(chart: Course) -> Shown:
    """What is to be shown of the chart."""
    upcoming = chart.deadlines()
    soonest = min(upcoming, key=lambda deadline: deadline.due_at, default=None)
    return Shown(chart, soonest, upcoming[0].passes_at if upcoming else None)


def changed_attributes(before: Shown, after: Shown) -> list[SearchAttributeUpdate[Any]]:
    """The updates that bring the search attributes from one chart to the next; none where nothing moved."""
    old = dict(_values(before))
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in _values(after)
        if old.get(key) != value
    ]


def story(shown: Shown, *, was_cancelled: bool = False) -> str:
    """The course in a few lines of Markdown, for Temporal's own pages."""
    chart, soonest = shown.chart, shown.soonest
    session = chart.session
    lines = [
        f"**{chart.phase.replace('_', ' ')}**" + (f", {chart.outcome}" if chart.outcome else ""),
        f"session {session.number} of {chart.planned_sessions}: {session.stage}" if session else "no session yet",
        f"next due: {soonest.kind} at {soonest.due_at.isoformat(timespec='minutes')}" if soonest else "nothing is due",
        f"open escalations: {len(chart.unresolved)}",
    ]
    if chart.hold:
        lines.append("**on hold**")
    if was_cancelled:
        lines.append("a cancellation was asked for and not followed: a course ends by a clinic event")
    return "\n\n".join(lines)


def _values(shown: Shown) -> Iterator[tuple[SearchAttributeKey[Any], object]]:
    chart = shown.chart
    if chart.referral is None:
        return
    yield PHASE, chart.phase.value
    yield SITE, chart.referral.data.site
    yield PROTOCOL, chart.protocol.id
    yield ATTENTION, severity.value if (severity := attention(chart)) else None
    yield SESSION, chart.session.number if chart.session else None
    yield NEXT_DUE, shown.soonest.due_at if shown.soonest else None
    yield HELD, chart.hold is not None

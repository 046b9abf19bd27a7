"""What Temporal's own lists and pages show of a course: where it is, without patient data."""

from collections.abc import Iterator
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.chart import Chart
from domain.view import attention

PHASE = SearchAttributeKey.for_keyword("KapPhase")
SITE = SearchAttributeKey.for_keyword("KapSite")
PROTOCOL = SearchAttributeKey.for_keyword("KapProtocol")
ATTENTION = SearchAttributeKey.for_keyword("KapAttention")
SESSION = SearchAttributeKey.for_int("KapSession")
NEXT_DUE = SearchAttributeKey.for_datetime("KapNextDue")
HELD = SearchAttributeKey.for_bool("KapHeld")

KEYS: tuple[SearchAttributeKey[Any], ...] = (PHASE, SITE, PROTOCOL, ATTENTION, SESSION, NEXT_DUE, HELD)
"""Every search attribute, as the server must know them."""


def changed_attributes(before: Chart, after: Chart) -> list[SearchAttributeUpdate[Any]]:
    """The updates that bring the search attributes from one chart to the next; none where nothing moved."""
    old = dict(_values(before))
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in _values(after)
        if old.get(key) != value
    ]


def story(chart: Chart) -> str:
    """The course in a few lines of Markdown, for Temporal's own pages."""
    session = chart.session
    soonest = min(chart.deadlines(), key=lambda deadline: deadline.due_at, default=None)
    lines = [
        f"**{chart.phase.replace('_', ' ')}**" + (f", {chart.outcome}" if chart.outcome else ""),
        f"session {session.number} of {chart.planned_sessions}: {session.stage}" if session else "no session yet",
        f"next due: {soonest.kind} at {soonest.due_at.isoformat(timespec='minutes')}" if soonest else "nothing is due",
        f"open escalations: {len(chart.unresolved)}",
    ]
    return "\n\n".join([*lines, "**on hold**"] if chart.hold else lines)


def _values(chart: Chart) -> Iterator[tuple[SearchAttributeKey[Any], object]]:
    if chart.referral is None:
        return
    soonest = min((deadline.due_at for deadline in chart.deadlines()), default=None)
    yield PHASE, chart.phase.value
    yield SITE, chart.referral.data.site
    yield PROTOCOL, chart.protocol.id
    yield ATTENTION, severity.value if (severity := attention(chart)) else None
    yield SESSION, chart.session.number if chart.session else None
    yield NEXT_DUE, soonest
    yield HELD, chart.hold is not None

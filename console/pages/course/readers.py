"""Who read one course, for auditors, on its own page: newest first, within the times that were asked for."""

from datetime import timedelta
from typing import Final

from console.pages.frame.days import Bound, as_typed, begins, ends
from console.pages.frame.reads import ReadShown, reads_shown
from console.pages.frame.viewer import Viewer
from domain.access import Right
from domain.values import CourseId, Frozen
from records.access import Span
from records.errors import RecordStoreError

SHOWN: Final = 50
WRITTEN_WITHIN: Final = timedelta(milliseconds=500)
"""Longest wait until the read of this very page is written, so that it stands there too."""


class Readers(Frozen):
    """The newest reads of the course. `since` and `until` as they were asked for; `are_more` if not all are shown.

    `are_known` is False while the record store is away.
    """

    reads: tuple[ReadShown, ...]
    since: str
    until: str
    are_more: bool
    are_known: bool = True

    @property
    def is_any(self) -> bool:
        """Whether they are narrowed to a time."""
        return bool(self.since or self.until)


async def readers(viewer: Viewer, course_id: CourseId, site: str, since: Bound, until: Bound) -> Readers | None:
    """Who read the course; None for whoever may not read that."""
    if not viewer.caller.has(Right.READ_AUDIT):
        return None
    clock = viewer.clock(site)
    within = Span(since=begins(since, clock.zone), until=ends(until, clock.zone))
    asked = Readers(reads=(), since=as_typed(since, "T00:00"), until=as_typed(until, "T23:59"), are_more=False)
    await viewer.services.audit_log.is_written(WRITTEN_WITHIN)
    try:
        found = await viewer.services.access.reads(course_id, within=within, limit=SHOWN + 1)
    except RecordStoreError:
        return asked.but(are_known=False)
    return asked.but(reads=reads_shown(list(found)[:SHOWN], clock), are_more=len(found.ids) > SHOWN)

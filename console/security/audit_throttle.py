"""Limits how often an open, self-updating page is noted in the audit log."""

from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache

from domain.access import TokenId
from domain.values import CourseId

NOTED_EVERY: Final = timedelta(minutes=15)
REMEMBERED: Final = 10_000

Glance = tuple[TokenId, str, CourseId | None]


class AuditThrottle:
    """When each open page was last noted."""

    def __init__(self) -> None:
        self._noted: LRUCache[Glance, datetime] = LRUCache(REMEMBERED)

    def is_worth_noting(self, token: TokenId, what: str, course_id: CourseId | None, now: datetime) -> bool:
        """Whether to note this read again. The first time it always is."""
        glance = (token, what, course_id)
        last = self._noted.get(glance)
        if last is not None and now - last < NOTED_EVERY:
            return False
        self._noted[glance] = now
        return True

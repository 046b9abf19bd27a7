"""Size limits of one event and one course, checked before an event is accepted.

Temporal carries a course from run to run in one payload of at most 2 MB, which bounds what a course may keep.
"""

from typing import Final

EVENT_BYTES: Final = 64 * 1024
"""Most bytes of one event's data in UTF-8, without its envelope: a page of goals, not a document."""

MOST_EVENTS: Final = 20_000
"""Most events of a course; beyond that only people's decisions, and events that open or repeat an escalation."""

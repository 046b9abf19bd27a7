"""How much one event and one course may hold: refused before it is accepted, so that nothing accepted is ever too much.

Temporal carries a course from run to run in one payload of two megabytes. What a course keeps is bounded by that.
"""

from typing import Final

EVENT_BYTES: Final = 64 * 1024
"""What one event may say, in UTF-8, its envelope left aside: a page of goals, not a document."""

MOST_EVENTS: Final = 20_000
"""How many events a course takes; beyond that only acts, and what calls for a human."""

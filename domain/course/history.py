"""History: a fact of long ago that is told now. Somebody reads it by day, and nobody is woken for it."""

from datetime import datetime, timedelta
from typing import Final

from domain.course.state import CourseState
from domain.escalation.messages import Kind

_RISKS: Final = frozenset({Kind.SUICIDE_RISK, Kind.ITEM9_POSITIVE})

_OF_THE_BODY: Final = frozenset(
    {
        Kind.ADVERSE_EVENT,
        Kind.VITALS_URGENT,
        Kind.VITALS_EMERGENCY,
        Kind.BLOOD_PRESSURE_NOT_FALLING,
        Kind.MEASURE_HIGH,
        Kind.MEASURE_WORSENED,
        Kind.SESSION_MISSED,
    }
)
"""What tells of a moment. A death, a condition or a correction is of today, whenever it began."""


def is_history(course: CourseState, kind: Kind, at: datetime, learned_at: datetime) -> bool:
    """Whether what happened then, and was told at that later moment, is past; a risk of suicide is so for longer.

    Not of a date that is today's but for the year: a slip of the pen.
    """
    rules = course.protocol.escalations
    after = rules.risk_history_after if kind in _RISKS else rules.history_after if kind in _OF_THE_BODY else None
    return after is not None and learned_at - at > after and not _is_of_another_year_alone(at, learned_at)


def _is_of_another_year_alone(at: datetime, learned_at: datetime) -> bool:
    days = (learned_at, learned_at - timedelta(days=1))
    return (at.month, at.day) in {(day.month, day.day) for day in days}

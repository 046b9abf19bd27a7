"""Which risk screens are owed: an answer that hints at suicide wants a closer look the same day (CLINICAL.md 5.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.measures_taken import MeasureTaken, answers
from domain.course.state import CourseState
from domain.protocol.model import Item9Rule
from domain.values import Code, Frozen, Moment


class ScreenOwed(Frozen):
    """A screen that an answer asked for and that has not been taken since that day began."""

    instrument: Code
    asked_by: MeasureTaken
    rule: Item9Rule

    @property
    def due_at(self) -> Moment:
        """The end of the day of the answer, in the time zone that it was reported in."""
        return _morning(self.asked_by.at) + timedelta(days=1)


def screens_owed(course: CourseState) -> Iterator[ScreenOwed]:
    """For each instrument whose single answers the protocol acts on: what its newest such answer still waits for."""
    for instrument, measure in course.protocol.measures.items():
        rule = measure.item9
        if rule is None:
            continue
        newest = answers(course.measures).newest_hint(instrument, rule.at_least)
        if newest is not None and course.measure(rule.needs, since=_morning(newest.at)) is None:
            yield ScreenOwed(instrument=rule.needs, asked_by=newest, rule=rule)


def _morning(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)

"""Builds the forecast of a course, or of all of them, from queries to its workflow and those of its escalations."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from domain.course.projection import Ahead
from domain.course.transition import OpenEscalation
from domain.escalation.ids import EscalationId
from domain.escalation.ladder import EscalationProgress
from domain.oncall.file import OnCall
from domain.refusal import Refused
from domain.values import CourseId
from domain.views.floor_forecast import FloorForecast, floor_forecast
from domain.views.forecast import AHEAD, MOST_PAGES, Forecast, forecast
from domain.views.summary import CourseSummary
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.parallel_queries import go_round
from gateway.workflow_calls import TooMany, Unavailable
from records.store import CourseFilter, RecordStore

NEXT_HOUR: Final = timedelta(hours=1)
"""How far ahead the whole floor is foretold."""

MOST_PAGES_OF_ONE: Final = 1000
"""Most pages of one course in the hour of the whole floor: an emergency pages several people every minute."""

FLOOR_WITHIN: Final = timedelta(seconds=30)
"""Within what time every course of the floor must have answered; those that have not are named."""

_LISTED_AT_ONCE: Final = 1000


async def floor_forecast_of(
    now: datetime, store: RecordStore, courses: Courses, escalations: Escalations, on_call: OnCall
) -> FloorForecast:
    """Who will be paged about any course within the next hour if nobody acts from `now` on.

    The record store says which courses to ask: those with an unresolved escalation, and those that move by themselves
    within the hour. What they will do they say themselves; one that does not answer is named. Raises
    `RecordStoreUnreachable`.
    """
    until = now + NEXT_HOUR
    ask = partial(
        forecast_of,
        now=now,
        courses=courses,
        escalations=escalations,
        on_call=on_call,
        ahead=NEXT_HOUR,
        most_pages=MOST_PAGES_OF_ONE,
    )
    asked, unread = await _may_page(store, until)
    answers = await go_round(ask, asked, FLOOR_WITHIN)
    return floor_forecast(answers.views, {**unread, **{one.id: one.why for one in answers.silent}}, now, until)


async def _may_page(store: RecordStore, until: datetime) -> tuple[list[CourseId], dict[str, str]]:
    """The courses that may page somebody before then; and of each row that cannot be read, why it cannot."""
    asked: list[CourseId] = []
    unread: dict[str, str] = {}
    cursor = None
    while True:
        found = await store.courses(CourseFilter(limit=_LISTED_AT_ONCE, cursor=cursor))
        asked.extend(one.course_id for one in found if _may_page_before(one, until))
        unread |= {one.name: f"its row cannot be read: {one.detail}" for one in found.unreadable}
        if len(found.ids) < _LISTED_AT_ONCE:
            return asked, unread
        cursor = found.ids[-1]


def _may_page_before(course: CourseSummary, until: datetime) -> bool:
    moves_at = course.next_passes_at or course.next_due_at
    return course.attention is not None or (moves_at is not None and moves_at < until)


async def forecast_of(
    course_id: CourseId,
    now: datetime,
    courses: Courses,
    escalations: Escalations,
    on_call: OnCall,
    ahead: timedelta = AHEAD,
    most_pages: int = MOST_PAGES,
) -> Forecast:
    """Who will be paged about the course, when and how, if nobody acts from `now` on, in the time `ahead`.

    Strongly consistent: it comes from the workflows. An escalation that does not answer is named and left out; if the
    course does not answer, raises `Refused` (`unknown_course`) or `Unavailable`.
    """
    to_come = await courses.calls_to_come(course_id, Ahead(at=now, until=now + ahead))
    asked = [one.id for one in to_come.escalations]
    answers = await asyncio.gather(*(_climb(escalations, one) for one in asked))
    progresses = {
        one: answer for one, answer in zip(asked, answers, strict=True) if isinstance(answer, EscalationProgress)
    }
    # An escalation that is just being opened cannot answer yet: it is among the commands that the course returned.
    being_opened = {one.call.opening.id for one in to_come.calls if isinstance(one.call, OpenEscalation)}
    silent = {
        one: answer
        for one, answer in zip(asked, answers, strict=True)
        if isinstance(answer, str) and one not in being_opened
    }
    return forecast(to_come, progresses, on_call, silent, most_pages)


async def _climb(escalations: Escalations, escalation: EscalationId) -> EscalationProgress | str:
    """Its progress on the ladder, or why it is not known."""
    try:
        return await escalations.progress(escalation)
    except Refused as refused:
        return refused.refusal.message
    except (Unavailable, TooMany) as away:
        return str(away)

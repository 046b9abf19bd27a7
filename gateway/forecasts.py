"""Builds the forecast of a course from queries to its workflow and those of its escalations."""

import asyncio
from datetime import datetime

from domain.course.projection import Ahead
from domain.course.transition import OpenEscalation
from domain.escalation.ids import EscalationId
from domain.escalation.ladder import EscalationProgress
from domain.oncall.file import OnCall
from domain.refusal import Refused
from domain.values import CourseId
from domain.views.forecast import AHEAD, Forecast, forecast
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.workflow_calls import TooMany, Unavailable


async def forecast_of(
    course_id: CourseId, now: datetime, courses: Courses, escalations: Escalations, on_call: OnCall
) -> Forecast:
    """Who will be paged about the course, when and how, if nobody acts from `now` on.

    Strongly consistent: it comes from the workflows. An escalation that does not answer is named and left out; if the
    course does not answer, raises `Refused` (`unknown_course`) or `Unavailable`.
    """
    to_come = await courses.calls_to_come(course_id, Ahead(at=now, until=now + AHEAD))
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
    return forecast(to_come, progresses, on_call, silent)


async def _climb(escalations: Escalations, escalation: EscalationId) -> EscalationProgress | str:
    """Its progress on the ladder, or why it is not known."""
    try:
        return await escalations.progress(escalation)
    except Refused as refused:
        return refused.refusal.message
    except (Unavailable, TooMany) as away:
        return str(away)

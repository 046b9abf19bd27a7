"""Who will be paged if nobody acts: a course and its escalations say where they stand, the rest is computed."""

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

    Strongly consistent: it comes from the workflows. An escalation that keeps silent is named, and nothing is guessed
    of it; a course that does raises `Refused` (`unknown_course`) or `Unavailable`.
    """
    to_come = await courses.calls_to_come(course_id, Ahead(at=now, until=now + AHEAD))
    asked = [one.id for one in to_come.escalations]
    answers = await asyncio.gather(*(_climb(escalations, one) for one in asked))
    progresses = {
        one: answer for one, answer in zip(asked, answers, strict=True) if isinstance(answer, EscalationProgress)
    }
    # One that the course is just opening cannot answer yet: it is among the calls that are being made.
    being_opened = {one.call.opening.id for one in to_come.calls if isinstance(one.call, OpenEscalation)}
    silent = {
        one: answer
        for one, answer in zip(asked, answers, strict=True)
        if isinstance(answer, str) and one not in being_opened
    }
    return forecast(to_come, progresses, on_call, silent)


async def _climb(escalations: Escalations, escalation: EscalationId) -> EscalationProgress | str:
    """Its ladder, or why it is not known."""
    try:
        return await escalations.progress(escalation)
    except Refused as refused:
        return refused.refusal.message
    except (Unavailable, TooMany) as away:
        return str(away)

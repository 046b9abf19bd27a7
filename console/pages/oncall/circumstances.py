"""Where somebody is needed, who is booked there, and who is called next: for whoever was woken just now."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from console.pages.course.ahead import UpcomingPage, if_nobody_acts
from console.pages.course.medicine_sessions import HERE
from console.pages.frame.clock import WallClock, zone_of
from console.services import Services
from domain.escalation.messages import EscalationView
from domain.refusal import Refused
from domain.values import Frozen
from domain.views.course import CourseView, SessionView
from gateway.forecasts import forecast_of
from gateway.workflow_calls import TooMany, Unavailable

KNOWN_WITHIN: Final = timedelta(seconds=3)
"""Nobody waits longer for it: the button is what counts."""

CALLS_SHOWN: Final = 3


class Circumstances(Frozen):
    """What is known of them; all empty where the course does not answer soon."""

    where: str | None = None
    people: str | None = None
    calls: tuple[UpcomingPage, ...] = ()


async def circumstances(services: Services, view: EscalationView, now: datetime) -> Circumstances:
    """Those of this escalation, as its course and its ladder stand."""
    on_call = services.on_call.now()
    try:
        async with asyncio.timeout(KNOWN_WITHIN.total_seconds()):
            course, foretold = await asyncio.gather(
                services.courses.view(view.course_id),
                forecast_of(view.course_id, now, services.courses, services.escalations, on_call=on_call),
            )
    except (Unavailable, TooMany, Refused, TimeoutError):
        return Circumstances()
    session = _session(course, view)
    clock = WallClock(zone_of(course.site, services.settings.timezones, on_call), now)
    ours = tuple(page for page in foretold.pages if page.escalation == view.id)
    staff = (
        [on_call.people[one.id].name if one.id in on_call.people else one.id for one in session.staff or ()]
        if session
        else []
    )
    return Circumstances(
        where=", ".join((course.site, f"room {session.room}")) if session and session.room else course.site,
        people=", ".join(staff) or None,
        calls=if_nobody_acts(foretold.but(pages=ours), clock).calls[:CALLS_SHOWN],
    )


def _session(course: CourseView, view: EscalationView) -> SessionView | None:
    """The session under way, where it is about that one or about none: after a visit nobody is in the room."""
    return next((one for one in course.sessions if one.stage in HERE and view.session in {None, one.number}), None)

"""For whoever was just paged: where they are needed, who is booked there, and who is paged next."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from console.pages.course import readings
from console.pages.course.ahead import UpcomingPage, if_nobody_acts
from console.pages.course.medicine_sessions import session_here
from console.pages.course.readings import ReadingShown
from console.pages.frame.clock import Clock, WallClock, zone_of
from console.services import Services
from domain.escalation.messages import EscalationView
from domain.refusal import Refused
from domain.values import Frozen
from domain.views.session import SessionView
from gateway.forecasts import forecast_of
from gateway.workflow_calls import TooMany, Unavailable

KNOWN_WITHIN: Final = timedelta(seconds=3)
"""Longest wait for them: the acknowledge button must not wait."""

CALLS_SHOWN: Final = 3


class PatientNow(Frozen):
    """How the patient is: the last reading against its limits, how long since the dose, what is due."""

    reading: ReadingShown | None
    since_dose: Clock | None
    due: Clock | None


class Circumstances(Frozen):
    """What is known; all empty if the course does not answer in time, and then not `is_known`.

    `rests_on_corrected` says that what raised the escalation has been corrected since.
    """

    is_known: bool = True
    site: str | None = None
    rests_on_corrected: bool = False
    where: str | None = None
    people: str | None = None
    calls: tuple[UpcomingPage, ...] = ()
    patient: PatientNow | None = None


async def circumstances(services: Services, view: EscalationView, now: datetime) -> Circumstances:
    """Those of this escalation, from its course and its ladder."""
    on_call = services.on_call.now()
    try:
        async with asyncio.timeout(KNOWN_WITHIN.total_seconds()):
            course, foretold = await asyncio.gather(
                services.courses.view(view.course_id),
                forecast_of(view.course_id, now, services.courses, services.escalations, on_call=on_call),
            )
    except Refused:
        return Circumstances()  # what the watch raised about the record is of no course
    except (Unavailable, TooMany, TimeoutError):
        return Circumstances(is_known=False)
    session = session_here(course, view.session)
    clock = WallClock(zone_of(course.site, services.settings.timezones, on_call), now)
    ours = tuple(page for page in foretold.pages if page.escalation == view.id)
    staff = (
        [on_call.people[one.id].name if one.id in on_call.people else one.id for one in session.staff or ()]
        if session
        else []
    )
    return Circumstances(
        rests_on_corrected=any(one.rests_on_corrected for one in course.escalations if one.id == view.id),
        site=course.site,
        where=", ".join((course.site, f"room {session.room}")) if session and session.room else course.site,
        people=", ".join(staff) or None,
        calls=if_nobody_acts(foretold.but(pages=ours), clock).calls[:CALLS_SHOWN],
        patient=_patient(session, clock) if session else None,
    )


def _patient(session: SessionView, clock: WallClock) -> PatientNow:
    return PatientNow(
        reading=readings.shown(session.readings[-1], clock, session) if session.readings else None,
        since_dose=clock.since(session.doses[-1].at) if session.doses else None,
        due=clock.due(session.reading_due_at) if session.reading_due_at and session.doses else None,
    )

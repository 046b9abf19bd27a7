"""What needs a human now, most severe first: what, since when, who was paged, and what follows if nobody acts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from console.pages.course.medicine_sessions import session_here
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import HAS_IT
from domain.escalation.escalation import FALLBACK_STEP
from domain.escalation.ids import EscalationId
from domain.escalation.messages import PHRASES, EscalationState, EscalationView
from domain.oncall.file import FALLBACK
from domain.oncall.policy import Policy
from domain.values import Frozen, PersonId, Severity
from domain.views.course import CourseView
from domain.views.forecast import FALLBACK_NAME
from gateway.parallel_queries import go_round


class Need(Frozen):
    """One unresolved escalation as a line. `then` says what follows at `then_at` if nobody acts.

    `unreached` are the names of those whom no channel reached in the latest round, although others may have been.
    `where` is the patient's site and room, where that was asked for and is known.
    """

    id: str
    severity: Severity
    phrase: str
    course_id: str
    session: int | None
    raised: Clock
    asked: str
    unreached: tuple[str, ...]
    then: str | None
    then_at: Clock | None
    is_answered: bool
    revision: int
    where: str | None = None


NOWHERE: Final[Mapping[EscalationId, str]] = MappingProxyType({})


def needs(
    viewer: Viewer,
    escalations: Sequence[EscalationView],
    clock: WallClock,
    where: Mapping[EscalationId, str] = NOWHERE,
) -> tuple[Need, ...]:
    """The escalations as lines for this viewer; `where` says site and room, of those of which it is known."""
    return tuple(_need(viewer, one, clock, where.get(one.id)) for one in escalations)


async def where_they_are(viewer: Viewer, escalations: Sequence[EscalationView]) -> Mapping[EscalationId, str]:
    """Site and room of each escalation's patient, such as `bend, room willow`; of courses that answer in time."""
    answered = await go_round(viewer.services.courses.view, (one.course_id for one in escalations))
    courses = {view.course_id: view for view in answered.views}
    return {one.id: _where(courses[one.course_id], one) for one in escalations if one.course_id in courses}


def _where(course: CourseView, one: EscalationView) -> str:
    session = session_here(course, one.session)
    return f"{course.site}, room {session.room}" if session and session.room else course.site


def _need(viewer: Viewer, one: EscalationView, clock: WallClock, where: str | None) -> Need:
    policy = viewer.services.on_call.now().policies[one.severity]
    then = _then(viewer, one, policy)
    return Need(
        id=one.id,
        severity=one.severity,
        phrase=PHRASES[one.kind].capitalize(),
        course_id=one.course_id,
        session=one.session,
        raised=clock.since(one.opened_at),
        asked=_asked(viewer, one),
        unreached=tuple(paged_name(viewer, missed.person) for missed in one.unreached),
        then=then[0] if then else None,
        then_at=clock.due(then[1]) if then else None,
        is_answered=one.state is EscalationState.ACKNOWLEDGED,
        revision=one.revision,
        where=where,
    )


def _asked(viewer: Viewer, one: EscalationView) -> str:
    if one.state is EscalationState.ACKNOWLEDGED:
        return HAS_IT.format(name=viewer.name_of(one.acknowledged_by or ""))
    reached = dict.fromkeys(page.person for page in one.pages if page.ok and page.step in {one.step, FALLBACK_STEP})
    if reached:
        return f"paged {', '.join(paged_name(viewer, person) for person in reached)}"
    return "nobody could be reached yet" if one.pages else "nobody was paged yet"


def paged_name(viewer: Viewer, person: PersonId) -> str:
    """The name of whoever was paged, or that of the fallback channels."""
    return FALLBACK_NAME if person == FALLBACK else viewer.name_of(person)


def _then(viewer: Viewer, one: EscalationView, policy: Policy) -> tuple[str, datetime] | None:
    """What happens next by itself, and when."""
    if (at := one.moves_at) is None:
        return None
    if one.state is EscalationState.ACKNOWLEDGED:
        return "open again if not resolved", at
    step = policy.step_after(min(one.step, len(policy.steps)))
    called = viewer.services.on_call.now().resolve(policy.steps[step - 1].notify, at)
    return f"{', '.join(map(viewer.name_of, called))} next", at

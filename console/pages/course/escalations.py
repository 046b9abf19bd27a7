"""The escalations of one course: unresolved ones first, then resolved ones."""

from collections.abc import Sequence

from console.pages import labels
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from domain.access import Right
from domain.course.state import CourseEscalation
from domain.escalation.messages import PHRASES, EscalationState, EscalationView
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.values import Frozen, Severity
from domain.views.course import CourseView


class EscalationLine(Frozen):
    """One escalation of the course. It has no `href` if the viewer may not open it."""

    id: str
    severity: Severity
    phrase: str
    session: int | None
    state: str
    is_open: bool
    raised: Clock
    href: str | None


def escalation_lines(
    viewer: Viewer, view: CourseView, recorded: Sequence[EscalationView], clock: WallClock
) -> tuple[EscalationLine, ...]:
    """Unresolved escalations first, most severe first; then the resolved ones, newest first.

    The course knows which of its own are open. The watchdog's are known to the record store alone.
    """
    known = {one.id: one for one in recorded}
    may_open = viewer.caller.has(Right.READ_ESCALATIONS)
    of_the_watch = [
        CourseEscalation.model_validate(one.model_dump(include=set(CourseEscalation.model_fields)))
        for one in recorded
        if is_of_the_watch(one.id) and one.state is not EscalationState.RESOLVED
    ]
    wanting = sorted((*view.escalations, *of_the_watch), key=lambda one: (-one.severity.rank, one.opened_at))
    open_ids = {one.id for one in wanting}
    lines = [_wanting(viewer, one, known.get(one.id), clock, may_open=may_open) for one in wanting]
    past = [one for one in recorded if one.id not in open_ids]
    return (*lines, *(_past(viewer, one, clock) for one in past))


def _wanting(
    viewer: Viewer, one: CourseEscalation, recorded: EscalationView | None, clock: WallClock, *, may_open: bool
) -> EscalationLine:
    is_answered = one.state is EscalationState.ACKNOWLEDGED
    by = recorded.acknowledged_by if recorded else None
    has_it = labels.HAS_IT.format(name=viewer.name_of(by)) if by else labels.SOMEBODY_HAS_IT
    return EscalationLine(
        id=one.id,
        severity=one.severity,
        phrase=PHRASES[one.kind].capitalize(),
        session=one.session,
        state=f"{has_it if is_answered else labels.NOBODY_HAS_IT}{labels.RESTS if one.rests_on_corrected else ''}",
        is_open=True,
        raised=clock.since(one.opened_at),
        href=f"/escalations/{one.id}" if may_open else None,
    )


def _past(viewer: Viewer, one: EscalationView, clock: WallClock) -> EscalationLine:
    by = viewer.name_of(one.resolved_by) if one.resolved_by else None
    return EscalationLine(
        id=one.id,
        severity=one.severity,
        phrase=PHRASES[one.kind].capitalize(),
        session=one.session,
        state=labels.RESOLVED_BY.format(name=by) if by else labels.RESOLVED_BY_ARRIVAL,
        is_open=False,
        raised=clock.at(one.opened_at),
        href=f"/escalations/{one.id}",
    )

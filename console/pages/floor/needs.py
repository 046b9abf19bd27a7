"""What needs a human now, most severe first: what, since when, who was paged, and what follows if nobody acts."""

from collections.abc import Sequence
from datetime import datetime

from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import HAS_IT
from domain.escalation.escalation import FALLBACK_STEP
from domain.escalation.messages import PHRASES, EscalationState, EscalationView
from domain.oncall.file import FALLBACK
from domain.oncall.policy import Policy
from domain.values import Frozen, PersonId, Severity
from domain.views.forecast import FALLBACK_NAME


class Need(Frozen):
    """One unresolved escalation as a line. `then` says what follows at `then_at` if nobody acts.

    `unreached` are the names of those whom no channel reached in the latest round, although others may have been.
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


def needs(viewer: Viewer, escalations: Sequence[EscalationView], clock: WallClock) -> tuple[Need, ...]:
    """The escalations as lines for this viewer."""
    return tuple(_need(viewer, one, clock) for one in escalations)


def _need(viewer: Viewer, one: EscalationView, clock: WallClock) -> Need:
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

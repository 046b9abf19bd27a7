"""What is not resolved and what was resolved last, as the record has it; while it is away, as Temporal itself does."""

from datetime import datetime
from typing import Final

from console.errors.problems import ProblemError
from console.pages.frame.viewer import Viewer
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.values import Frozen
from gateway.fan_out import go_round
from gateway.workflow_calls import Unavailable
from records.errors import RecordStoreError
from records.readable import Unreadable
from records.store import EscalationFilter

SHOWN: Final = 50
RESOLVED_SHOWN: Final = 20


class OpenWork(Frozen):
    """The worst first, then what nobody answered, then the oldest; of what was resolved, the newest first.

    With the record store away `unanswered` kept silent, nothing resolved is known, and nothing that the watch raised.
    `unreadable` are those whose row is broken.
    """

    unresolved: tuple[EscalationView, ...]
    resolved: tuple[EscalationView, ...] = ()
    is_recorded: bool = True
    unanswered: int = 0
    unreadable: tuple[Unreadable, ...] = ()


async def open_work(viewer: Viewer) -> OpenWork:
    """What this viewer may see of it. Raises `Unavailable` where Temporal is away too."""
    try:
        return await _recorded(viewer)
    except RecordStoreError:
        return await _unrecorded(viewer)


async def _recorded(viewer: Viewer) -> OpenWork:
    store, site = viewer.services.store, viewer.caller.site
    settled = EscalationFilter(state=EscalationState.RESOLVED, site=site, limit=RESOLVED_SHOWN)
    open_now, resolved = await store.unresolved(site, limit=SHOWN), await store.escalations(settled)
    return OpenWork(
        unresolved=tuple(open_now),
        resolved=tuple(resolved),
        unreadable=(*open_now.unreadable, *resolved.unreadable),
    )


async def _unrecorded(viewer: Viewer) -> OpenWork:
    escalations, elsewhere = viewer.services.escalations, set[EscalationId]()

    async def theirs(escalation_id: EscalationId) -> EscalationView:
        view = await escalations.view(escalation_id)
        try:
            await viewer.services.sites.check(viewer.caller, view.course_id)
        except ProblemError as no:
            elsewhere.add(escalation_id)
            raise Unavailable(str(no)) from no
        except RecordStoreError as away:
            raise Unavailable(str(away)) from away
        return view

    answered = await go_round(theirs, await escalations.unresolved())
    return OpenWork(
        unresolved=tuple(sorted(answered.views, key=_want_somebody)[:SHOWN]),
        is_recorded=False,
        unanswered=sum(one.id not in elsewhere for one in answered.silent),
    )


def _want_somebody(view: EscalationView) -> tuple[int, bool, datetime, str]:
    return -view.severity.rank, view.state is not EscalationState.OPEN, view.opened_at, view.id

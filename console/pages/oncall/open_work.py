"""Unresolved and recently resolved escalations, from the record store or, while it is away, from Temporal."""

from datetime import datetime
from typing import Final

from console.errors.problems import ProblemError
from console.pages.frame.viewer import Viewer
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.values import Frozen
from gateway.parallel_queries import go_round
from gateway.workflow_calls import Unavailable
from records.errors import RecordStoreError
from records.store import EscalationFilter
from records.unreadable_rows import Unreadable

SHOWN: Final = 50
RESOLVED_SHOWN: Final = 20


class OpenWork(Frozen):
    """Unresolved ones by severity, then unacknowledged ones, then the oldest; resolved ones newest first.

    While the record store is away, `unanswered` is how many did not answer; resolved ones and the watchdog's are not
    known. `unreadable` are those whose row cannot be read.
    """

    unresolved: tuple[EscalationView, ...]
    resolved: tuple[EscalationView, ...] = ()
    is_recorded: bool = True
    unanswered: int = 0
    unreadable: tuple[Unreadable, ...] = ()


async def open_work(viewer: Viewer) -> OpenWork:
    """The escalations that this viewer may see. Raises `Unavailable` if Temporal is away too."""
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
            await viewer.services.site_scope.check(viewer.caller, view.course_id)
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

"""Reads one escalation for a caller, or acts on it, after checking that they may."""

from console.security.site_scope import SiteScope
from domain.access import Caller
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView, Order
from domain.refusal import RefusalCode, Refused
from gateway.escalations import Escalations
from records.store import RecordStore


class EscalationAccess:
    """Reads escalations for callers who may see them, and carries out their acts."""

    def __init__(self, escalations: Escalations, store: RecordStore, sites: SiteScope) -> None:
        self._escalations = escalations
        self._store = store
        self._sites = sites

    async def view(self, caller: Caller, escalation_id: EscalationId) -> EscalationView:
        """The escalation, if the caller may see its course; read from the record store if its workflow is long gone.

        Raises `ProblemError` (`forbidden`), and `Refused` (`unknown_escalation`) or `Unavailable`.
        """
        try:
            view = await self._escalations.view(escalation_id)
        except Refused as refused:
            recorded = await self._store.escalation(escalation_id)
            if refused.refusal.code is not RefusalCode.UNKNOWN_ESCALATION or recorded is None:
                raise
            view = recorded
        await self._sites.check(caller, view.course_id)
        return view

    async def act(self, caller: Caller, escalation_id: EscalationId, order: Order) -> EscalationView:
        """Acts on the escalation. One whose workflow is long gone is refused as resolved.

        Raises as `view` does, and `Refused` (`not_open`, `invalid`).
        """
        await self._check_open(caller, escalation_id)
        try:
            return await self._escalations.act(escalation_id, order)
        except Refused as refused:
            if refused.refusal.code is RefusalCode.UNKNOWN_ESCALATION:
                # It may have been resolved meanwhile. Only what the record shows as resolved is refused as that.
                await self._check_open(caller, escalation_id)
            raise

    async def _check_open(self, caller: Caller, escalation_id: EscalationId) -> None:
        if (await self.view(caller, escalation_id)).state is EscalationState.RESOLVED:
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation_id} is resolved")

"""One escalation, for a caller who may see it or act on it."""

from console.security.site_scope import SiteScope
from domain.access import Caller
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView, Order
from domain.refusal import RefusalCode, Refused
from gateway.escalations import Escalations
from records.store import RecordStore


class EscalationAccess:
    """Shows escalations to those who may see them, and carries out what is done about one."""

    def __init__(self, escalations: Escalations, store: RecordStore, sites: SiteScope) -> None:
        self._escalations = escalations
        self._store = store
        self._sites = sites

    async def view(self, caller: Caller, escalation_id: EscalationId) -> EscalationView:
        """The escalation, where its course is one that the caller may see; of one long past, what the record holds.

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
        """Does it. Of one long past only the record knows still: that it is over.

        Raises as `view` does, and `Refused` (`not_open`, `invalid`).
        """
        await self._check_open(caller, escalation_id)
        try:
            return await self._escalations.act(escalation_id, order)
        except Refused as refused:
            if refused.refusal.code is RefusalCode.UNKNOWN_ESCALATION:
                # Somebody may have been quicker. What nobody has resolved is never said to be.
                await self._check_open(caller, escalation_id)
            raise

    async def _check_open(self, caller: Caller, escalation_id: EscalationId) -> None:
        if (await self.view(caller, escalation_id)).state is EscalationState.RESOLVED:
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation_id} is resolved")

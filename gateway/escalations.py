"""The on-call side's way to an escalation: acknowledge, resolve, snooze, pass on."""

from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.workflow import UpdateMethodMultiParam

from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import (
    Acknowledge,
    EscalationId,
    EscalationState,
    EscalationView,
    Reassign,
    Resolve,
    Snooze,
    escalation_of,
    workflow_id,
)
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.refusal import RefusalCode, Refused
from domain.values import PersonId
from gateway.watchdog_alarms import WatchdogAlarms
from gateway.workflow_calls import ANSWER_WITHIN, answer, running
from workflows.escalation import EscalationWorkflow

Order = TypeVar("Order", Acknowledge, Resolve, Snooze, Reassign)


class Escalations:
    """Every escalation, through its workflow; what the watch raised, where `incidents` are given, without Temporal."""

    def __init__(self, client: Client, incidents: WatchdogAlarms | None = None) -> None:
        self._client = client
        self._incidents = incidents

    async def acknowledge(
        self, escalation: EscalationId, *, by: PersonId, note: str | None = None, link: str | None = None
    ) -> EscalationView:
        """`by` has it, by that page's link where one did it.

        Raises `Refused` (`not_open`, `link_used`, `invalid`, `unknown_escalation`) or `Unavailable`.
        """
        return await self._order(escalation, EscalationWorkflow.acknowledge, Acknowledge(by=by, note=note, link=link))

    async def resolve(self, escalation: EscalationId, *, by: PersonId, note: str) -> EscalationView:
        """`by` has dealt with it. Raises as `acknowledge` does."""
        return await self._order(escalation, EscalationWorkflow.resolve, Resolve(by=by, note=note))

    async def snooze(self, escalation: EscalationId, *, by: PersonId, length: timedelta, note: str) -> EscalationView:
        """No page for `length`. Raises as `acknowledge` does."""
        return await self._order(escalation, EscalationWorkflow.snooze, Snooze(by=by, for_=length, note=note))

    async def reassign(
        self, escalation: EscalationId, *, by: PersonId, to: PersonId, note: str | None = None
    ) -> EscalationView:
        """`to` is paged at once. Raises as `acknowledge` does."""
        return await self._order(escalation, EscalationWorkflow.reassign, Reassign(by=by, to=to, note=note))

    async def view(self, escalation: EscalationId) -> EscalationView:
        """The escalation as its workflow holds it. Raises `Refused` (`unknown_escalation`) or `Unavailable`."""
        if self._incidents is not None and is_of_the_watch(escalation):
            return await self._incidents.view(escalation)
        handle = self._handle(escalation)
        return await answer(
            lambda: handle.query(EscalationWorkflow.view, rpc_timeout=ANSWER_WITHIN), *_unless_known(escalation)
        )

    async def unresolved(self) -> list[EscalationId]:
        """Those that are not resolved, as Temporal itself lists them, without the watch's. Raises `Unavailable`.

        Another way to them for when the record store is away.
        """
        listed = await running(self._client, f'WorkflowType = "{EscalationWorkflow.__name__}"')
        return [escalation_of(one) for one in listed]

    async def progress(self, escalation: EscalationId) -> EscalationProgress:
        """Its ladder as it stands. Raises as `view` does, `unknown_escalation` also where it was ended unresolved."""
        handle = self._handle(escalation)
        unless = QueryRejectCondition.NOT_COMPLETED_CLEANLY
        try:
            return await answer(
                lambda: handle.query(EscalationWorkflow.progress, reject_condition=unless, rpc_timeout=ANSWER_WITHIN),
                *_unless_known(escalation),
            )
        except WorkflowQueryRejectedError as ended:
            how = ended.status.name.lower() if ended.status else "ended"
            told = f"The workflow of {escalation} was {how}: it pages nobody any more"
            raise Refused.because(RefusalCode.UNKNOWN_ESCALATION, told) from None

    async def _order(
        self,
        escalation: EscalationId,
        update: UpdateMethodMultiParam[[EscalationWorkflow, Order], EscalationView],
        order: Order,
    ) -> EscalationView:
        if self._incidents is not None and is_of_the_watch(escalation):
            return await self._incidents.obey(escalation, order)
        handle = await self._open(escalation)
        return await answer(
            lambda: handle.execute_update(update, order, id=uuid4().hex, rpc_timeout=ANSWER_WITHIN),
            *_unless_known(escalation),
        )

    async def _open(self, escalation: EscalationId) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        """Its workflow, which ends when it is resolved: then it is not unknown, but no longer open."""
        view = await self.view(escalation)
        if view.state is EscalationState.RESOLVED:
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation} is resolved")
        return self._handle(escalation)

    def _handle(self, escalation: EscalationId) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        return self._client.get_workflow_handle_for(EscalationWorkflow.run, _workflow_id(escalation))


def _workflow_id(escalation: EscalationId) -> str:
    try:
        return workflow_id(escalation)
    except ValueError as wrong:
        raise Refused.because(RefusalCode.UNKNOWN_ESCALATION, str(wrong)) from None


def _unless_known(escalation: EscalationId) -> tuple[RefusalCode, str]:
    return RefusalCode.UNKNOWN_ESCALATION, f"There is no escalation {escalation}"

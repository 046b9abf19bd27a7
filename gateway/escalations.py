"""Client of the escalation workflows: acknowledge, resolve, snooze, reassign, and query."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.workflow import UpdateMethodMultiParam

from domain.escalation.ids import EscalationId, escalation_of, escalation_workflow_id
from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import Acknowledge, EscalationState, EscalationView, Order, Reassign, Resolve, Snooze
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.refusal import RefusalCode, Refused
from gateway.watchdog_alarms import WatchdogAlarms
from gateway.workflow_calls import ANSWER_WITHIN, answer, running
from workflows.escalation import WORKFLOW_TYPE, EscalationWorkflow

_UPDATES: Final[Mapping[type[Order], UpdateMethodMultiParam[[EscalationWorkflow, Any], EscalationView]]] = {
    Acknowledge: EscalationWorkflow.acknowledge,
    Resolve: EscalationWorkflow.resolve,
    Snooze: EscalationWorkflow.snooze,
    Reassign: EscalationWorkflow.reassign,
}


class Escalations:
    """Acts on and queries escalations through their workflows; watchdog alarms through `alarms`, if given."""

    def __init__(self, client: Client, alarms: WatchdogAlarms | None = None) -> None:
        self._client = client
        self._alarms = alarms

    async def act(self, escalation: EscalationId, order: Order) -> EscalationView:
        """Carries out a person's order. Returns the escalation afterwards.

        Raises `Refused` (`not_open`, `link_used`, `invalid`, `unknown_escalation`, `event_id_reused`) or `Unavailable`.
        """
        if self._alarms is not None and is_of_the_watch(escalation):
            return await self._alarms.act(escalation, order)
        handle, update = await self._open(escalation), _UPDATES[type(order)]
        return await answer(
            lambda: handle.execute_update(update, order, id=uuid4().hex, rpc_timeout=ANSWER_WITHIN),
            *_unless_known(escalation),
        )

    async def view(self, escalation: EscalationId) -> EscalationView:
        """The escalation as its workflow holds it. Raises `Refused` (`unknown_escalation`) or `Unavailable`."""
        if self._alarms is not None and is_of_the_watch(escalation):
            return await self._alarms.view(escalation)
        handle, unless = self._handle(escalation), _unless_known(escalation)
        try:
            return await answer(
                lambda: handle.query(
                    EscalationWorkflow.view, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ANSWER_WITHIN
                ),
                *unless,
            )
        except WorkflowQueryRejectedError as ended:
            if ended.status is WorkflowExecutionStatus.COMPLETED:  # its last view, though its build has no worker left
                return await answer(lambda: handle.result(rpc_timeout=ANSWER_WITHIN), *unless)
        return await answer(lambda: handle.query(EscalationWorkflow.view, rpc_timeout=ANSWER_WITHIN), *unless)

    async def unresolved(self) -> list[EscalationId]:
        """The unresolved escalations as Temporal itself lists them, without watchdog alarms. Raises `Unavailable`.

        For use while the record store is away.
        """
        listed = await running(self._client, f'WorkflowType = "{WORKFLOW_TYPE}"')
        return [escalation_of(one) for one in listed]

    async def progress(self, escalation: EscalationId) -> EscalationProgress:
        """Its progress on the ladder. Raises as `view` does; `unknown_escalation` also if it was ended unresolved."""
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

    async def _open(self, escalation: EscalationId) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        """The handle of its workflow, which ends when it is resolved: then it is not unknown, but no longer open."""
        view = await self.view(escalation)
        if view.state is EscalationState.RESOLVED:
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation} is resolved")
        return self._handle(escalation)

    def _handle(self, escalation: EscalationId) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        return self._client.get_workflow_handle_for(EscalationWorkflow.run, _workflow_id(escalation))


def _workflow_id(escalation: EscalationId) -> str:
    try:
        return escalation_workflow_id(escalation)
    except ValueError as wrong:
        raise Refused.because(RefusalCode.UNKNOWN_ESCALATION, str(wrong)) from None


def _unless_known(escalation: EscalationId) -> tuple[RefusalCode, str]:
    return RefusalCode.UNKNOWN_ESCALATION, f"There is no escalation {escalation}"

"""The dispatcher of a course's commands to the on-call side: opens, repeats and resolves escalations, in order."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from temporalio import workflow
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from domain.course.transition import AutoResolve, EscalationCommand, OpenEscalation, RepeatEscalation
    from domain.escalation.ids import EscalationId, escalation_workflow_id
    from domain.escalation.messages import Change, Notice, Opening, Repeat, Settlement
    from domain.values import Severity
    from workflows.escalation import EscalationWorkflow
    from workflows.origin import ORIGIN
    from workflows.queues import PAGING
    from workflows.waiting import until

EACH_ITS_OWN: Final = "each repeat is as of when it is asked"
"""Patch: it was once as of the event that told of it, and two of them could be the same."""

PRIORITIES: Final = {Severity.EMERGENCY: 1, Severity.URGENT: 2, Severity.ROUTINE: 3}
"""Which are paged first when many wait for a worker, as after an outage: Temporal's numbers, 1 before 2.

As they are opened: Temporal lets no workflow change its own, so one that grows worse keeps it.
"""


class EscalationDispatcher:
    """Carries out a course's escalation commands one by one. An escalation outlives the course that opened it.

    `unheard` gets each repeat whose escalation was resolved already, `hear` news of one that was opened before.
    """

    def __init__(
        self,
        waiting: tuple[EscalationCommand, ...],
        unheard: Callable[[RepeatEscalation], None],
        hear: Callable[[Notice], None],
    ) -> None:
        self._waiting = list(waiting)
        self._origins = [""] * len(self._waiting)
        self._unheard = unheard
        self._hear = hear
        self._is_leaving = False

    @property
    def waiting(self) -> tuple[EscalationCommand, ...]:
        """The commands that have not been carried out yet."""
        return tuple(self._waiting)

    def add(self, calls: tuple[EscalationCommand, ...]) -> None:
        """Appends commands to the queue."""
        self._waiting.extend(calls)
        self._origins.extend([ORIGIN.get()] * len(calls))

    def leave(self) -> None:
        """Starts nothing more: a Temporal command after a continue-as-new would fail the task. The next run goes on."""
        self._is_leaving = True

    async def run(self) -> None:
        """Carries out commands until `leave` is called."""
        while True:
            await until(lambda: bool(self._waiting) and not self._is_leaving)
            ORIGIN.set(self._origins[0])
            await self._make(self._waiting[0])
            self._waiting.pop(0)
            self._origins.pop(0)

    async def _make(self, call: EscalationCommand) -> None:
        match call:
            case OpenEscalation(opening=opening):
                if not await open_escalation(opening):
                    await self._ask(opening.id)
            case RepeatEscalation(id=escalation, repeat=repeat):
                try:
                    await _handle(escalation).signal(EscalationWorkflow.repeat, _of_its_own(repeat))
                except FailureError:
                    self._unheard(call)
            case AutoResolve(id=escalation, at=at, reason=reason):
                # If a human was quicker, there is nothing left to resolve.
                with suppress(FailureError):
                    news = Settlement(at=at, reason=reason)
                    await _handle(escalation).signal(EscalationWorkflow.settle, news)

    async def _ask(self, escalation: EscalationId) -> None:
        """Asks an escalation for its state, if it was opened before somebody reset its course in Temporal.

        One whose workflow has ended was resolved; nobody is paged again for it.
        """
        try:
            await _handle(escalation).signal("report_back")
        except FailureError:
            note = "it was resolved before this course was set back"
            self._hear(Notice(id=escalation, change=Change.RESOLVED, at=workflow.now(), by=None, note=note))


async def open_escalation(opening: Opening) -> bool:
    """Starts the escalation's workflow. False if it was opened before: an escalation's id is never used again."""
    try:
        await workflow.start_child_workflow(
            EscalationWorkflow.run,
            args=[opening],
            id=escalation_workflow_id(opening.id),
            task_queue=PAGING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            priority=Priority(priority_key=PRIORITIES[opening.severity]),
            static_summary=f"{opening.severity}: {opening.kind.replace('_', ' ')}",
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.warning("The escalation was opened before", extra={"escalation": opening.id})
        return False
    return True


def _of_its_own(repeat: Repeat) -> Repeat:
    """The repeat as of now, so that no other says the same: two readings may be of the same minute."""
    return repeat.but(at=workflow.now()) if workflow.patched(EACH_ITS_OWN) else repeat


def _handle(escalation: EscalationId) -> workflow.ExternalWorkflowHandle[EscalationWorkflow]:
    return workflow.get_external_workflow_handle_for(EscalationWorkflow.run, escalation_workflow_id(escalation))

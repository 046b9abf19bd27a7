"""From a course to the people on call: escalations are opened, repeated and settled, in order."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from domain.escalation import EscalationId, Opening, Settlement, workflow_id
    from domain.turn import Again, Call, Open, Settle
    from workflows.escalation import Escalation
    from workflows.queues import PAGING


class Switchboard:
    """Makes a course's calls one after the other. An escalation outlives the course that opened it."""

    def __init__(self, waiting: tuple[Call, ...]) -> None:
        self._waiting = list(waiting)

    @property
    def waiting(self) -> tuple[Call, ...]:
        """The calls that have not been made yet."""
        return tuple(self._waiting)

    def add(self, calls: tuple[Call, ...]) -> None:
        """These follow what is waiting already."""
        self._waiting.extend(calls)

    async def run(self) -> None:
        """Makes calls for as long as the run lasts."""
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting))
            await _make(self._waiting[0])
            self._waiting.pop(0)


async def _make(call: Call) -> None:
    match call:
        case Open(opening=opening):
            await _open(opening)
        case Again(id=escalation, repeat=repeat):
            with _ended(escalation):
                await _standing(escalation).signal(Escalation.repeat, repeat)
        case Settle(id=escalation, at=at):
            with _ended(escalation):
                news = Settlement(at=at, reason="the reading has arrived")
                await _standing(escalation).signal(Escalation.settle, news)


async def _open(opening: Opening) -> None:
    try:
        await workflow.start_child_workflow(
            Escalation.run,
            args=[opening],
            id=workflow_id(opening.id),
            task_queue=PAGING,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"{opening.severity}: {opening.kind.replace('_', ' ')}",
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.warning("The escalation is open already", extra={"escalation": opening.id})


def _standing(escalation: EscalationId) -> workflow.ExternalWorkflowHandle[Escalation]:
    return workflow.get_external_workflow_handle_for(Escalation.run, workflow_id(escalation))


@contextmanager
def _ended(escalation: EscalationId) -> Iterator[None]:
    """A human resolved it at the same moment: its notice is on the way to us, and there is nobody left to tell."""
    try:
        yield
    except FailureError:
        workflow.logger.info("The escalation has ended", extra={"escalation": escalation})

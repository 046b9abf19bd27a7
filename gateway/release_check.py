"""Replays what runs in Temporal by the code at hand, before it is deployed: what would break is named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkflowRunner
from temporalio.workflow import NondeterminismError

from domain.escalation.ids import COURSE, escalation_of
from domain.values import Frozen
from gateway.agreement import differences
from gateway.builds import COURSES, ESCALATIONS, Builds, not_with_another
from gateway.codec import KapstanPayloadConverter
from gateway.parallel_queries import Silent
from gateway.replayed import asked_now, asked_then
from gateway.sandbox import Sandbox
from gateway.undecipherable import Undecipherable
from gateway.workflow_calls import ANSWER_WITHIN, KeysDiffer, Unavailable, named

MOST_SAID: Final = 200
"""Characters of what the SDK says of a replay."""


class Checked(Frozen):
    """One course or escalation, by its id: why the code at hand would break it; empty if it would not."""

    id: str
    why: str = ""


class ReleaseCheck:
    """Checks the code at hand against everything that runs.

    It is to be deployed under `deployed`: then what is pinned to another build is not replayed by it, and a course of
    those must only be readable, for it will be taken over. Without, everything is replayed.
    """

    def __init__(
        self, client: Client, deployed: WorkerDeploymentVersion | None, runner: WorkflowRunner | None = None
    ) -> None:
        self._client = client
        self._deployed = deployed
        self._runner = runner or Sandbox()

    async def run(self) -> AsyncIterator[Checked]:
        """Every course and escalation that runs, one after another.

        Raises `Unavailable`, and `KeysDiffer` without the key of one.
        """
        ours = f" AND {not_with_another(self._deployed)}" if self._deployed else ""
        for kind in (COURSES, ESCALATIONS):
            for workflow_id in await named(self._client, f"{kind}{ours}"):
                yield await self._replayed(workflow_id)
        if self._deployed is None:
            return
        async for found in Builds(self._client, self._deployed).would_not_read():
            match found:
                case Silent(id=course_id, why=why):
                    yield Checked(id=course_id, why=f"it cannot be asked what it would hand on: {why}")
                case unread:
                    yield Checked(id=unread.course_id, why=f"what it would hand on cannot be read: {unread.why}")

    async def _replayed(self, workflow_id: str) -> Checked:
        shown = workflow_id.removeprefix(COURSE) if workflow_id.startswith(COURSE) else escalation_of(workflow_id)
        converter = replace(self._client.data_converter, payload_converter_class=KapstanPayloadConverter)
        try:
            history = await self._client.get_workflow_handle(workflow_id).fetch_history(rpc_timeout=ANSWER_WITHIN)
            then = await asked_then(history, converter)
            now = await asked_now(history, converter, self._runner, self._client.namespace)
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:  # it has come to its end, and is forgotten
                return Checked(id=shown)
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed
        except Undecipherable as unread:
            raise KeysDiffer(str(unread)) from None
        except NondeterminismError as other:
            return Checked(id=shown, why=f"it would not replay: {str(other)[:MOST_SAID]}")
        except RuntimeError:  # its message may quote what the course says
            return Checked(id=shown, why="it would not replay: the code at hand fails as it replays it")
        # The place alone, for a value may be a patient's.
        places = [line.partition(": ")[0] for line in differences(then, now, goes_on=True)]
        return Checked(id=shown, why=f"it would say something else: {places[0]}" if places else "")

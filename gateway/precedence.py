"""Which courses Temporal gives the workers first when many are waiting, as after an hour without any worker."""

import logging
from datetime import timedelta
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import Priority, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.escalation.ids import course_workflow_id
from domain.values import CourseId

FIRST: Final = 1
"""Temporal's highest priority. Everybody else has its default, 3."""

WITHIN: Final = timedelta(seconds=5)

log = logging.getLogger(__name__)


class Precedence:
    """Lets the courses of dosed patients go before all others: their tasks, and those of what they start.

    It holds from the next task on, and for each further run.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def set(self, course_id: CourseId, goes_first: bool) -> None:
        """The course goes first, or no more. A server that refuses that, as one that is older does, is only logged."""
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=course_workflow_id(course_id)),
            workflow_execution_options=WorkflowExecutionOptions(
                priority=Priority(priority_key=FIRST) if goes_first else Priority()
            ),
            update_mask=FieldMask(paths=["priority"]),
        )
        try:
            await self._client.workflow_service.update_workflow_execution_options(request, retry=True, timeout=WITHIN)
        except RPCError as refused:
            log.warning(
                "Temporal lets no course go first (%s): after an outage they come as they come", refused.status.name
            )

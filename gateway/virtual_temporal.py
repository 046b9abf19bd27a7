"""Runs workflows in this process on a virtual clock: the SDK's own workflow engine, with no server and no waiting.

What the server would do is done here at once: timers fire when time is said to pass, activities return at once, signals
and children arrive at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from temporalio import workflow
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.update.v1 import Meta
from temporalio.bridge.proto.activity_result import ActivityResolution, Success
from temporalio.bridge.proto.child_workflow import ChildWorkflowResult
from temporalio.bridge.proto.child_workflow import Success as ChildSuccess
from temporalio.bridge.proto.workflow_activation import (
    DoUpdate,
    FireTimer,
    InitializeWorkflow,
    QueryWorkflow,
    RemoveFromCache,
    ResolveActivity,
    ResolveChildWorkflowExecution,
    ResolveChildWorkflowExecutionStart,
    ResolveChildWorkflowExecutionStartSuccess,
    ResolveSignalExternalWorkflow,
    SignalWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    ScheduleActivity,
    ScheduleLocalActivity,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    UpdateResponse,
    WorkflowCommand,
)
from temporalio.common import MetricMeter, Priority, TypedSearchAttributes
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

from gateway.temporal import data_converter
from gateway.workflow_calls import raise_told

NAMESPACE: Final = "rehearsal"

Activity = tuple[type, Callable[[Any], object]]
"""The type of an activity's input, and what is done: at once, and without fail."""


Scheduled = ScheduleActivity | ScheduleLocalActivity

Job = WorkflowActivationJob | Scheduled
"""What a workflow is told next, or an activity that is done first, whose result it is then told."""


class TaskFailed(Exception):  # noqa: N818  a defect of Kapstan, not of whoever rehearses
    """A workflow failed: on a real server it would stand still until it is mended."""


class _Running:
    """One workflow, with its timers and what it has not been told yet."""

    def __init__(self, workflow_id: str, workflow_type: str) -> None:
        self.id = workflow_id
        self.type = workflow_type
        self.instance: WorkflowInstance
        self.timers: dict[int, datetime] = {}
        self.inbox: deque[Job] = deque()
        self.waits_since: int | None = None
        self.parent: tuple[str, int] | None = None
        self.is_over = False
        self.history_length = 0


class VirtualTemporal:
    """The workflows of one rehearsal. The workflow that was started first is told everything first.

    `workflows` are the classes by the name of their type; `activities` are done by the name of theirs.
    """

    def __init__(self, workflows: Mapping[str, type], activities: Mapping[str, Activity], now: datetime) -> None:
        self.now = now
        self._workflows = workflows
        self._activities = activities
        self._converter = data_converter()
        self._payloads = self._converter.payload_converter
        self._running: dict[str, _Running] = {}
        self._runs = count(1)
        self._updates: dict[str, Payload | Failure] = {}
        self._update_ids = count(1)
        self._order = count(1)

    def is_running(self, workflow_id: str) -> bool:
        """Whether this workflow was started and has not come to its end."""
        known = self._running.get(workflow_id)
        return known is not None and not known.is_over

    def timers(self, workflow_id: str) -> tuple[datetime, ...]:
        """When the timers of this workflow fire."""
        known = self._running.get(workflow_id)
        return tuple(known.timers.values()) if known is not None else ()

    def start(self, workflow_id: str, workflow_type: str, argument: object) -> None:
        """Starts a workflow now; it is run by whatever is done next."""
        self._begin(_Running(workflow_id, workflow_type), self._payloads.to_payloads([argument]))

    def forget(self, workflow_id: str) -> None:
        """Ends a workflow without a trace."""
        self._evict(self._running.pop(workflow_id))

    def update(self, workflow_id: str, name: str, argument: object, returns: type) -> Any:
        """The answer to an update. Raises `Refused` and `AlreadyAnswered` as the workflow does."""
        update_id = f"update-{next(self._update_ids)}"
        update = DoUpdate(
            id=update_id,
            protocol_instance_id=update_id,
            name=name,
            input=self._payloads.to_payloads([argument]),
            meta=Meta(update_id=update_id),
            run_validator=True,
        )
        known = self._running[workflow_id]
        self._tell(known, do_update=update)
        while update_id not in self._updates and known.inbox:
            self._next_task(known)
        self.settle()
        answer = self._updates.pop(update_id)
        if isinstance(answer, Failure):
            raise_told(self._converter.failure_converter.from_failure(answer, self._payloads))
        return self._told(answer, returns)

    def query(self, workflow_id: str, name: str, argument: object, returns: Any) -> Any:
        """The answer to a query."""
        asked = QueryWorkflow(query_id=name, query_type=name, arguments=self._payloads.to_payloads([argument]))
        (answer,) = self._activate(self._running[workflow_id], WorkflowActivationJob(query_workflow=asked))
        return self._told(answer.respond_to_query.succeeded.response, returns)

    def fire(self, workflow_id: str) -> None:
        """Fires the timers of this workflow that are due, and settles what follows."""
        known = self._running[workflow_id]
        self._tell_of_timers(known)
        self.settle()

    def settle(self) -> None:
        """Runs workflows until none has anything left to do at this moment."""
        while (known := self._next()) is not None:
            self._next_task(known)

    def close(self) -> None:
        """Ends every workflow where it stands."""
        for known in self._running.values():
            if not known.is_over:
                self._evict(known)
        self._running.clear()

    def _begin(self, known: _Running, arguments: Sequence[Payload]) -> None:
        run_id = f"run-{next(self._runs)}"
        # A run is made in a running event loop, and has one of its own in which it is activated.
        details = WorkflowInstanceDetails(
            payload_converter_factory=self._converter.payload_converter_class,
            failure_converter_class=self._converter.failure_converter_class,
            interceptor_classes=(),
            defn=workflow._Definition.must_from_class(self._workflows[known.type]),  # noqa: SLF001
            info=self._info(known, run_id),
            randomness_seed=1,
            extern_functions={
                "__temporal_get_metric_meter": lambda: MetricMeter.noop,
                "__temporal_assert_local_activity_valid": lambda _name: None,
            },
            disable_eager_activity_execution=True,
            worker_level_failure_exception_types=(),
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )
        known.instance = asyncio.run(_made(details))
        # What the ended run has asked for comes to nobody; what it was told by others comes to the next.
        kept = [job for job in known.inbox if _is_from_others(job)]
        known.timers.clear()
        known.inbox.clear()
        known.history_length = 0
        self._running[known.id] = known
        started = InitializeWorkflow(workflow_type=known.type, workflow_id=known.id, arguments=arguments)
        started.start_time.FromDatetime(self.now)
        self._tell(known, initialize_workflow=started)
        known.inbox.extend(kept)

    def _info(self, known: _Running, run_id: str) -> workflow.Info:
        return workflow.Info(
            attempt=1,
            continued_run_id=None,
            cron_schedule=None,
            execution_timeout=None,
            first_execution_run_id=run_id,
            headers={},
            namespace=NAMESPACE,
            original_execution_run_id=run_id,
            parent=None,
            root=None,
            raw_memo={},
            retry_policy=None,
            run_id=run_id,
            run_timeout=None,
            search_attributes={},
            start_time=self.now,
            workflow_start_time=self.now,
            task_queue=NAMESPACE,
            task_timeout=timedelta(seconds=10),
            typed_search_attributes=TypedSearchAttributes.empty,
            workflow_id=known.id,
            workflow_type=known.type,
            priority=Priority.default,
        )

    def _tell(self, known: _Running, **job: Any) -> None:
        """Keeps what the workflow is to be told next."""
        self._queue(known, WorkflowActivationJob(**job))

    def _queue(self, known: _Running, job: Job) -> None:
        if known.waits_since is None:
            known.waits_since = next(self._order)
        known.inbox.append(job)

    def _tell_of_timers(self, known: _Running) -> None:
        for seq in sorted((seq for seq, at in known.timers.items() if at <= self.now), key=known.timers.__getitem__):
            del known.timers[seq]
            self._tell(known, fire_timer=FireTimer(seq=seq))

    def _next(self) -> _Running | None:
        """Who is told something next: the workflow that was started first, or else who has waited longest."""
        waiting = [known for known in self._running.values() if known.inbox]
        if not waiting or waiting[0].parent is None:
            return waiting[0] if waiting else None
        return min(waiting, key=lambda known: known.waits_since or 0)

    def _next_task(self, known: _Running) -> None:
        job = known.inbox.popleft()
        if isinstance(job, Scheduled):
            job = self._done(job)
        for command in self._activate(known, job):
            self._carry_out(known, command)
        # A child that is told something in the moment in which its own timer fires goes on at once.
        if job.HasField("signal_workflow") and known.parent is not None:
            self._tell_of_timers(known)
        if not known.inbox:
            known.waits_since = None

    def _activate(self, known: _Running, job: WorkflowActivationJob) -> Sequence[WorkflowCommand]:
        activation = WorkflowActivation(jobs=[job], history_length=known.history_length)
        activation.timestamp.FromDatetime(self.now)
        completion = known.instance.activate(activation)
        if completion.HasField("failed"):
            raise TaskFailed(f"{known.id}: {completion.failed.failure.message}")
        commands = completion.successful.commands
        known.history_length += 1 + len(commands)
        return commands

    def _carry_out(self, known: _Running, command: WorkflowCommand) -> None:
        match command.WhichOneof("variant"):
            case "start_timer":
                fires_in = command.start_timer.start_to_fire_timeout.ToTimedelta()
                known.timers[command.start_timer.seq] = self.now + fires_in
            case "cancel_timer":
                known.timers.pop(command.cancel_timer.seq, None)
            case "schedule_activity":
                self._queue(known, command.schedule_activity)
            case "schedule_local_activity":
                self._queue(known, command.schedule_local_activity)
            case "start_child_workflow_execution":
                self._start_child(known, command.start_child_workflow_execution)
            case "signal_external_workflow_execution":
                self._signal(known, command.signal_external_workflow_execution)
            case "update_response":
                self._take_answer(command.update_response)
            case "continue_as_new_workflow_execution":
                self._evict(known)
                self._begin(known, command.continue_as_new_workflow_execution.arguments)
            case "complete_workflow_execution":
                self._end(known, command.complete_workflow_execution.result)
            case "upsert_workflow_search_attributes" | "set_patch_marker":
                pass  # nobody lists what is rehearsed, or replays it by another release
            case other:
                raise TaskFailed(f"{known.id}: {other} is not to be expected of it")

    def _done(self, scheduled: Scheduled) -> WorkflowActivationJob:
        kind, do = self._activities[scheduled.activity_type]
        done = do(self._payloads.from_payloads(scheduled.arguments, [kind])[0])
        resolution = ActivityResolution(completed=Success(result=self._payloads.to_payload(done)))
        resolved = ResolveActivity(
            seq=scheduled.seq, result=resolution, is_local=isinstance(scheduled, ScheduleLocalActivity)
        )
        return WorkflowActivationJob(resolve_activity=resolved)

    def _start_child(self, parent: _Running, child: StartChildWorkflowExecution) -> None:
        started = _Running(child.workflow_id, child.workflow_type)
        started.parent = (parent.id, child.seq)
        self._begin(started, child.input)
        success = ResolveChildWorkflowExecutionStartSuccess(run_id=child.workflow_id)
        resolved = ResolveChildWorkflowExecutionStart(seq=child.seq, succeeded=success)
        self._tell(parent, resolve_child_workflow_execution_start=resolved)

    def _signal(self, sender: _Running, signal: SignalExternalWorkflowExecution) -> None:
        resolved = ResolveSignalExternalWorkflow(seq=signal.seq)
        to = signal.workflow_execution.workflow_id
        if self.is_running(to):
            event_id = self._running[to].history_length + 1
            told = SignalWorkflow(signal_name=signal.signal_name, input=signal.args, originating_event_id=event_id)
            self._tell(self._running[to], signal_workflow=told)
        else:
            resolved.failure.CopyFrom(Failure(message=f"{to} is not running"))
        self._tell(sender, resolve_signal_external_workflow=resolved)

    def _take_answer(self, response: UpdateResponse) -> None:
        if response.HasField("completed"):
            self._updates[response.protocol_instance_id] = response.completed
        elif response.HasField("rejected"):
            self._updates[response.protocol_instance_id] = response.rejected

    def _end(self, known: _Running, result: Payload) -> None:
        known.is_over = True
        known.timers.clear()
        known.inbox.clear()
        self._evict(known)
        if known.parent is not None:
            parent, seq = known.parent
            done = ChildWorkflowResult(completed=ChildSuccess(result=result))
            resolved = ResolveChildWorkflowExecution(seq=seq, result=done)
            self._tell(self._running[parent], resolve_child_workflow_execution=resolved)

    def _evict(self, known: _Running) -> None:
        """Ends the tasks of a run in its own event loop; what is collected elsewhere would run in another's."""
        activation = WorkflowActivation(jobs=[WorkflowActivationJob(remove_from_cache=RemoveFromCache())])
        activation.timestamp.FromDatetime(self.now)
        known.instance.activate(activation)

    def _told(self, payload: Payload, returns: Any) -> Any:
        return self._payloads.from_payloads([payload], [returns])[0]


async def _made(details: WorkflowInstanceDetails) -> WorkflowInstance:
    return UnsandboxedWorkflowRunner().create_instance(details)


def _is_from_others(job: Job) -> bool:
    return isinstance(job, WorkflowActivationJob) and (job.HasField("signal_workflow") or job.HasField("do_update"))

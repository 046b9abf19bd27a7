"""Which build of Kapstan each course and escalation is with, and how courses go over to another.

Workers that have a deployment are known to Temporal by it and by their build. Each course and escalation is pinned to
one build. One build is current: courses begin with it, and the others go over to it as soon as their patient is not
here.
"""

import asyncio
from collections.abc import AsyncIterator, Container, Sequence
from datetime import timedelta
from importlib.metadata import version
from itertools import product
from typing import Any, Final

from pydantic import ValidationError
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Deployed
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from domain.escalation.ids import COURSE, course_workflow_id
from domain.refusal import RefusalCode
from domain.values import CourseId, Frozen, count_of
from gateway.parallel_queries import AT_ONCE, Silent, go_round
from gateway.pollers import ACTIVITIES, QUEUES, WORKFLOWS
from gateway.workflow_calls import ANSWER_WITHIN, Unavailable, answer, counted, named
from settings import Misconfigured, Settings
from workflows import course, escalation
from workflows.attributes import HERE
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun

WORKERS_WITHIN: Final = timedelta(minutes=2)
"""How long Temporal may take to see the workers of a build that is to become current."""

CALLS: Final = 3
"""How often a course is called: Temporal may tell it a moment too late that another build is current."""

GONE_OVER_WITHIN: Final = timedelta(seconds=10)
"""How long none goes over before those that are left are called again."""

LOOK_AGAIN_AFTER: Final = timedelta(seconds=0.5)

ALL_ASKED_WITHIN: Final = timedelta(minutes=5)
"""Time limit for asking every course what it would hand on."""

NOT_SEEN_YET: Final = {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION}
"""How Temporal answers about a build while it has not seen all of its workers."""

COURSES: Final = f'WorkflowType = "{course.WORKFLOW_TYPE}" AND ExecutionStatus = "Running"'
ESCALATIONS: Final = f'WorkflowType = "{escalation.WORKFLOW_TYPE}" AND ExecutionStatus = "Running"'
BUILD: Final = "TemporalWorkerDeploymentVersion"
"""The search attribute in which Temporal names the build that a workflow is pinned to."""


class BuildInUse(Frozen):
    """One build: the courses, those of them whose patient is here, and the escalations that are with it.

    `build` is None for those that have none: their workers have no deployment, or they have just begun. Workers of a
    build that is not `is_needed` may end.
    """

    build: str | None
    is_current: bool
    courses: int
    with_the_patient_here: int
    escalations: int
    is_needed: bool


class WouldNotRead(Frozen):
    """Why the build at hand could not take over a course, without what the course says; empty if it could."""

    course_id: CourseId
    why: str = ""


def deployed_as(settings: Settings) -> WorkerDeploymentVersion | None:
    """The deployment and build of this process; None without a deployment."""
    if not settings.deployment:
        return None
    return WorkerDeploymentVersion(settings.deployment, settings.build or version("kapstan"))


def needs_deployment(settings: Settings) -> WorkerDeploymentVersion:
    """The deployment and build of this process. Raises `Misconfigured` without a deployment."""
    deployed = deployed_as(settings)
    if deployed is None:
        raise Misconfigured("KAPSTAN_DEPLOYMENT: must be the name under which Temporal knows the workers")
    return deployed


def worker_deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """How a worker of this process tells Temporal its build; None without a deployment."""
    deployed = deployed_as(settings)
    return pinned_to(deployed) if deployed else None


def pinned_to(deployed: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """How a worker tells Temporal that what it has begun is its build's to go on with."""
    # Not said by the workflows themselves: of a worker without a deployment Temporal would take no task's result.
    return WorkerDeploymentConfig(
        deployed, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )


def not_with_another(deployed: WorkerDeploymentVersion) -> str:
    """The query for what is pinned to this build, or to none."""
    return f"({BUILD} IS NULL OR {BUILD} = {_quoted(deployed)})"


class Builds:
    """The builds of one deployment, as Temporal knows them. `deployed` names the deployment, and the build at hand."""

    def __init__(self, client: Client, deployed: WorkerDeploymentVersion) -> None:
        self._client = client
        self._deployed = deployed
        self._at_hand = Deployed(deployment_name=deployed.deployment_name, build_id=deployed.build_id)

    async def in_use(self) -> list[BuildInUse]:
        """Every build that Temporal knows, newest first; last what has none, if there is any. Raises `Unavailable`.

        Temporal's lists may be a moment behind.
        """
        known = await self._known()
        routed = known.routing_config
        current = {routed.current_deployment_version.build_id, routed.ramping_deployment_version.build_id}
        summaries = sorted(known.version_summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True)
        ids = [one.deployment_version.build_id for one in summaries]
        builds = [await self._in_use(one, _with(self._deployed.deployment_name, one), current) for one in ids]
        without = await self._in_use(None, f"{BUILD} IS NULL", current)
        return [*builds, *([without] if without.is_needed else [])]

    async def would_not_read(self) -> AsyncIterator[WouldNotRead | Silent]:
        """The courses with other builds that the build at hand could not take over, and those that cannot be asked.

        Raises `Unavailable`.
        """
        asked = await go_round(self._read, await self._ids(self._with_another), ALL_ASKED_WITHIN)
        for view in asked.views:
            if view.why:
                yield view
        for silent in asked.silent:
            yield silent

    async def make_current(self) -> None:
        """Has courses begin with the build at hand; the others go over to it as they are woken.

        Waits for its workers. Raises `Unavailable` where Temporal sees too few of them.
        """
        for _ in range(WORKERS_WITHIN // LOOK_AGAIN_AFTER):
            if not (lacking := await self._lacking()):
                return
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
        raise Unavailable(f"build {self._deployed.build_id} cannot become current: {lacking}")

    async def call_over(self) -> list[CourseId]:
        """Calls every course that is elsewhere. Returns those that have not gone over yet. Raises `Unavailable`.

        Each of them goes over by itself: as soon as its patient is not here, and nothing of it waits for its record or
        for an escalation.
        """
        for _ in range(CALLS):
            if not (quiet := await self._ids(f"{self._elsewhere} AND {HERE.name} = false")):
                break
            await self._call(quiet)
            await self._while_they_go_over(len(quiet))
        return await self._ids(self._elsewhere)

    @property
    def _with_another(self) -> str:
        return f"{BUILD} IS NOT NULL AND {BUILD} != {_quoted(self._deployed)}"

    @property
    def _elsewhere(self) -> str:
        # What has no build yet gets the current one with its next task.
        return f"({BUILD} IS NULL OR {BUILD} != {_quoted(self._deployed)})"

    async def _ids(self, query: str) -> list[CourseId]:
        return [one.removeprefix(COURSE) for one in await named(self._client, f"{COURSES} AND {query}")]

    def _course(self, course_id: CourseId) -> WorkflowHandle[PatientCourse, Any]:
        return self._client.get_workflow_handle_for(PatientCourse.run, course_workflow_id(course_id))

    async def _known(self) -> WorkerDeploymentInfo:
        """The deployment as Temporal knows it: without a build if no worker of it was ever seen."""
        try:
            found = await self._client.workflow_service.describe_worker_deployment(
                DescribeWorkerDeploymentRequest(
                    namespace=self._client.namespace, deployment_name=self._deployed.deployment_name
                ),
                timeout=ANSWER_WITHIN,
            )
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                return WorkerDeploymentInfo()
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed
        return found.worker_deployment_info

    async def _in_use(self, build: str | None, query: str, current: Container[str]) -> BuildInUse:
        courses = await counted(self._client, f"{COURSES} AND {query}")
        here = await counted(self._client, f"{COURSES} AND {query} AND {HERE.name} = true") if courses else 0
        escalations = await counted(self._client, f"{ESCALATIONS} AND {query}")
        is_current = build is not None and build in current
        return BuildInUse(
            build=build,
            is_current=is_current,
            courses=courses,
            with_the_patient_here=here,
            escalations=escalations,
            is_needed=is_current or bool(courses or escalations),
        )

    async def _read(self, course_id: CourseId) -> WouldNotRead:
        handle = self._course(course_id)
        told = await answer(
            lambda: handle.query(PatientCourse.handed_on, rpc_timeout=ANSWER_WITHIN),
            RefusalCode.UNKNOWN_COURSE,
            f"There is no course {course_id}",
        )
        try:
            CourseRun.model_validate_json(told)
        except ValidationError as wrong:
            first, *others = wrong.errors(include_input=False, include_url=False)
            where = ".".join(map(str, first["loc"]))
            more = f", and {count_of(len(others), 'other')}" if others else ""
            return WouldNotRead(course_id=course_id, why=f"{where}: {first['msg']}{more}")
        return WouldNotRead(course_id=course_id)

    async def _lacking(self) -> str:
        """Makes the build at hand current. Empty once it is, else what is lacking."""
        service, namespace = self._client.workflow_service, self._client.namespace
        asked = DescribeWorkerDeploymentVersionRequest(namespace=namespace, deployment_version=self._at_hand)
        current = SetWorkerDeploymentCurrentVersionRequest(
            namespace=namespace,
            deployment_name=self._deployed.deployment_name,
            build_id=self._deployed.build_id,
            identity=self._client.identity,
        )
        try:
            seen = await service.describe_worker_deployment_version(asked, timeout=ANSWER_WITHIN)
            polled = {(one.name, one.type) for one in seen.version_task_queues}
            if unseen := [
                queue for queue, kind in product(QUEUES, (WORKFLOWS, ACTIVITIES)) if (queue, kind) not in polled
            ]:
                return f"no worker of it polls {unseen[0]}"
            await service.set_worker_deployment_current_version(current, timeout=ANSWER_WITHIN)
        except RPCError as failed:
            if failed.status in NOT_SEEN_YET:
                return f"no worker of it was seen: {failed.message}"
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed
        return ""

    async def _call(self, courses: Sequence[CourseId]) -> None:
        seats = asyncio.Semaphore(AT_ONCE)

        async def call(course_id: CourseId) -> None:
            handle = self._course(course_id)
            async with seats:
                try:
                    await handle.signal(PatientCourse.build_changed, rpc_timeout=ANSWER_WITHIN)
                except RPCError as failed:
                    if failed.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                        raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

        await asyncio.gather(*map(call, courses))

    async def _while_they_go_over(self, left: int) -> None:
        """Returns once none is left, or no other has gone over for a while."""
        clock = asyncio.get_running_loop().time
        until = clock() + GONE_OVER_WITHIN.total_seconds()
        query = f"{COURSES} AND {self._elsewhere} AND {HERE.name} = false"
        while left and clock() < until:
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
            now_left = await counted(self._client, query)
            if now_left < left:
                until = clock() + GONE_OVER_WITHIN.total_seconds()
            left = now_left


def _quoted(deployed: WorkerDeploymentVersion) -> str:
    """The build, as Temporal's lists name it."""
    return f'"{deployed.deployment_name}:{deployed.build_id}"'


def _with(deployment: str, build: str) -> str:
    return f"{BUILD} = {_quoted(WorkerDeploymentVersion(deployment, build))}"

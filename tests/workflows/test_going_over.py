"""A course goes over to the current build, unless somebody keeps it where it is."""

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.common import PinnedVersioningOverride, WorkerDeploymentVersion

from gateway.builds import Builds, pinned_to
from gateway.workflow_calls import counted
from tests.support.cast import consent, phq9
from tests.support.clinic import ON_CALL, Clinic, Patient, working
from tests.support.eventually import eventually
from tests.workflows.conftest import running_temporal
from workflows.course import PatientCourse

ONE, TWO = (WorkerDeploymentVersion("ward", build) for build in ("1", "2"))


async def test_a_course_that_an_operator_has_pinned_in_temporal_stays_and_goes_on() -> None:
    """It never begins anew in a circle, whatever is reported; another one goes over as it is called."""
    async with running_temporal() as temporal:
        clinic = Clinic(temporal, ON_CALL)
        async with working(clinic, deployment=pinned_to(ONE)):
            await Builds(temporal.client, ONE).make_current()
            kept, other = [await clinic.has(lambda ward: ward.referred()) for _ in range(2)]
            await kept.ledger()
            await other.ledger()
            await pin(temporal.client, kept)
            async with working(clinic, deployment=pinned_to(TWO)):
                await Builds(temporal.client, TWO).make_current()
                await goes_over(other, TWO)
                await kept.sends(phq9(kept.course, at=await kept.now()))
                await kept.sends(consent(kept.course, at=await kept.now()))
                await kept.ledger()

                assert await build_of(kept) == ONE.build_id
                assert await runs(temporal.client, kept) <= 3
                assert await runs(temporal.client, other) == 2
                await clinic.end()


async def pin(client: Client, patient: Patient) -> None:
    """As `temporal workflow update-options` does."""
    await client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=patient.handle.id),
            workflow_execution_options=WorkflowExecutionOptions(
                versioning_override=PinnedVersioningOverride(ONE)._to_proto()
            ),
            update_mask=FieldMask(paths=["versioning_override"]),
        )
    )


async def goes_over(patient: Patient, build: WorkerDeploymentVersion) -> None:
    """It is called until it has: Temporal may tell it a moment too late that another build is current."""

    async def has_gone() -> bool:
        await patient.handle.signal(PatientCourse.build_changed)
        return await build_of(patient) == build.build_id

    await eventually(has_gone)


async def build_of(patient: Patient) -> str:
    """The build of its newest task."""
    described = (await patient.handle.describe()).raw_description.workflow_execution_info
    return described.versioning_info.deployment_version.build_id


async def runs(client: Client, patient: Patient) -> int:
    return await counted(client, f'WorkflowId = "{patient.handle.id}"')

"""Another worker takes a course over by living its run again: twice as long a run takes twice as long, and no more."""

from time import process_time

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from gateway.temporal import data_converter
from tests.support.cast import vitals
from tests.support.clinic import Clinic, Patient, open_clinic
from tests.workflows.conftest import Temporal
from workflows.course import PatientCourse

FEW, MANY = 20, 80
TIMES = 3


async def test_a_reading_costs_a_worker_that_takes_over_the_same_however_many_there_were(temporal: Temporal) -> None:
    """In the processor's own time, so that a busy machine counts for nothing. It was the cube of their number once."""
    async with open_clinic(temporal) as clinic:
        mara = await clinic.has(lambda ward: ward.dosed())
        begun = await _cost(await _after(clinic, mara, 0))
        few = await _cost(await _after(clinic, mara, FEW))
        many = await _cost(await _after(clinic, mara, MANY - FEW))
        assert await mara.accepted() > MANY, "all of them in one run"

    assert (many - begun) / MANY <= 2 * (few - begun) / FEW


async def _after(clinic: Clinic, patient: Patient, readings: int) -> WorkflowHistory:
    for _ in range(readings):
        await patient.sends(vitals(patient.course, 1, at=await patient.now()))
    return await clinic.temporal.client.get_workflow_handle(patient.handle.id).fetch_history()


async def _cost(history: WorkflowHistory) -> float:
    """Seconds of processor time that its replay takes, the quickest of some."""
    costs = []
    for _ in range(TIMES):
        replayer = Replayer(workflows=[PatientCourse], data_converter=data_converter())
        begun = process_time()
        await replayer.replay_workflow(history)
        costs.append(process_time() - begun)
    return min(costs)

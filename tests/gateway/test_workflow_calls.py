"""What goes wrong between us and Temporal, in words that say what to do."""

from collections.abc import Awaitable, Callable

import pytest
from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.refusal import RefusalCode, Refused
from gateway.workflow_calls import Defect, NotReady, TooMany, Unavailable, answer

NOBODY = (RefusalCode.UNKNOWN_COURSE, "There is no course MARA")


def fails(*statuses: RPCStatusCode) -> Callable[[], Awaitable[str]]:
    """A call that fails so often, each time in its way, and then answers."""
    left = list(statuses)

    async def ask() -> str:
        if left:
            raise RPCError("as Temporal says it", left.pop(0), b"")
        return "answered"

    return ask


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RPCStatusCode.RESOURCE_EXHAUSTED, TooMany),
        (RPCStatusCode.UNAVAILABLE, Unavailable),
        (RPCStatusCode.DEADLINE_EXCEEDED, Unavailable),
    ],
)
async def test_what_may_be_sent_again_says_so(status: RPCStatusCode, told: type[Exception]) -> None:
    """Nothing was decided that anybody knows of; sending the same again is safe."""
    with pytest.raises(told):
        await answer(fails(status), *NOBODY)


@pytest.mark.parametrize("status", [RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED])
async def test_a_question_that_ran_out_of_time_says_where_to_look(status: RPCStatusCode) -> None:
    """Our own client gave up, or the server did: nobody answers for the workflow, so its workers are missing."""
    with pytest.raises(Unavailable, match="no answer within 10 s; is a worker running"):
        await answer(fails(status), *NOBODY)


async def test_nobody_there_is_a_refusal() -> None:
    """A course that Temporal does not know is unknown, not unavailable."""
    with pytest.raises(Refused, match="There is no course MARA") as refused:
        await answer(fails(RPCStatusCode.NOT_FOUND), *NOBODY)
    assert refused.value.refusal.code is RefusalCode.UNKNOWN_COURSE


async def test_a_busy_worker_is_not_taken_for_nobody() -> None:
    """One that was stopped while it looked fails the query of a course that is there: a moment later it answers."""
    left = 3

    async def ask() -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise WorkflowQueryFailedError("potential deadlock")
        return "answered"

    assert await answer(ask, *NOBODY) == "answered"
    left = 20
    with pytest.raises(Defect):
        await answer(ask, *NOBODY)


async def test_whatever_a_course_cannot_decide_is_a_fault_and_says_nothing_of_the_patient() -> None:
    """An exception in it refuses the event, once and for all: it is no outage, and what it says is not repeated."""

    async def ask() -> str:
        raise WorkflowUpdateFailedError(ApplicationError("Systolic 300 of MARA", type="ValueError"))

    with pytest.raises(Defect) as fault:
        await answer(ask, *NOBODY)
    assert "MARA" not in str(fault.value)


async def test_an_event_that_met_the_end_of_a_run_is_sent_to_the_next_one() -> None:
    """It was accepted and not answered: the next run knows it by its id, or takes it anew."""
    asked = 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise WorkflowUpdateFailedError(ApplicationError("gone", type="AcceptedUpdateCompletedWorkflow"))
        return "answered"

    assert await answer(ask, *NOBODY) == "answered"


async def test_a_workflow_that_has_just_begun_is_asked_again() -> None:
    """An escalation before its first task, a course going over into its next run: a moment later it answers."""
    not_yet = RPCStatusCode.FAILED_PRECONDITION
    assert await answer(fails(not_yet, not_yet, not_yet), *NOBODY) == "answered"
    with pytest.raises(NotReady):
        await answer(fails(*[not_yet] * 20), *NOBODY)

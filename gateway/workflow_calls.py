"""One call to a workflow, within its time, with Temporal's errors in our words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.course.answer import AlreadyAnswered, Answer
from domain.refusal import Refusal, RefusalCode, Refused

ANSWER_WITHIN = timedelta(seconds=10)
"""How long a caller waits for a course. What was accepted after that is answered when it is sent again."""


PAUSES = tuple(timedelta(milliseconds=wait) for wait in (50, 100, 200, 400, 800))
"""A first task or a change of runs takes milliseconds; what is sent again is known again by its id."""

RUN_ENDED = "AcceptedUpdateCompletedWorkflow"
"""The server's word for an update whose run ended before it was answered: the next run knows it, or takes it anew."""

MOST_LISTED = 1_000
"""Workflows that are looked for at once without the record store."""

Answered = TypeVar("Answered")


class Unavailable(Exception):  # noqa: N818  it is told to a person
    """Temporal cannot be reached or did not answer in time. Sending the same again is safe."""


class Defect(Unavailable):
    """It failed for a fault of ours, and nothing was decided: the worker's log says where. Sending it again changes
    nothing before the fault is mended, and is safe.
    """


class Ended(Unavailable):
    """Temporal has ended the workflow, and no event of the clinic's did: it takes nothing and watches nobody."""


class NotReady(Unavailable):
    """The workflow has not begun yet, or was just going over into its next run: nothing was decided."""


class _QueryFailed(NotReady):
    """A query failed inside: its worker was too busy to look, or has a fault."""


class TooMany(Exception):  # noqa: N818  it is told to a person
    """As much is being decided for this course as Temporal takes at once. Sending the same again is safe."""


async def answer(ask: Callable[[], Awaitable[Answered]], nobody: RefusalCode, message: str) -> Answered:
    """A workflow's own answer or refusal, or `Refused` with code `nobody` where there is no such workflow.

    It is asked again while it is not ready: it has not begun, is going over into its next run, or its worker was too
    busy to look. Raises `AlreadyAnswered`, `Refused`, `Unavailable`, `Defect` or `TooMany`.
    """
    for pause in (*PAUSES, None):
        try:
            with _in_our_words(nobody, message):
                return await ask()
        except NotReady as not_ready:
            if pause is None and isinstance(not_ready, _QueryFailed):
                raise Defect("it could not be asked, for a fault of Kapstan's own") from not_ready
            if pause is None:
                raise
            await asyncio.sleep(pause.total_seconds())
    raise AssertionError("the last pause is none")


@contextmanager
def _in_our_words(nobody: RefusalCode, message: str) -> Iterator[None]:
    try:
        yield
    except WorkflowUpdateFailedError as failed:
        _raise_told(failed)
    except WorkflowUpdateRPCTimeoutOrCancelledError as failed:
        if isinstance(failed.__cause__, asyncio.CancelledError):
            raise asyncio.CancelledError from failed
        raise Unavailable(f"no answer within {ANSWER_WITHIN.seconds} s; is a worker running?") from failed
    except WorkflowQueryFailedError as failed:
        raise _QueryFailed("it could not be asked") from failed
    except RuntimeError as failed:  # the SDK's word for a first connection that could not be made
        raise Unavailable("Temporal cannot be reached") from failed
    except RPCError as failed:
        match failed.status:
            case RPCStatusCode.NOT_FOUND:
                raise Refused.because(nobody, message) from None
            case RPCStatusCode.FAILED_PRECONDITION:
                raise NotReady(f"it was not ready to answer: {failed.message}") from failed
            case RPCStatusCode.RESOURCE_EXHAUSTED:
                raise TooMany("ten events of this course are being decided; send it again in a moment") from failed
            case RPCStatusCode.CANCELLED | RPCStatusCode.DEADLINE_EXCEEDED:
                raise Unavailable(f"no answer within {ANSWER_WITHIN.seconds} s; is a worker running?") from failed
            case _:
                raise Unavailable(f"Temporal did not answer: {failed.message}") from failed


def _raise_told(failed: WorkflowUpdateFailedError) -> None:
    cause = failed.cause
    if isinstance(cause, ApplicationError):
        if cause.type == AlreadyAnswered.__name__ and cause.details:
            raise AlreadyAnswered(Answer.model_validate(cause.details[0])) from None
        if cause.type == Refused.__name__ and cause.details:
            raise Refused(Refusal.model_validate(cause.details[0])) from None
        if cause.type == RUN_ENDED:
            raise NotReady("it was just going over into its next run") from failed
    # Nobody may read what it says: it may quote a patient.
    raise Defect("it could not be decided, for a fault of Kapstan's own: nothing has changed") from None


async def running(client: Client, query: str) -> list[str]:
    """The ids of the workflows of this query that still run, as Temporal itself lists them. Raises `Unavailable`."""
    with _unavailable():
        listed = client.list_workflows(
            f'ExecutionStatus = "Running" AND {query}', limit=MOST_LISTED, rpc_timeout=ANSWER_WITHIN
        )
        return [one.id async for one in listed]


async def counted(client: Client, query: str) -> int:
    """How many runs of workflows of this query Temporal knows, ended ones included. Raises `Unavailable`."""
    with _unavailable():
        return (await client.count_workflows(query, rpc_timeout=ANSWER_WITHIN)).count


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except RuntimeError as failed:
        raise Unavailable("Temporal cannot be reached") from failed
    except RPCError as failed:
        raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

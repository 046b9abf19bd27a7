"""One call to a workflow with a time limit and retries; Temporal's errors become Kapstan's own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn, TypeVar

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
from gateway.undecipherable import Undecipherable
from workflows.course import BUSY

ANSWER_WITHIN = timedelta(seconds=10)
"""How long a caller waits for a workflow. An event accepted later than that is answered when it is sent again."""


PAUSES = tuple(timedelta(milliseconds=wait) for wait in (50, 100, 200, 400, 800))
"""Pauses before retries: a first task or a continue-as-new takes milliseconds, and a repeated event is recognized."""

RUN_ENDED = "AcceptedUpdateCompletedWorkflow"
"""The server's error for an update whose run ended before it was answered; a retry reaches the next run."""

MOST_LISTED = 1_000
"""Most workflows listed at once without the record store."""

Answered = TypeVar("Answered")


class Unavailable(Exception):  # noqa: N818  it is told to a person
    """Temporal cannot be reached or did not answer in time. Sending the same again is safe."""


class Defect(Unavailable):
    """A defect of Kapstan made the call fail, and nothing was decided: the worker's log says where. Sending it again is
    safe, but fails until the defect is fixed.
    """


class Ended(Unavailable):
    """The workflow was ended in Temporal, not by a clinic event: it accepts nothing and watches nobody."""


class KeysDiffer(Unavailable):
    """The worker cannot read what was sent, or the caller the answer: `KAPSTAN_PAYLOAD_KEYS` differ.

    The message says which key is wanted.
    """


class NotReady(Unavailable):
    """The workflow has not begun yet, or was just continuing as new: nothing was decided."""


class _QueryFailed(NotReady):
    """A query failed in its worker, which was too busy or has a defect."""


class TooMany(Exception):  # noqa: N818  it is told to a person
    """The course has as many updates in flight as Temporal allows. Sending the same again is safe."""


async def answer(ask: Callable[[], Awaitable[Answered]], nobody: RefusalCode, message: str) -> Answered:
    """Calls a workflow and returns its answer. If there is no such workflow, raises `Refused` with code `nobody`.

    Retries while the workflow is not ready: it has not begun, is continuing as new, or its worker is too busy. Raises
    `AlreadyAnswered`, `Refused`, `Unavailable`, `Defect`, `KeysDiffer` or `TooMany`.
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
    except Undecipherable as failed:
        raise KeysDiffer(f"the answer came, and cannot be read here: {failed}") from None
    except WorkflowUpdateFailedError as failed:
        raise_told(failed.cause)
    except WorkflowUpdateRPCTimeoutOrCancelledError as failed:
        if isinstance(failed.__cause__, asyncio.CancelledError):
            raise asyncio.CancelledError from failed
        raise Unavailable(f"no answer within {ANSWER_WITHIN.seconds} s; is a worker running?") from failed
    except WorkflowQueryFailedError as failed:
        if Undecipherable.is_told_by(failed.message):
            raise _unread(failed.message) from None
        raise _QueryFailed("it could not be asked") from failed
    except RuntimeError as failed:  # how the SDK reports that the first connection failed
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


def raise_told(cause: BaseException | None) -> NoReturn:
    """Raises in our words what made an update fail."""
    if isinstance(cause, ApplicationError):
        if cause.type == AlreadyAnswered.__name__ and cause.details:
            raise AlreadyAnswered(Answer.model_validate(cause.details[0], extra="ignore")) from None
        if cause.type == Refused.__name__ and cause.details:
            raise Refused(Refusal.model_validate(cause.details[0], extra="ignore")) from None
        if cause.type == Undecipherable.__name__:
            raise _unread(cause.message) from None
        if cause.type == RUN_ENDED:
            raise NotReady("it was just going over into its next run") from cause
        if cause.type == BUSY:
            raise NotReady(f"it was not ready: {cause.message}") from cause
    # Its message is dropped: it may quote a patient.
    raise Defect("it could not be decided, for a fault of Kapstan's own: nothing has changed") from None


def _unread(why: str) -> KeysDiffer:
    return KeysDiffer(f"a worker refused what was sent: {why}")


async def running(client: Client, query: str) -> list[str]:
    """The ids of the running workflows that match this query, as Temporal lists them. Raises `Unavailable`."""
    with _unavailable():
        listed = client.list_workflows(
            f'ExecutionStatus = "Running" AND {query}', limit=MOST_LISTED, rpc_timeout=ANSWER_WITHIN
        )
        return [one.id async for one in listed]


async def named(client: Client, query: str) -> list[str]:
    """The ids of all workflows that match this query, running or ended, each once. Raises `Unavailable`."""
    with _unavailable():
        listed = client.list_workflows(query, rpc_timeout=ANSWER_WITHIN)
        return list(dict.fromkeys([one.id async for one in listed]))


async def runs_of(client: Client, workflow_id: str) -> list[str]:
    """The run ids of this workflow, running or ended, that Temporal still holds. Raises `Unavailable`."""
    with _unavailable():
        return [
            one.run_id
            async for one in client.list_workflows(f'WorkflowId = "{workflow_id}"', rpc_timeout=ANSWER_WITHIN)
        ]


async def counted(client: Client, query: str) -> int:
    """How many workflow runs match this query, ended ones included. Raises `Unavailable`."""
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

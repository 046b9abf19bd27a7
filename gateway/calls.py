"""One call to a workflow, within its time, with Temporal's errors in our words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.answer import AlreadyAnswered, Answer
from domain.refusal import Refusal, RefusalCode, Refused

ANSWER_WITHIN = timedelta(seconds=10)
"""How long a caller waits for a course. What was accepted after that is answered when it is sent again."""


PAUSES = tuple(timedelta(milliseconds=wait) for wait in (50, 100, 200, 400, 800))
"""A change of runs takes a few milliseconds; what is sent again is known again by its id."""

Answered = TypeVar("Answered")


class Unavailable(Exception):  # noqa: N818  it is told to a person
    """Temporal cannot be reached or did not answer in time. Sending the same again is safe."""


class NotReady(Unavailable):
    """The course was just going over into its next run, so nothing was decided."""


class TooMany(Exception):  # noqa: N818  it is told to a person
    """As much is being decided for this course as Temporal takes at once. Sending the same again is safe."""


@contextmanager
def answered(nobody: RefusalCode, message: str) -> Iterator[None]:
    """A workflow's own answer or refusal, or `Refused` with code `nobody` where there is no such workflow.

    Raises `AlreadyAnswered`, `Refused`, `Unavailable` or `TooMany`.
    """
    try:
        yield
    except WorkflowUpdateFailedError as failed:
        _raise_told(failed)
    except WorkflowUpdateRPCTimeoutOrCancelledError as failed:
        if isinstance(failed.__cause__, asyncio.CancelledError):
            raise asyncio.CancelledError from failed
        raise Unavailable(f"no answer within {ANSWER_WITHIN.seconds} s; is a worker running?") from failed
    except WorkflowQueryFailedError as failed:
        raise Refused.because(nobody, message) from failed
    except RPCError as failed:
        match failed.status:
            case RPCStatusCode.NOT_FOUND:
                raise Refused.because(nobody, message) from None
            case RPCStatusCode.FAILED_PRECONDITION:
                raise NotReady("the course was changing runs; send it again") from failed
            case RPCStatusCode.RESOURCE_EXHAUSTED:
                raise TooMany("ten events of this course are being decided; send it again in a moment") from failed
            case _:
                raise Unavailable(f"Temporal did not answer: {failed.message}") from failed


async def until_ready(ask: Callable[[], Awaitable[Answered]]) -> Answered:
    """What `ask` gives, asked again while the course changes runs. Raises `Unavailable` when that takes too long."""
    for pause in PAUSES:
        try:
            return await ask()
        except NotReady:
            await asyncio.sleep(pause.total_seconds())
    return await ask()


def _raise_told(failed: WorkflowUpdateFailedError) -> None:
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.details:
        if cause.type == AlreadyAnswered.__name__:
            raise AlreadyAnswered(Answer.model_validate(cause.details[0])) from None
        if cause.type == Refused.__name__:
            raise Refused(Refusal.model_validate(cause.details[0])) from None
    raise Unavailable(f"the course could not decide: {cause}") from failed

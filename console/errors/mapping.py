"""Maps exceptions to RFC 9457 problems."""

import logging
import traceback
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from console.errors.problems import AGAIN_AFTER, ProblemCode, ProblemError, problem_error, refused
from console.request_id import request_id
from domain.events.parsing import field_error
from domain.refusal import Refused
from gateway.workflow_calls import Defect, KeysDiffer, TooMany, Unavailable
from records.errors import RecordStoreError, RecordStoreUnreachable

EXPECTED: Final = (
    ProblemError,
    Refused,
    TooMany,
    Unavailable,
    RecordStoreError,
    RequestValidationError,
    HTTPException,
    ClientDisconnect,
)
"""Expected exceptions: each maps to a problem and is no fault of the console."""

_BY_STATUS = {400: ProblemCode.MALFORMED, 404: ProblemCode.NOT_FOUND, 405: ProblemCode.METHOD_NOT_ALLOWED}

log = logging.getLogger(__name__)


def problem_of(error: BaseException) -> ProblemError | None:
    """The problem that this error maps to; None for an unexpected one."""
    match error:
        case ProblemError():
            return error
        case Refused():
            return refused(error.refusal)
        case TooMany():
            return problem_error(ProblemCode.TOO_MANY, str(error), retry_after=AGAIN_AFTER)
        case RecordStoreUnreachable():
            # The address is for whoever runs Kapstan, not for the caller.
            log.warning("%s", error)
            return problem_error(ProblemCode.UNAVAILABLE, "The record store does not answer", retry_after=AGAIN_AFTER)
        case Defect():
            return problem_error(ProblemCode.INTERNAL, f"{error}. The request id finds it in the log of a worker")
        case KeysDiffer():
            log.error("%s", error)
            return problem_error(ProblemCode.UNAVAILABLE, str(error), retry_after=AGAIN_AFTER)
        case Unavailable() | RecordStoreError():
            return problem_error(ProblemCode.UNAVAILABLE, str(error), retry_after=AGAIN_AFTER)
        case RequestValidationError():
            return _invalid(error)
        case ClientDisconnect():
            return problem_error(ProblemCode.MALFORMED, "The body ended before it was whole")
        case HTTPException(__cause__=(ProblemError() | ClientDisconnect()) as cause):
            return problem_of(cause)  # FastAPI hides what was raised while it read a form
        case HTTPException() if error.status_code in _BY_STATUS:
            code = _BY_STATUS[error.status_code]
            return problem_error(code, code.meaning, also=error.headers)
        case _:
            return None


def fault(error: Exception) -> ProblemError:
    """The problem for an unexpected error. Only its place is logged, never its message, which may quote a patient."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("A request failed with %s\n%s", type(error).__name__, where, extra={"request_id": request_id()})
    return problem_error(ProblemCode.INTERNAL, ProblemCode.INTERNAL.meaning)


def _invalid(error: RequestValidationError) -> ProblemError:
    errors = tuple(field_error(tuple(one["loc"]), one["msg"]) for one in error.errors())
    return problem_error(ProblemCode.INVALID, "; ".join(f"{one.pointer}: {one.detail}" for one in errors), *errors)

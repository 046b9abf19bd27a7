"""RFC 9457 problems, each with a stable code that a clinic's software can tell apart."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from math import ceil
from typing import Final

from pydantic import Field

from domain.refusal import FieldError, Refusal, RefusalCode
from domain.values import Blocker, Frozen

MEDIA_TYPE: Final = "application/problem+json"

AGAIN_AFTER: Final = timedelta(seconds=2)
"""`Retry-After` where the real wait is not known."""


class ProblemCode(StrEnum):
    """Stable code of a kind of problem."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    UNKNOWN_COURSE = "unknown_course"
    UNKNOWN_ESCALATION = "unknown_escalation"
    UNKNOWN_PROTOCOL = "unknown_protocol"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BLOCKED = "blocked"
    COURSE_EXISTS = "course_exists"
    COURSE_CLOSED = "course_closed"
    COURSE_FULL = "course_full"
    EVENT_ID_REUSED = "event_id_reused"
    NOT_OPEN = "not_open"
    LINK_USED = "link_used"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID = "invalid"
    TOO_MANY = "too_many"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status of the response."""
        return HTTPStatus(_KINDS[self][0])

    @property
    def heading(self) -> str:
        """The problem's `title`: the same each time."""
        return _KINDS[self][1]

    @property
    def meaning(self) -> str:
        """When the problem occurs, and what to do about it."""
        return _KINDS[self][2]


_KINDS: Mapping[ProblemCode, tuple[int, str, str]] = {
    ProblemCode.MALFORMED: (400, "Malformed", "Not JSON, not a CloudEvent, or an unknown `type`."),
    ProblemCode.UNAUTHENTICATED: (401, "Not authenticated", "No token, or one that is unknown, revoked or expired."),
    ProblemCode.FORBIDDEN: (403, "Not allowed", "The token's role, site, person or actor roles may not do this."),
    ProblemCode.NOT_FOUND: (404, "Not found", "There is nothing at this path."),
    ProblemCode.UNKNOWN_COURSE: (404, "Unknown course", "There is no such course."),
    ProblemCode.UNKNOWN_ESCALATION: (404, "Unknown escalation", "There is no such escalation."),
    ProblemCode.UNKNOWN_PROTOCOL: (404, "Unknown protocol", "There is no such protocol."),
    ProblemCode.METHOD_NOT_ALLOWED: (405, "Method not allowed", "This path takes another method."),
    ProblemCode.BLOCKED: (
        409,
        "Blocked",
        "The protocol does not allow it now: `blockers` says why, `next` what may come. The course is unchanged.",
    ),
    ProblemCode.COURSE_EXISTS: (409, "Course exists", "A second referral of a course."),
    ProblemCode.COURSE_CLOSED: (409, "Course closed", "The course has ended."),
    ProblemCode.COURSE_FULL: (
        409,
        "Course full",
        "The course holds as much as it can. It still takes decisions, and facts that call for a human.",
    ),
    ProblemCode.EVENT_ID_REUSED: (
        409,
        "Event id reused",
        "An event of this `source` and `id` was accepted with other content.",
    ),
    ProblemCode.NOT_OPEN: (409, "Not open", "The escalation is resolved already."),
    ProblemCode.LINK_USED: (409, "Link used", "A page's link answers once: the newest page has another."),
    ProblemCode.TOO_LARGE: (
        413,
        "Too large",
        "The body is over 256 KiB, the batch over 100 events, or an event over 64 KiB.",
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: (
        415,
        "Unsupported media type",
        "The body is of another type than this path takes.",
    ),
    ProblemCode.INVALID: (422, "Invalid", "A field is wrong: `errors` names each by its JSON pointer or parameter."),
    ProblemCode.TOO_MANY: (
        429,
        "Too many",
        "The token's rate is exceeded, or ten events of this course are being decided. Wait for `Retry-After`.",
    ),
    ProblemCode.INTERNAL: (500, "Internal error", "A fault of Kapstan's own. The request id finds it in the log."),
    ProblemCode.UNAVAILABLE: (
        503,
        "Unavailable",
        "Nobody answered in time. Send the same again after `Retry-After`: what was accepted gets its first answer.",
    ),
}


class Problem(Frozen):
    """An RFC 9457 problem. `code` is stable; `detail` is the sentence for a person."""

    type: str = Field(description="A name for the kind of problem", examples=["urn:kapstan:problem:blocked"])
    title: str
    status: int
    code: ProblemCode
    detail: str
    request_id: str | None = Field(None, description="What the log and the ledger know this request by")
    blockers: tuple[Blocker, ...] | None = None
    next: tuple[str, ...] | None = None
    errors: tuple[FieldError, ...] | None = None

    def headers(self) -> Mapping[str, str]:
        """Response headers that go with the problem."""
        return {"WWW-Authenticate": 'Bearer realm="kapstan"'} if self.code is ProblemCode.UNAUTHENTICATED else {}

    def body(self) -> bytes:
        """The problem as JSON, without the members that are not set."""
        return self.model_dump_json(exclude_none=True).encode()


class ProblemError(Exception):
    """Ends the request with this problem."""

    def __init__(
        self, problem: Problem, *, retry_after: timedelta | None = None, also: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.retry_after = retry_after
        self._also = also or {}

    def headers(self) -> dict[str, str]:
        """Headers of the response."""
        wait = {"Retry-After": str(max(1, ceil(self.retry_after.total_seconds())))} if self.retry_after else {}
        return {**self.problem.headers(), **self._also, **wait}


def problem_error(
    code: ProblemCode,
    detail: str,
    *errors: FieldError,
    retry_after: timedelta | None = None,
    also: Mapping[str, str] | None = None,
) -> ProblemError:
    """A `ProblemError` of this code with its own detail; `also` are further response headers."""
    return ProblemError(_problem(code, detail).but(errors=errors or None), retry_after=retry_after, also=also)


def refused(refusal: Refusal) -> ProblemError:
    """The problem for a refusal by a course or an escalation."""
    code = ProblemCode(refusal.code)
    is_blocked = refusal.code is RefusalCode.BLOCKED
    return ProblemError(
        _problem(code, refusal.message).but(
            blockers=refusal.blockers if is_blocked else None,
            next=refusal.next if is_blocked else None,
            errors=refusal.errors or None,
        )
    )


def _problem(code: ProblemCode, detail: str) -> Problem:
    return Problem(
        type=f"urn:kapstan:problem:{code}", title=code.heading, status=code.status.value, code=code, detail=detail
    )

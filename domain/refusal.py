"""Refusals: why an event or act was not accepted, with blockers, field errors or what may come instead."""

from enum import StrEnum
from typing import Self

from domain.values import Blocker, Frozen


class RefusalCode(StrEnum):
    """The code of a refusal: stable, and the same on the command line and over HTTP."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    BLOCKED = "blocked"
    UNKNOWN_COURSE = "unknown_course"
    COURSE_EXISTS = "course_exists"
    COURSE_CLOSED = "course_closed"
    COURSE_FULL = "course_full"
    EVENT_ID_REUSED = "event_id_reused"
    NOT_OPEN = "not_open"
    LINK_USED = "link_used"
    TOO_LARGE = "too_large"
    INTERNAL = "internal"
    UNKNOWN_ESCALATION = "unknown_escalation"


class FieldError(Frozen):
    """An error in one field, named by its JSON pointer (`/data/systolic`)."""

    pointer: str
    detail: str


class Refusal(Frozen):
    """The content of a refusal: its code, a sentence, and the blockers or what may come instead."""

    code: RefusalCode
    message: str
    blockers: tuple[Blocker, ...] = ()
    next: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()


class Refused(Exception):  # noqa: N818  it is an answer, not an error
    """Raised when an event or act is not accepted; nothing has changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    @classmethod
    def because(cls, code: RefusalCode, message: str) -> Self:
        """A refusal with a code and one sentence."""
        return cls(Refusal(code=code, message=message))


def invalid(*errors: FieldError) -> Refused:
    """The refusal `invalid` with these field errors."""
    told = "; ".join(f"{error.pointer}: {error.detail}" for error in errors)
    return Refused(Refusal(code=RefusalCode.INVALID, message=told, errors=errors))

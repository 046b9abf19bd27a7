"""The words that everything else is said with: roles, severities, actors, blockers."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

from domain.moments import FromOutside

CourseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""One patient's course: opaque, never a name, a birth date or a record number in clear."""

_NO_NUL = r"^[^\x00]+$"  # PostgreSQL's text holds any character but this one

PersonId = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=64)]
"""Somebody who acts, as the clinic and its on-call file name them."""

Code = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=64)]
"""A word of some code system: a condition, a symptom, a topic."""

Name = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=200)]
"""What something is called."""

Attribute = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]+$", max_length=200)]
"""An attribute of a CloudEvent: text without control characters, as the standard asks."""

Text = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=4000)]
"""What somebody writes."""

Moment: TypeAlias = Annotated[datetime, FromOutside()]
"""A moment with an offset. Told from outside it must be RFC 3339 text, between the years 1900 and 2200."""


class Frozen(BaseModel):
    """A fact: it never changes; `but` says it again with some of it different."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    def but(self, **changes: object) -> Self:
        """The same fact with these fields different. Raises `AttributeError` for a field it does not have."""
        if unknown := changes.keys() - type(self).model_fields.keys():
            raise AttributeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_copy(update=changes)


def bounds(model: type[Frozen], field: str) -> tuple[float, float]:
    """Between which two numbers a field of the model lies. Raises `StopIteration` where it has no such bounds."""
    said = model.model_json_schema()["properties"][field]
    number = next(part for part in (said, *said.get("anyOf", ())) if "maximum" in part)
    return number.get("minimum", number.get("exclusiveMinimum")), number["maximum"]


class Role(StrEnum):
    """In what capacity somebody reports a clinic event."""

    PRESCRIBER = "prescriber"
    MONITOR = "monitor"
    THERAPIST = "therapist"
    COORDINATOR = "coordinator"
    PATIENT = "patient"
    SYSTEM = "system"


class Severity(StrEnum):
    """How soon an escalation must reach a human."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for routine, rising with severity."""
        return list(type(self)).index(self)


class Actor(Frozen):
    """Who did it, in what capacity."""

    id: PersonId
    role: Role


class Blocker(Frozen):
    """One named reason why the next step may not happen yet."""

    code: str
    message: str
    absolute: bool = False
    observed: str | int | float | bool | None = None
    limit: str | int | float | bool | None = None
    source: str | None = None


def absolute_first(blockers: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """The same, those that nobody can override first."""
    return tuple(sorted(blockers, key=lambda blocker: not blocker.absolute))

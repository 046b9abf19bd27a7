"""Shared value types of the domain: ids, roles, severities, actors and blockers."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

from domain.moments import FromOutside

CourseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""One patient's course: opaque, never a name, a birth date or a record number in clear."""

GroupId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Several courses that are booked together, as the clinic names them: opaque, as a course's id is."""

_NO_NUL = r"^[^\x00]+$"  # PostgreSQL's text holds any character but this one

PersonId = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=64)]
"""A person's id, as the clinic and its on-call file name them."""

Code = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=64)]
"""A code, such as of a condition, a symptom or a topic."""

Name = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=200)]
"""A display name."""

Attribute = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]+$", max_length=200)]
"""An attribute of a CloudEvent: text without control characters, as the standard asks."""

Text = Annotated[str, StringConstraints(pattern=_NO_NUL, max_length=4000)]
"""Free text."""

Moment: TypeAlias = Annotated[datetime, FromOutside()]
"""A moment with an offset. From outside it must be RFC 3339 text, between the years 1900 and 2200."""


class Frozen(BaseModel):
    """Base of all immutable models; `but` makes a changed copy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    def model_post_init(self, _context: object) -> None:
        """Shares the set of the fields that were given, half of a small model's memory, with models given the same."""
        given = _shared(frozenset(self.__pydantic_fields_set__))
        object.__setattr__(self, "__pydantic_fields_set__", given)

    def but(self, **changes: object) -> Self:
        """A copy with these fields different. Raises `AttributeError` for an unknown field."""
        model = type(self)
        if unknown := changes.keys() - model.__pydantic_fields__.keys():
            raise AttributeError(f"{model.__name__} has no field {', '.join(sorted(unknown))}")
        # As `model_copy` does, in half its time: nothing else of a model is made as often while a course is decided.
        changed, write, given = model.__new__(model), object.__setattr__, self.__pydantic_fields_set__
        if not changes.keys() <= given:
            given = _shared(frozenset(given | changes.keys()))
        write(changed, "__dict__", {**self.__dict__, **changes})
        write(changed, "__pydantic_fields_set__", given)
        write(changed, "__pydantic_extra__", self.__pydantic_extra__)
        write(changed, "__pydantic_private__", self.__pydantic_private__)
        return changed


@lru_cache(maxsize=4096)
def _shared(fields: frozenset[str]) -> set[str]:
    return set(fields)


def bounds(model: type[Frozen], field: str) -> tuple[float, float]:
    """The lower and upper bound of a model's field. Raises `StopIteration` if it has none."""
    said = model.model_json_schema()["properties"][field]
    number = next(part for part in (said, *said.get("anyOf", ())) if "maximum" in part)
    return number.get("minimum", number.get("exclusiveMinimum")), number["maximum"]


class Role(StrEnum):
    """The role in which somebody reports a clinic event."""

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

    @cached_property
    def rank(self) -> int:
        """0 for routine, rising with severity."""
        return list(type(self)).index(self)


class Actor(Frozen):
    """Who did something, and in which role."""

    id: PersonId
    role: Role


class Blocker(Frozen):
    """One named reason why an event may not happen now; an absolute one cannot be overridden."""

    code: str
    message: str
    absolute: bool = False
    observed: str | int | float | bool | None = None
    limit: str | int | float | bool | None = None
    source: str | None = None


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Both numbers with three decimals, or as many as it takes to see which is more: 0.501 and 0.5.

    At most six figures, as a number is told anywhere.
    """
    for decimals in (3, 4, 5):
        said = f"{round(one, decimals):g}", f"{round(other, decimals):g}"
        if said[0] != said[1]:
            return said
    return f"{one:g}", f"{other:g}"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun: `1 session`, `2 sessions`; `many` is the plural where an s is not enough."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def absolute_first(blockers: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """The same blockers, absolute ones first."""
    return tuple(sorted(blockers, key=lambda blocker: not blocker.absolute))

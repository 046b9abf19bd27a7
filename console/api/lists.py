"""Lists, a page at a time: `{"items": […], "next": …}`, where `next` is the cursor that the next page is asked with."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query

from console.problems import ProblemCode, Told, told
from domain.refusal import FieldError
from domain.values import Frozen

Item = TypeVar("Item", bound=Frozen)

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most")]


class Items(Frozen, Generic[Item]):
    """One page of a list. `next` is null on the last one."""

    items: tuple[Item, ...]
    next: str | None


def page(found: Sequence[Item], limit: int, cursor: Callable[[Item], str]) -> tuple[tuple[Item, ...], str | None]:
    """The first `limit` of what was found, and `next`; one more was asked for, to know whether there is any."""
    shown = tuple(found[:limit])
    return shown, cursor(shown[-1]) if len(found) > limit else None


def lost(cursor: str) -> Told:
    """What is told of a cursor that no page ever gave: an empty page would look like the end of the list."""
    detail = f"`next` of a page before was expected, not {cursor}"
    return told(ProblemCode.INVALID, detail, FieldError(pointer="/query/cursor", detail=detail))

"""Cursor-paged lists: `{"items": […], "next": …}`, where `next` is the cursor of the next page.

A row of the record that cannot be read stands under `unreadable`, by its id, and the others are shown.
"""

from collections.abc import Callable
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Query
from pydantic import Field

from console.errors.problems import ProblemCode, ProblemError, problem_error
from domain.refusal import FieldError
from domain.values import Frozen
from records.unreadable_rows import Found, Unreadable

Item = TypeVar("Item", bound=Frozen)

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most")]


class Items(Frozen, Generic[Item]):
    """One page of a list. `next` is null on the last page."""

    items: tuple[Item, ...]
    next: str | None
    unreadable: tuple[Unreadable, ...] = Field(
        (), exclude_if=lambda rows: not rows, description="Rows of this page that cannot be read; absent where all can"
    )


class ListPage(NamedTuple, Generic[Item]):
    """The content of one page, before its items are rendered."""

    items: tuple[Item, ...]
    next: str | None
    unreadable: tuple[Unreadable, ...]


def page(found: Found[Item], limit: int, cursor: Callable[[Item], str]) -> ListPage[Item]:
    """The first `limit` rows found, and `next`. The caller fetches `limit + 1` rows, to show whether more follow."""
    shown = frozenset(found.ids[:limit])
    return ListPage(
        items=tuple(one for one in found if cursor(one) in shown),
        next=found.ids[limit - 1] if len(found.ids) > limit else None,
        unreadable=tuple(one for one in found.unreadable if one.id in shown),
    )


def lost(cursor: str) -> ProblemError:
    """The problem for a cursor that no page ever gave. An empty page would look like the end of the list."""
    detail = f"must be `next` of a page before, not {cursor}"
    return problem_error(ProblemCode.INVALID, detail, FieldError(pointer="/query/cursor", detail=detail))

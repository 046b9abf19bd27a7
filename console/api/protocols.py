"""Routes for protocols: their versions and approvals, and every value with its evidence."""

from itertools import dropwhile
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from console.api.answers import problems
from console.api.lists import Items, Limit, lost, page
from console.auth import with_one_of
from console.errors.problems import ProblemCode, problem_error
from console.services import LibraryDep
from domain.access import Caller, Right
from domain.protocol.approval import Approval, content_hash
from domain.protocol.parameters import ParameterRow, rows
from domain.values import Frozen, Name
from gateway.protocols import Shelved
from records.unreadable_rows import Found

Reader = Annotated[Caller, Depends(with_one_of(Right.READ_PROTOCOLS))]

router = APIRouter(prefix="/v1/protocols", tags=["protocols"])


class ProtocolShown(Frozen):
    """One version of a protocol, and who approved its present content."""

    id: str
    version: str
    title: str
    hash: str
    approved: bool
    approvals: tuple[Approval, ...]


class ProtocolWhole(ProtocolShown):
    """One version of a protocol with every parameter in words and its evidence."""

    parameters: tuple[ParameterRow, ...]


class ProtocolShownList(Items[ProtocolShown]):
    """One page of the protocols. `next` is null on the last page."""


@router.get("")
async def protocols(
    library: LibraryDep,
    _caller: Reader,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
) -> ProtocolShownList:
    """Every version of every protocol that the console knows."""
    shown = [ProtocolShown.model_validate(_shown(one)) for one in library.shelf]
    if cursor is not None:
        if cursor not in map(_place, shown):
            raise lost(cursor)
        shown = list(dropwhile(lambda one: _place(one) != cursor, shown))[1:]
    one_page = page(Found(shown, ids=map(_place, shown)), limit, _place)
    return ProtocolShownList(items=one_page.items, next=one_page.next)


@router.get("/{protocol_id}", responses=problems(ProblemCode.UNKNOWN_PROTOCOL))
async def protocol(
    library: LibraryDep,
    _caller: Reader,
    protocol_id: Annotated[Name, Path(description="The protocol's id", examples=["kap-im-weekly"])],
    version: Annotated[Name | None, Query(description="This version; the newest where none is named")] = None,
) -> ProtocolWhole:
    """One version with every parameter."""
    found = library.find(protocol_id, version)
    if found is None:
        named = protocol_id if version is None else f"{protocol_id} {version}"
        raise problem_error(ProblemCode.UNKNOWN_PROTOCOL, f"There is no protocol {named}")
    return ProtocolWhole.model_validate({**_shown(found), "parameters": rows(found.protocol)})


def _place(shown: ProtocolShown) -> str:
    return f"{shown.id}@{shown.version}"


def _shown(shelved: Shelved) -> dict[str, object]:
    protocol = shelved.protocol
    return {
        "id": protocol.id,
        "version": protocol.version,
        "title": protocol.title,
        "hash": content_hash(protocol),
        "approved": shelved.is_approved,
        "approvals": shelved.approvals,
    }

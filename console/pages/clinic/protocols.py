"""Pages of the clinic's protocols: every value with its unit and its evidence."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from console.errors.problems import ProblemCode, problem_error
from console.pages.clinic.parameter_words import name_in_words, parameter_in_words, value_in_words
from console.pages.frame.clock import Clock
from console.pages.frame.csv_file import csv_file, csv_href
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import GRADES
from domain.access import Right
from domain.protocol.approval import content_hash
from domain.protocol.differences import differences
from domain.protocol.model import Protocol
from domain.protocol.parameters import ParameterRow, rows
from domain.protocol.sources import Source
from domain.protocol.strictness import Strictness, strictness
from domain.values import Frozen
from gateway.protocols import Library, Shelved

PATH: Final = "/protocols"
COLUMNS: Final = ("protocol_id", "version", "title", "approved_by", "content_hash")
Reader = Annotated[Viewer, Depends(looking(Right.READ_PROTOCOLS))]


router = APIRouter(include_in_schema=False)


class Listed(Frozen):
    """One version of a protocol in the list."""

    id: str
    version: str
    title: str
    href: str
    approved_by: tuple[str, ...]


class ProtocolsPage(Frozen):
    """Every version that the console knows, by protocol, newest first."""

    protocols: tuple[Listed, ...]
    csv: str


class Cited(Frozen):
    """A piece of text; one that names a source says which, and leads to it."""

    text: str
    href: str | None = None
    title: str | None = None


class ParameterLine(Frozen):
    """One parameter: in words, its key in the file, its value and its evidence."""

    words: str
    key: str
    value: str
    grade: str | None
    source: tuple[Cited, ...]
    note: tuple[Cited, ...]


class Changed(Frozen):
    """One parameter that differs from the version before; None where one of the two has none."""

    words: str
    key: str
    before: tuple[Cited, ...] | None
    after: tuple[Cited, ...] | None
    strictness: Strictness | None


class ParameterTable(Frozen):
    """The parameters of one table of the file."""

    name: str
    heading: str
    lines: tuple[ParameterLine, ...]


class ApprovedBy(Frozen):
    """Who approved it, when, and what they say by it."""

    by: str
    at: Clock
    meaning: str | None


class ProtocolPage(Frozen):
    """One whole version, and its differences from the version before, if there is one."""

    id: str
    version: str
    title: str
    hash: str
    approvals: tuple[ApprovedBy, ...]
    versions: tuple[Listed, ...]
    before: str | None
    differences: tuple[Changed, ...]
    tables: tuple[ParameterTable, ...]
    sources: tuple[Source, ...]
    rehearsal: str


@router.get(PATH)
async def protocols(viewer: Reader) -> Response:
    """The list of protocols."""
    newest_first = reversed(viewer.services.library.shelf)
    shown = ProtocolsPage(protocols=tuple(map(_listed, newest_first)), csv=csv_href(viewer, f"{PATH}.csv"))
    return await floor_page(viewer, PATH, "protocols.html", shown)


@router.get(PATH + ".csv")
async def protocols_as_csv(viewer: Reader) -> Response:
    """The same list, each version with the hash of its content, which its approvals are for."""
    return csv_file("kapstan-protocols", COLUMNS, map(_row, reversed(viewer.services.library.shelf)))


@router.get(PATH + "/{protocol_id}")
async def protocol(
    viewer: Reader,
    protocol_id: Annotated[str, Path(max_length=200)],
    version: Annotated[str | None, Query(max_length=50)] = None,
) -> Response:
    """One version of a protocol; the newest if none is named."""
    library = viewer.services.library
    found = found_in(library, protocol_id, version)
    versions = library.versions(protocol_id)
    place = versions.index(found)
    before = versions[place - 1].protocol if place else None
    clock = viewer.clock()
    shown = ProtocolPage(
        id=found.protocol.id,
        version=found.protocol.version,
        title=found.protocol.title,
        hash=content_hash(found.protocol),
        approvals=tuple(ApprovedBy(by=one.by, at=clock.at(one.at), meaning=one.meaning) for one in found.approvals),
        versions=tuple(_listed(one) for one in reversed(versions)),
        before=before.version if before else None,
        differences=_changed(before, found.protocol, _by_id(found)) if before else (),
        tables=_tables(rows(found.protocol), _by_id(found)),
        sources=found.sources,
        rehearsal=f"{PATH}/{found.protocol.id}/rehearsal?version={found.protocol.version}",
    )
    return await floor_page(viewer, PATH, "protocol.html", shown)


def found_in(library: Library, protocol_id: str, version: str | None) -> Shelved:
    """That version of the protocol; the newest if none is named. Raises `ProblemError` (`unknown_protocol`)."""
    found = library.find(protocol_id, version)
    if found is None:
        raise problem_error(
            ProblemCode.UNKNOWN_PROTOCOL, f"There is no protocol {protocol_id} {version or ''}".rstrip()
        )
    return found


def _listed(shelved: Shelved) -> Listed:
    of = shelved.protocol
    return Listed(
        id=of.id,
        version=of.version,
        title=of.title,
        href=f"{PATH}/{of.id}?version={of.version}",
        approved_by=tuple(one.by for one in shelved.approvals),
    )


def _row(shelved: Shelved) -> Mapping[str, object]:
    of = shelved.protocol
    return {
        "protocol_id": of.id,
        "version": of.version,
        "title": of.title,
        "approved_by": tuple(one.by for one in shelved.approvals),
        "content_hash": content_hash(of),
    }


def _by_id(shelved: Shelved) -> Mapping[str, Source]:
    return {source.id: source for source in shelved.sources}


def _cited(text: str | None, sources: Mapping[str, Source]) -> tuple[Cited, ...]:
    """The text in pieces: each source that it names leads to where it can be read, or else to the list of sources."""
    pieces = re.split(r"\b(S\d+)\b", text or "")
    return tuple(
        Cited(text=piece, href=source.url or f"#source-{source.id}", title=source.title)
        if (source := sources.get(piece))
        else Cited(text=piece)
        for piece in pieces
        if piece
    )


def _changed(before: Protocol, after: Protocol, sources: Mapping[str, Source]) -> tuple[Changed, ...]:
    return tuple(
        Changed(
            words=parameter_in_words(one.key),
            key=one.key,
            before=None if one.before is None else _cited(value_in_words(one.key, one.before), sources),
            after=None if one.after is None else _cited(value_in_words(one.key, one.after), sources),
            strictness=strictness(before, after, one.key),
        )
        for one in differences(before, after)
    )


def _tables(table: tuple[ParameterRow, ...], sources: Mapping[str, Source]) -> tuple[ParameterTable, ...]:
    """The parameters grouped by their table in the file, in the file's order."""
    tables: dict[str, list[ParameterRow]] = {}
    for row in table:
        tables.setdefault(row.key.rpartition(".")[0], []).append(row)
    return tuple(
        ParameterTable(
            name=name, heading=parameter_in_words(name), lines=tuple(_line(row, sources) for row in together)
        )
        for name, together in tables.items()
    )


def _line(row: ParameterRow, sources: Mapping[str, Source]) -> ParameterLine:
    return ParameterLine(
        words=name_in_words(row.key),
        key=row.key,
        value=value_in_words(row.key, row.value),
        grade=GRADES[row.grade] if row.grade else None,
        source=_cited(row.source, sources),
        note=_cited(row.note, sources),
    )

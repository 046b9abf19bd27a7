"""A course's ledger as a file for whoever audits it: CSV for a table, JSON for a program."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from console.access.courses import UnreadableEntry
from console.pages.frame.csv_file import NOT_KNOWN, csv_file
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right
from domain.ledger import Entry
from domain.values import CourseId

COLUMNS: Final = (
    "sequence",
    "time",
    "recorded_at",
    "type",
    "actor_id",
    "actor_role",
    "event_id",
    "source",
    "late",
    "request_id",
    "data",
    "previous_hash",
    "hash",
    NOT_KNOWN,
)

router = APIRouter(include_in_schema=False)


class LedgerFile(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    JSON = "json"


@router.get("/courses/{course_id}/ledger.{kind}")
async def ledger_file(
    viewer: Annotated[Viewer, Depends(looking(Right.READ_LEDGER))],
    course_id: Annotated[CourseId, Path()],
    kind: LedgerFile,
) -> Response:
    """Every recorded entry, oldest first; times in UTC. One that cannot be read stands in its place, and why."""
    entries = await viewer.services.course_access.ledger(viewer.caller, course_id)
    viewer.saw("ledger", course_id)
    name = f"{course_id}-ledger"
    if kind is LedgerFile.CSV:
        return csv_file(name, COLUMNS, map(_row, entries))
    return Response(
        _as_json(entries),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}.json"', "Cache-Control": "no-store"},
    )


def _as_json(entries: Sequence[Entry | UnreadableEntry]) -> str:
    return json.dumps([entry.model_dump(mode="json") for entry in entries], indent=2, ensure_ascii=False)


def _row(entry: Entry | UnreadableEntry) -> Mapping[str, object]:
    if isinstance(entry, UnreadableEntry):
        return {"sequence": entry.sequence, NOT_KNOWN: entry.unreadable}
    told = entry.model_dump(mode="json", include=set(COLUMNS))
    by = {"actor_id": entry.actor.id, "actor_role": entry.actor.role} if entry.actor else {}
    return {**told, **by, "data": json.dumps(entry.data, ensure_ascii=False)}

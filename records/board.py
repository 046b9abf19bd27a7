"""The board: a column of courses for each phase, most urgent first, with counts, from the record store."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from domain.course.state import Phase
from domain.values import Code, Frozen, Severity
from domain.views.summary import CourseSummary
from records import projection
from records.connections import Connections
from records.encrypted_rows import opened
from records.statements import statement
from records.unreadable_rows import Found, Row, Unreadable

OPEN_PHASES: Final = tuple(phase for phase in Phase if phase is not Phase.CLOSED)


_COUNTED: Final = ("courses", "under_way", "late", "wanting")


class BoardFilter(Frozen):
    """Which courses the board shows: those that match all that is given.

    `attention` means that severity or a higher one. `search` is any part of a course's id, in any case, and
    `late` leaves out courses whose next task is not overdue.
    `seen_site` is the only site that the reader may see, and `behind_escalations` leaves out courses that never had an
    escalation: what the reader may not see is neither shown, counted nor offered as a filter. A column shows `limit`
    cards.
    """

    site: Code | None = None
    phase: Phase | None = None
    attention: Severity | None = None
    held: bool | None = None
    protocol: str | None = None
    search: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")] | None = None
    seen_site: Code | None = None
    behind_escalations: bool = False
    late: bool = False
    limit: Annotated[int, Field(ge=1)] = 40


class Column(Frozen):
    """One phase: how many courses match, and of these how many are under way, late, or need attention.

    Its `cards` are the first of them: attention that wakes somebody, then patients who are here, first those who are
    late though nobody was called yet, then highest attention, then longest overdue or soonest due.
    """

    phase: Phase
    courses: int = 0
    under_way: int = 0
    late: int = 0
    wanting: int = 0
    cards: tuple[CourseSummary, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Board(Frozen):
    """The board: a column for each open phase, or the one that was asked for, and the filter choices.

    `unreadable` are courses whose phase has no column; those of a column are included in its counts.
    """

    columns: tuple[Column, ...]
    unreadable: tuple[Unreadable, ...] = ()
    sites: tuple[str, ...]
    protocols: tuple[str, ...]


async def board(connections: Connections, asked: BoardFilter, now: datetime) -> Board:
    """Reads the board. A course is late if its next task was due by `now`.

    Raises `RecordStoreUnreachable` or `SchemaTooOld`.
    """
    phases = [asked.phase] if asked.phase else list(OPEN_PHASES)
    where = (asked.site, asked.attention, asked.held, asked.protocol, asked.search)
    seen = (asked.seen_site, asked.behind_escalations)
    counts, shown = await asyncio.gather(
        _rows(connections, "board_counts", phases, *where, *seen, now, asked.late),
        _rows(connections, "board_cards", phases, *where, *seen, asked.limit, asked.late, now),
    )
    aside: Sequence[Row] = ()
    if any(row["phase"] not in set(Phase) for row in counts):
        aside = await _rows(connections, "board_strays", list(Phase), *where, *seen, asked.limit, asked.late, now)
    found = {phase: _cards(connections, [row for row in shown if row["phase"] == phase]) for phase in phases}
    return Board(
        columns=tuple(
            Column(
                phase=phase,
                **{name: sum(row[name] for row in counts if row["phase"] == phase) for name in _COUNTED},
                cards=tuple(found[phase]),
                unreadable=found[phase].unreadable,
            )
            for phase in phases
        ),
        unreadable=_cards(connections, aside).unreadable,
        sites=tuple(sorted({row["site"] for row in counts})),
        protocols=tuple(sorted({row["protocol_id"] for row in counts})),
    )


async def _rows(connections: Connections, query: str, *parameters: object) -> Sequence[Row]:
    """What the query finds, opened, over a connection of its own: PostgreSQL answers several at once."""
    async with connections.connection() as connection:
        return await opened(connection, connections.keyring, await connection.fetch(statement(query), *parameters))


def _cards(connections: Connections, rows: Sequence[Row]) -> Found[CourseSummary]:
    return connections.reading.all("courses", rows, projection.course, "course_id")

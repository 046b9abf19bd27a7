"""A list as a CSV file, the same for every page that has one: whole or refused, and safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Response

from console.errors.problems import ProblemCode, problem_error
from console.pages.frame.viewer import Viewer
from domain.durations import iso_8601
from domain.harmless import harmless
from domain.moments import rfc_3339
from domain.values import Frozen
from records.unreadable_rows import Unreadable

MOST_ROWS: Final = 50_000
"""Most rows of a file. A longer list is refused rather than cut off; whoever fetches one asks for one row more."""

NOT_KNOWN: Final = "not_known"
"""The last column of a list from the record: why the rest of a row is not known, and blank where it is."""

FORMULA: Final = re.compile(
    r"""
    (?: ^ | (?<=[;\t\r\n]) )  # where a cell begins, or one would where a semicolon or a tab is what ends them
    (?= [\s"]* [=+\-@\uff1d\uff0b\uff0d\uff20] )  # what follows is a formula; the last four are wide ones
    | ^ (?= [\t\r\n] )
    """,
    re.VERBOSE,
)
"""Where text has something that a spreadsheet would take for a formula, and do what it says."""


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Response:
    """A file of this name: RFC 4180, in UTF-8, with a line of column names. A column that a row lacks is blank.

    Durations are ISO 8601, several values in one cell have `; ` between them, and text that a spreadsheet would take
    for a formula has an apostrophe before it, also after what may end a cell: a semicolon, a tab, a line end.
    Raises `ProblemError` (`invalid`) for more than `MOST_ROWS` rows.
    """
    text = StringIO()
    lines = csv.DictWriter(text, columns)
    lines.writeheader()
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            detail = f"There are more than {MOST_ROWS:,} rows, and a file is never cut off: narrow what you ask for"
            raise problem_error(ProblemCode.INVALID, detail)
        lines.writerow({column: _cell(row.get(column)) for column in columns})
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


def csv_list(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]], unreadable: Sequence[Unreadable]
) -> Response:
    """The same of a list from the record; a row that cannot be read stands at its end, by its first column alone."""
    broken = ({columns[0]: one.name, NOT_KNOWN: one.detail} for one in unreadable)
    return csv_file(name, (*columns, NOT_KNOWN), (*rows, *broken))


def csv_href(viewer: Viewer, path: str) -> str:
    """The address of the list that this page shows, with its filters."""
    query = viewer.request.url.query
    return f"{path}?{query}" if query else path


def in_zone(row: Frozen, zone: ZoneInfo) -> dict[str, object]:
    """The fields of a row, each moment as RFC 3339 text with the offset of this time zone."""
    return {name: rfc_3339(value, zone) if isinstance(value, datetime) else value for name, value in row}


def _cell(value: object) -> object:
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return iso_8601(value)
        case tuple():
            return _cell("; ".join(map(str, value)))
        case str():
            return FORMULA.sub("'", harmless(value, kept="\r"))
        case _:
            return value

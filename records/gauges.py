"""Gauges for operators' metrics: counts without any ids."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.values import Frozen, Moment, Severity
from records.connections import Connections
from records.statements import statement
from records.unreadable_rows import as_moment


class Gauges(Frozen):
    """Courses by phase, unresolved escalations by severity, and since when the oldest unanswered of each waits.

    `moves_at`: when the course that should move first must move by itself, for courses of dosed patients (True) and for
    all others (False).

    Of the watchdog: its unresolved alarms, silent courses by finding, and the time of its last tick. Of the newest
    verification of the record: when it was, and how many rows differed; None if there was none.
    """

    courses: Mapping[str, int]
    escalations: Mapping[Severity, int]
    paged_at: Mapping[Severity, Moment]
    moves_at: Mapping[bool, Moment]
    alarms: int = 0
    silent: Mapping[str, int] = MappingProxyType({})
    looked_at: Moment | None = None
    verified_at: Moment | None = None
    differing: int | None = None


async def gauges(connections: Connections) -> Gauges:
    """Reads the gauges. Raises `RecordStoreUnreachable` or `SchemaTooOld`."""
    async with connections.connection() as connection:
        courses = await connection.fetch(statement("gauge_of_courses"))
        escalations = await connection.fetch(statement("gauge_of_escalations"))
        moves = await connection.fetch(statement("gauge_of_moves"))
        silent = await connection.fetch(statement("gauge_of_silences"))
        verification = await connection.fetchrow(statement("gauge_of_verification"))
        (watch,) = await connection.fetch(statement("gauge_of_the_watch"))
    known = {Severity(row["severity"]): row for row in escalations if row["severity"] in set(Severity)}
    return Gauges(
        courses={row["phase"]: row["courses"] for row in courses},
        escalations={severity: row["escalations"] for severity, row in known.items()},
        paged_at={each: at for each, row in known.items() if (at := as_moment(row["paged_at"])) is not None},
        moves_at={row["is_dosed"]: at for row in moves if (at := as_moment(row["moves_at"])) is not None},
        alarms=watch["alarms"],
        silent={row["found"]: row["courses"] for row in silent},
        looked_at=as_moment(watch["looked_at"]),
        verified_at=as_moment(verification["verified_at"]) if verification else None,
        differing=verification["differing"] if verification else None,
    )

"""Gauges for operators' metrics: counts without any ids."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.values import Frozen, Moment, Severity
from records.connections import Connections
from records.statements import statement
from records.unreadable_rows import as_moment


class Gauges(Frozen):
    """Courses by phase, unresolved escalations by severity, and since when the oldest unanswered one waits.

    Of the watchdog: its unresolved alarms, silent courses by finding, and the time of its last tick.
    """

    courses: Mapping[str, int]
    escalations: Mapping[Severity, int]
    paged_at: Moment | None
    alarms: int = 0
    silent: Mapping[str, int] = MappingProxyType({})
    looked_at: Moment | None = None


async def gauges(connections: Connections) -> Gauges:
    """Reads the gauges. Raises `RecordStoreUnreachable` or `SchemaTooOld`."""
    async with connections.connection() as connection:
        courses = await connection.fetch(statement("gauge_of_courses"))
        escalations = await connection.fetch(statement("gauge_of_escalations"))
        silent = await connection.fetch(statement("gauge_of_silences"))
        (watch,) = await connection.fetch(statement("gauge_of_the_watch"))
    waiting = [at for row in escalations if (at := as_moment(row["paged_at"])) is not None]
    known = set(Severity)
    return Gauges(
        courses={row["phase"]: row["courses"] for row in courses},
        escalations={Severity(row["severity"]): row["escalations"] for row in escalations if row["severity"] in known},
        paged_at=min(waiting, default=None),
        alarms=watch["alarms"],
        silent={row["found"]: row["courses"] for row in silent},
        looked_at=as_moment(watch["looked_at"]),
    )

"""How the clinic stands in a few numbers, for whoever watches Kapstan's machines: nobody is named in them."""

from collections.abc import Mapping

from domain.values import Frozen, Moment, Severity
from records.connections import Connections
from records.readable import as_moment
from records.statements import statement


class Gauges(Frozen):
    """Courses by phase, unresolved escalations by severity, and since when the oldest unanswered page waits.

    Of the watch: how many of its alarms are not resolved, and when it last looked.
    """

    courses: Mapping[str, int]
    escalations: Mapping[Severity, int]
    paged_at: Moment | None
    alarms: int = 0
    looked_at: Moment | None = None


async def gauges(connections: Connections) -> Gauges:
    """The numbers as of what is recorded. Raises `RecordStoreUnreachable` or `SchemaTooOld`."""
    async with connections.connection() as connection:
        courses = await connection.fetch(statement("gauge_of_courses"))
        escalations = await connection.fetch(statement("gauge_of_escalations"))
        (watch,) = await connection.fetch(statement("gauge_of_the_watch"))
    waiting = [at for row in escalations if (at := as_moment(row["paged_at"])) is not None]
    known = set(Severity)
    return Gauges(
        courses={row["phase"]: row["courses"] for row in courses},
        escalations={Severity(row["severity"]): row["escalations"] for row in escalations if row["severity"] in known},
        paged_at=min(waiting, default=None),
        alarms=watch["alarms"],
        looked_at=as_moment(watch["looked_at"]),
    )

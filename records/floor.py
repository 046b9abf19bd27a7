"""The floor: unresolved escalations, most severe first, and how many patients are here."""

from domain.escalation.messages import EscalationView
from domain.values import Frozen, Severity
from records import projection
from records.connections import Connections
from records.encrypted_rows import opened
from records.statements import statement
from records.unreadable_rows import Found


class Floor(Frozen):
    """Counts of unresolved and of unanswered escalations, and the highest severity.

    `under_way` patients are here: checked in for an open course, or dosed and not discharged.
    """

    unresolved: int
    unanswered: int
    worst: Severity | None
    under_way: int


async def floor(connections: Connections, site: str | None) -> Floor:
    """The numbers of one site, or of all. Raises `RecordStoreUnreachable` or `SchemaTooOld`."""
    async with connections.connection() as connection:
        row = await connection.fetchrow(statement("floor"), site)
    assert row is not None
    found = row["escalations"]
    return Floor(under_way=row["under_way"], **{**found, "worst": _severity(found["worst"])})


async def unresolved(connections: Connections, site: str | None, limit: int) -> Found[EscalationView]:
    """Unresolved escalations: most severe first, then unanswered, then oldest. Raises as `floor` does."""
    async with connections.connection() as connection:
        found = await connection.fetch(statement("unresolved"), site, limit)
        rows = await opened(connection, connections.keyring, found)
    return connections.reading.all("escalations", rows, projection.escalation, "id")


def _severity(written: str | None) -> Severity | None:
    """The severity; an unknown value counts as the highest."""
    return None if written is None else Severity(written) if written in set(Severity) else Severity.EMERGENCY

"""What a column may hold and Kapstan never writes, and somebody at psql who writes it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

MOMENTS: Final = (
    "'infinity'",
    "'-infinity'",
    "'0001-01-01T00:00Z'",
    "'9999-12-31T23:59:59.999Z'",
    "'20000-01-01T00:00Z'",
    "'0044-03-15 BC'",
)
TEXTS: Final = ("''", "'[/]'", r"E'\u001b[31m\n'", "'<b>'", "repeat('x', 300)")
DOCUMENTS: Final = (
    "'{}'",
    "'[]'",
    """'{"id": 1e999, "escalation": null}'""",
    r"""'{"id": "\ud800", "escalation": "\u0000"}'""",
    """('{"id": ' || repeat('[', 3000) || repeat(']', 3000) || '}')::json""",
    """('{"id": ' || repeat('9', 5000) || '}')::json""",
)
IMPOSSIBLE: Final = {
    "timestamp with time zone": MOMENTS,
    "text": TEXTS,
    "integer": ("-1", "0", "2147483647"),
    "bigint": ("-1", "0", "9223372036854775807"),
    "double precision": ("'NaN'", "'Infinity'", "1.7e308", "-1.7e308"),
    "USER-DEFINED": (),
    "ARRAY": ("'{NULL}'", "'{{a},{b}}'"),
    "bytea": ("''",),
    "boolean": ("true", "false"),
    "json": DOCUMENTS,
}
"""By the type of a column."""

FEW: Final = {
    **IMPOSSIBLE,
    "timestamp with time zone": ("'infinity'",),
    "text": ("'<b>'",),
    "integer": ("2147483647",),
    "bigint": ("0",),
    "double precision": ("'NaN'",),
    "ARRAY": ("'{NULL}'",),
}
"""Of each kind the one that breaks most: all of them are tried on the lists themselves."""

UNHEARD_OF: Final = "unheard-of"
"""A severity that a later Kapstan may know."""


class Psql:
    """Somebody who may do anything to the record, and undoes it again."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def may_do_anything(self) -> None:
        """No trigger and no foreign key keeps them from it."""
        await self._connection.execute("SET session_replication_role = replica")

    async def has_a_new_severity(self) -> None:
        await self._connection.execute(f"ALTER TYPE severity ADD VALUE IF NOT EXISTS '{UNHEARD_OF}'")

    async def values(
        self, relation: str, impossible: Mapping[str, tuple[str, ...]] = IMPOSSIBLE, *, severity: bool = False
    ) -> list[tuple[str, str]]:
        """Each column with each value that is not to stand there."""
        columns = await self._connection.fetch(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position",
            relation,
        )
        return [
            (column["column_name"], value)
            for column in columns
            for value in (
                *impossible[column["data_type"]],
                *((f"'{UNHEARD_OF}'",) if severity and column["data_type"] == "USER-DEFINED" else ()),
                *(("NULL",) if column["is_nullable"] == "YES" else ()),
            )
        ]

    async def writes(self, relation: str, where: str, column: str, value: str) -> str | None:
        """The newest such row of the relation holds this; where it lies now. None where the schema refuses it."""
        try:
            found = await self._connection.fetchval(
                f'UPDATE {relation} SET "{column}" = {value} '
                f"WHERE ctid = (SELECT max(ctid) FROM {relation} WHERE {where}) RETURNING ctid::text"
            )
            assert found is not None, f"there is no such row of {relation}"
            return str(found)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError):
            return None

    @asynccontextmanager
    async def written(self, relation: str, where: str, column: str, value: str) -> AsyncIterator[bool]:
        """The same for a while; whether it could be."""
        held = await self._connection.fetchval(
            f'SELECT "{column}"::text FROM {relation} WHERE ctid = (SELECT max(ctid) FROM {relation} WHERE {where})'
        )
        place = await self.writes(relation, where, column, value)
        try:
            yield place is not None
        except BaseException as error:
            error.add_note(f"{relation}.{column} = {value}")
            raise
        finally:
            if place is not None:
                before = "NULL" if held is None else "'" + str(held).replace("'", "''") + "'"
                await self._connection.execute(f"UPDATE {relation} SET \"{column}\" = {before} WHERE ctid = '{place}'")

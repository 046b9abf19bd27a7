"""API tokens, and the log of who read what, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from domain.access import Token, TokenId, TokenName, TokenRole
from domain.values import CourseId, Frozen, Moment
from records.connections import Connections
from records.statements import statement
from records.unreadable_rows import Found, Unreadable, model


class CourseRead(Frozen):
    """One read of data about one course or many: `what` is the kind of data, never its content."""

    at: Moment
    token_id: TokenId
    name: TokenName
    role: TokenRole
    course_id: CourseId | None
    what: str
    request_id: str


class AccessStore:
    """Stores tokens and reads. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._reading = connections.reading

    async def create(self, token: Token) -> None:
        """Stores a new token."""
        async with self._connections.transaction() as connection:
            await connection.execute(
                statement("create_token"),
                token.id,
                token.name,
                token.role,
                token.site,
                token.salt,
                token.hash,
                token.created_at,
            )

    async def token(self, token_id: TokenId) -> Token | None:
        """The token, revoked or not; None if there is none or its row cannot be read, which then gives no access."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("token"), token_id)
        found = self._reading.read("tokens", row, _token, "id") if row else None
        return None if isinstance(found, Unreadable) else found

    async def tokens(self) -> Found[Token]:
        """Every token ever created, oldest first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("tokens"))
        return self._reading.all("tokens", rows, _token, "id")

    async def revoke(self, token_id: TokenId, at: datetime) -> bool:
        """Revokes the token. False if there is none."""
        async with self._connections.transaction() as connection:
            return await connection.fetchval(statement("revoke_token"), token_id, at) is not None

    async def used(self, token_id: TokenId, at: datetime) -> None:
        """Records that the token was used at `at`."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("use_token"), token_id, at)

    async def record_reads(self, reads: Sequence[CourseRead]) -> None:
        """Stores these reads permanently."""
        async with self._connections.transaction() as connection:
            await connection.executemany(statement("record_read"), [tuple(dict(read).values()) for read in reads])

    async def reads(self, course_id: CourseId, limit: int = 100) -> Found[CourseRead]:
        """Who read what of a course, newest first. A row that cannot be read is named by its request."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("reads_of_course"), course_id, limit)
        return self._reading.all("course_reads", rows, _read, "request_id")


def _token(row: asyncpg.Record) -> Token:
    return model(Token, row)


def _read(row: asyncpg.Record) -> CourseRead:
    return model(CourseRead, row)

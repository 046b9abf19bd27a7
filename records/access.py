"""API tokens and the audit: who read what, who administered what, and which sign-ins failed; in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from asyncpg.pool import PoolConnectionProxy

from domain.access import SentBy, Token, TokenId, TokenName
from domain.escalation.ids import EscalationId
from domain.values import Code, CourseId, Frozen, Moment, PersonId
from records.connections import Connections
from records.statements import statement
from records.unreadable_rows import Found, Row, Unreadable, model


class CourseRead(Frozen):
    """One read of data about one course or many: `what` is the kind of data, never its content.

    `role` are the token's roles. Who read by a page's link has no token, and `role` says so; `person` is who they are,
    where that is known. `request_id` is the caller's own name for the request, `own_request_id` the server's.
    """

    at: Moment
    token_id: TokenId | None
    name: TokenName
    role: str
    course_id: CourseId | None
    what: str
    request_id: str
    person: PersonId | None = None
    own_request_id: str | None = None


class AdministrationAct(Frozen):
    """One act of administration: `what` was done, to what it was done (`about`), and who sent it."""

    at: Moment
    what: str
    about: str
    sent_by: SentBy


class FailedSignIn(Frozen):
    """A token was shown that does not hold: its public part, if it has one, and the network address it came from."""

    at: Moment
    token_id: TokenId | None
    address: str | None
    request_id: str


OPENED: Final = "escalation "
"""What a read by the link of a page is called, before the id of the escalation that the page is about."""


class PageOpened(Frozen):
    """The link of a page was opened: whose it is, and which escalation it is about."""

    at: Moment
    escalation: EscalationId
    person: PersonId


class Span(Frozen):
    """A stretch of time, from `since` (included) until `until` (excluded); None is no bound."""

    since: Moment | None = None
    until: Moment | None = None


EVER: Final = Span()


AuditEntry = CourseRead | AdministrationAct | FailedSignIn
"""What the auditor reads."""


class AccessStore:
    """Stores tokens and the audit. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._reading = connections.reading

    async def create(self, token: Token, act: AdministrationAct) -> None:
        """Stores a new token, and who created it."""
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
                token.speaks_as,
                token.person,
                token.expires_at,
            )
            await _record_token_act(connection, act, token.id)

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

    async def revoke(self, token_id: TokenId, act: AdministrationAct) -> bool:
        """Revokes the token as of the act, and stores who did it. False if there is none."""
        async with self._connections.transaction() as connection:
            is_known = await connection.fetchval(statement("revoke_token"), token_id, act.at) is not None
            if is_known:
                await _record_token_act(connection, act, token_id)
        return is_known

    async def used(self, token_id: TokenId, at: datetime) -> None:
        """Records that the token was used at `at`."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("use_token"), token_id, at)

    async def record(self, entries: Sequence[AuditEntry]) -> None:
        """Stores these permanently, all or none of them."""
        reads = [tuple(dict(one).values()) for one in entries if isinstance(one, CourseRead)]
        failed = [tuple(dict(one).values()) for one in entries if isinstance(one, FailedSignIn)]
        async with self._connections.transaction() as connection:
            await connection.executemany(statement("record_read"), reads)
            await connection.executemany(statement("record_failed_sign_in"), failed)
            for one in entries:
                if isinstance(one, AdministrationAct):
                    await record_act(connection, one)

    async def reads(
        self, course_id: CourseId | None = None, *, site: Code | None = None, within: Span = EVER, limit: int = 100
    ) -> Found[CourseRead]:
        """Who read what, newest first: of one course, or of one site's. Unreadable rows are named by their request."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("reads"), course_id, site, limit, within.since, within.until)
        return self._reading.all("course_reads", rows, _read, "request_id")

    async def openings(self, courses: Sequence[CourseId], *, limit: int = 5000) -> Found[PageOpened]:
        """When pages about these courses were opened by their links, newest first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("openings"), courses, limit)
        return self._reading.all("course_reads", rows, _opening, "request_id")

    async def administration(self, *, within: Span = EVER, limit: int = 100) -> Found[AdministrationAct]:
        """The acts of administration, newest first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("administration"), limit, within.since, within.until)
        return self._reading.all("administration", rows, _act, "number")

    async def failed_sign_ins(self, *, within: Span = EVER, limit: int = 100) -> Found[FailedSignIn]:
        """The sign-ins that failed, newest first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("failed_sign_ins"), limit, within.since, within.until)
        return self._reading.all("failed_sign_ins", rows, _failed, "number")


async def record_act(connection: PoolConnectionProxy, act: AdministrationAct) -> None:
    """Records an act of administration, in the transaction that does it."""
    await connection.execute(statement("record_administration"), *_act_row(act))


async def _record_token_act(connection: PoolConnectionProxy, act: AdministrationAct, token_id: TokenId) -> None:
    """Records the act with what the token now is, so that `verify` finds one that was changed by hand."""
    await connection.execute(statement("record_token_act"), *_act_row(act), token_id)


def _act_row(act: AdministrationAct) -> tuple[object, ...]:
    sent_by = act.sent_by
    return (act.at, act.what, act.about, sent_by.token, sent_by.person, sent_by.account, sent_by.request_id)


def _token(row: Row) -> Token:
    return model(Token, row)


def _read(row: Row) -> CourseRead:
    return model(CourseRead, row)


def _opening(row: Row) -> PageOpened:
    escalation = str(row["what"]).removeprefix(OPENED)
    return model(PageOpened, {"at": row["at"], "escalation": escalation, "person": row["person"]})


def _act(row: Row) -> AdministrationAct:
    sent_by = {
        "token": row["token_id"],
        "person": row["person"],
        "account": row["account"],
        "request_id": row["request_id"],
    }
    return model(AdministrationAct, {"at": row["at"], "what": row["what"], "about": row["about"], "sent_by": sent_by})


def _failed(row: Row) -> FailedSignIn:
    return model(FailedSignIn, {name: value for name, value in row.items() if name != "number"})

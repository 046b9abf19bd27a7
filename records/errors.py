"""Errors of the record store: messages that an operator can act on, without patient data."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from domain.moments import on_its_clock


class RecordStoreError(Exception):
    """Base of all record store errors. The message never holds a row's content or a password."""


class RecordStoreUnreachable(RecordStoreError):  # noqa: N818  an operator reads it
    """PostgreSQL does not answer, or rejects the connection; the message names the server."""


class RecordStoreReadOnly(RecordStoreUnreachable):
    """PostgreSQL is read-only: it is a standby, or was made so."""

    def __init__(self, place: str) -> None:
        super().__init__(f"PostgreSQL takes no writes at {place}: it is a standby, or was made read-only")


class GivesWay(RecordStoreError):  # noqa: N818  an operator reads it
    """A process of its own watches from now on, and the one that stood in for it does no more."""


class RoleMayNot(RecordStoreError):  # noqa: N818  an operator reads it
    """The role of the connection may not do this; the message names what it was kept from."""


class SchemaTooOld(RecordStoreError):  # noqa: N818  an operator reads it
    """The database lacks migrations that this Kapstan needs."""


class SchemaTooNew(RecordStoreError):  # noqa: N818  an operator reads it
    """The database has migrations that this Kapstan does not know."""


class MigrationAltered(RecordStoreError):  # noqa: N818  an operator reads it
    """A migration's file differs from the one that this database was migrated with."""


class LedgerConflict(RecordStoreError):  # noqa: N818  a word of the domain
    """The ledger holds another entry under this course and sequence. No retry cures it."""


class LedgerGap(RecordStoreError):  # noqa: N818  a word of the domain
    """The entry does not follow the ledger's last one: its predecessor is missing, or has another hash."""


class LedgerUnreadable(RecordStoreError):  # noqa: N818  an auditor reads it
    """A stored row is not a valid entry: somebody changed it into something Kapstan never writes."""

    def __init__(self, course_id: str, sequence: int, detail: str) -> None:
        super().__init__(f"row {sequence} of the ledger of {course_id} is not an entry that Kapstan wrote: {detail}")
        self.course_id = course_id
        self.sequence = sequence
        self.detail = detail


class RecordLocked(RecordStoreError):  # noqa: N818  an operator reads it
    """What is stored is encrypted, and cannot be read here; the message says why, and never what it holds."""


class CourseErased(RecordStoreError):  # noqa: N818  it is an answer, not an error
    """The course's key was erased, and with it whatever the record held of the patient.

    `ended_with` is the sequence of its ledger's last row then, and that row's hash, as stored.
    """

    def __init__(self, course_id: str, at: datetime, ended_with: tuple[int, str]) -> None:
        super().__init__(f"its content was erased on {on_its_clock(at.astimezone(UTC))}")
        self.course_id = course_id
        self.at = at
        self.ended_with = ended_with


HOLDS_ANOTHER: Final = "the ledger holds another entry under this course and sequence"
FOLLOWS_NOT: Final = "the entry does not follow the newest one in the ledger"

_BROKEN_CONSTRAINTS: dict[str, RecordStoreError] = {
    "ledger_one_entry_a_sequence": LedgerConflict(HOLDS_ANOTHER),
    "ledger_follows_the_one_before": LedgerGap(FOLLOWS_NOT),
    "ledger_first_follows_nothing": LedgerGap("the first entry of a course names a hash before it"),
    "ended_courses_end_where_their_ledger_does": LedgerGap("the ledger lacks the entry that the course ends with"),
}

_CANNOT_CONNECT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)

_SPENT = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)

_WRITES_REFUSED = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.DiskFullError,
    asyncpg.PostgresIOError,
)


def is_spent(error: Exception) -> bool:
    """Whether the error makes its connection unusable: its server is gone, is shutting down, or takes no writes."""
    return isinstance(error, _SPENT)


def refuses_writes(error: Exception) -> bool:
    """Whether the server refuses all writes, not just this one."""
    return isinstance(error, _WRITES_REFUSED)


def where(database_url: str) -> str:
    """The server and the database that a URL names, without user or password."""
    parts = urlsplit(database_url)
    host = unquote(parts.netloc.rpartition("@")[2]) or ",".join(
        parse_qs(parts.query).get("host", ["the default socket"])
    )
    return f"{host} (database {parts.path.lstrip('/') or 'by default'})"


@contextmanager
def in_our_words(place: str) -> Iterator[None]:
    """Turns what asyncpg and the network raise into the errors above.

    Never chained: PostgreSQL's details quote whole rows, and Temporal keeps the causes of a failure.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        raise _named(error, place) from None
    except asyncpg.DataError as error:
        raise RecordStoreError(f"a value does not fit its column ({type(error).__name__})") from None
    except TimeoutError:
        raise RecordStoreUnreachable(f"PostgreSQL does not answer at {place}: it took too long") from None
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the connection was lost"
        raise RecordStoreUnreachable(f"PostgreSQL does not answer at {place}: {reason or 'nobody listens'}") from None


def _named(error: asyncpg.PostgresError, place: str) -> RecordStoreError:
    constraint = getattr(error, "constraint_name", None)
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return RecordStoreReadOnly(place)
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return RoleMayNot(f"{error.args[0]} at {place}: this needs the role that owns the database")
    if isinstance(error, _CANNOT_CONNECT):
        return RecordStoreUnreachable(f"PostgreSQL does not answer at {place}: {error.args[0]}")
    if constraint in _BROKEN_CONSTRAINTS:
        known = _BROKEN_CONSTRAINTS[constraint]
        return type(known)(*known.args)
    return RecordStoreError(f"PostgreSQL refused ({type(error).__name__}{f', {constraint}' if constraint else ''})")

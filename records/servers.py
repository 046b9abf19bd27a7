"""Finds the writable server among the PostgreSQL servers that a database URL names."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from records.errors import RecordStoreReadOnly, where
from records.statements import statement

_CHOSEN: Final = "target_session_attrs"
_READS_ONLY: Final = ("in_hot_standby", "default_transaction_read_only")
"""The parameters by which a server reports that it is read-only, from PostgreSQL 14 on."""


class Servers:
    """The servers of one database, of which at most one takes writes. The one that answered last is tried first.

    asyncpg's own `target_session_attrs` does not suffice: it gives all servers one timeout together, which the first
    uses up if its machine is gone, and if none takes writes, not even reading is possible.
    """

    def __init__(self, database_url: str) -> None:
        self._urls = list(_each(database_url))
        self._is_chosen = _CHOSEN in parse_qs(urlsplit(database_url).query) or "PGTARGETSESSIONATTRS" in os.environ
        self._place = where(database_url)

    async def connect(self, *, within: timedelta, for_writing: bool, **options: Any) -> asyncpg.Connection:
        """Connects to the server that takes writes; if none does, to one for reading, unless `for_writing`.

        A URL with its own `target_session_attrs` is left to asyncpg. Raises what asyncpg raises, and
        `RecordStoreReadOnly`.
        """
        spare: asyncpg.Connection | None = None
        failures: list[Exception] = []
        try:
            for url in tuple(self._urls):
                try:
                    found = await self._ask(url, within / len(self._urls), options)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as failure:
                    failures.append(failure)
                    continue
                if self._is_chosen or not await _reads_only(found):
                    return found
                if spare is None and not for_writing:
                    spare = found
                else:
                    found.terminate()
            if spare is not None:
                found, spare = spare, None
                return found
        finally:
            if spare is not None:
                spare.terminate()
        if failures and len(failures) == len(self._urls):
            raise failures[0]
        raise RecordStoreReadOnly(self._place)

    async def _ask(self, url: str, within: timedelta, options: dict[str, Any]) -> asyncpg.Connection:
        is_there = False
        try:
            connection: asyncpg.Connection = await asyncpg.connect(url, timeout=within.total_seconds(), **options)
            is_there = True
        finally:
            # Also if the caller was cancelled: the next one must not wait for the same server.
            self._urls.remove(url)
            self._urls.insert(0 if is_there else len(self._urls), url)
        return connection


def says_reads_only(connection: asyncpg.Connection | PoolConnectionProxy) -> bool:
    """Whether the server has reported itself as read-only; no query is sent."""
    said = connection.get_settings()
    return any(getattr(said, name, None) == "on" for name in _READS_ONLY)


async def _reads_only(connection: asyncpg.Connection) -> bool:
    """Whether a new connection's server is read-only; a server that does not report it is queried."""
    if all(hasattr(connection.get_settings(), name) for name in _READS_ONLY):
        return says_reads_only(connection)
    return not await connection.fetchval(statement("takes_writes"))


async def require_writes(connection: asyncpg.Connection, place: str) -> None:
    """Queries whether the server takes writes. Raises `RecordStoreReadOnly` if not, and what asyncpg raises."""
    if not await connection.fetchval(statement("takes_writes")):
        raise RecordStoreReadOnly(place)


def _each(database_url: str) -> Sequence[str]:
    """One URL for each host of the URL."""
    parts = urlsplit(database_url)
    login, at, hosts = parts.netloc.rpartition("@")
    if "," in hosts:
        return [parts._replace(netloc=f"{login}{at}{host}").geturl() for host in hosts.split(",")]
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    named, ports = query.get("host", "").split(","), query.get("port", "").split(",")
    if hosts or len(named) == 1:
        return [database_url]
    several = ports if len(ports) == len(named) else ports * len(named)
    ways = ({**query, "host": host, "port": port} for host, port in zip(named, several, strict=True))
    return [parts._replace(query=urlencode({name: one for name, one in way.items() if one})).geturl() for way in ways]

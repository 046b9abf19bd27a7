"""The servers that a database's URL names: the one that can be written is sought among them."""

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
"""What a server says of itself by itself, from PostgreSQL 14 on."""


class Servers:
    """One or many servers of one database, of which at most one takes writes. Whoever answered last is asked first.

    asyncpg's own `target_session_attrs` would do, but for this: it gives all servers one time together, which the first
    one uses up when its machine is gone, and with none that takes writes nobody could even read.
    """

    def __init__(self, database_url: str) -> None:
        self._urls = list(_each(database_url))
        self._is_chosen = _CHOSEN in parse_qs(urlsplit(database_url).query) or "PGTARGETSESSIONATTRS" in os.environ
        self._place = where(database_url)

    async def connect(self, *, within: timedelta, for_writing: bool, **options: Any) -> asyncpg.Connection:
        """A connection to the server that takes writes; where none does, one to read with, unless it is `for_writing`.

        Which one a URL asks for by itself, with `target_session_attrs`, is taken as it is. Raises what asyncpg raises,
        and `RecordStoreReadOnly`.
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
            # Also where whoever asked waits no longer: the next one is not to wait for the same.
            self._urls.remove(url)
            self._urls.insert(0 if is_there else len(self._urls), url)
        return connection


def says_reads_only(connection: asyncpg.Connection | PoolConnectionProxy) -> bool:
    """Whether its server takes no writes, as far as it has said so by itself: nothing is asked."""
    said = connection.get_settings()
    return any(getattr(said, name, None) == "on" for name in _READS_ONLY)


async def _reads_only(connection: asyncpg.Connection) -> bool:
    """The same of a new connection; a server that says nothing by itself is asked."""
    if all(hasattr(connection.get_settings(), name) for name in _READS_ONLY):
        return says_reads_only(connection)
    return not await connection.fetchval(statement("takes_writes"))


async def require_writes(connection: asyncpg.Connection, place: str) -> None:
    """Asks its server. Raises `RecordStoreReadOnly` where it takes no writes, and what asyncpg raises."""
    if not await connection.fetchval(statement("takes_writes")):
        raise RecordStoreReadOnly(place)


def _each(database_url: str) -> Sequence[str]:
    """The same URL with each of its hosts alone."""
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

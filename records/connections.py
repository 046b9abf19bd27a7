"""The PostgreSQL connection pool: connects when needed, and reconnects after an outage or failover."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from domain.ledger import canonical
from records.errors import in_our_words, is_spent, refuses_writes, where
from records.schema import require_schema
from records.sealing import WITHOUT_KEYS, Keyring
from records.servers import Servers, says_reads_only
from records.statements import statement
from records.unreadable_rows import Reading, document, moment, sent

ANSWER_WITHIN = timedelta(seconds=15)
"""How long PostgreSQL may take to answer one statement."""

ACCEPT_WITHIN = timedelta(seconds=5)
"""How long PostgreSQL may take to accept a connection."""

ASKED_AGAIN_AFTER = timedelta(seconds=2)
"""After a timeout, how long calls fail at once; then one caller checks whether PostgreSQL is back."""

SOUGHT_AGAIN_AFTER = timedelta(seconds=2)
"""Shortest interval between replacing all connections, for a server that stays read-only."""

REMEMBERED_FOR = timedelta(minutes=1)
"""How long a refused write counts if nothing has been written since."""

CLOSE_WITHIN = timedelta(seconds=5)

SESSION_SETTINGS = {
    "application_name": "kapstan",
    "timezone": "UTC",
    # A generic plan cannot use the indexes of the filters that are given: plan each query with its parameters.
    "plan_cache_mode": "force_custom_plan",
    # A writer that is cut off in the middle must not keep its course's ledger locked.
    "idle_in_transaction_session_timeout": "60s",
    # Compiling asyncpg's type introspection query takes longer than running it.
    "jit": "off",
}


class Connections:
    """A pool of connections to one database. Raises the errors of `records.errors`.

    While PostgreSQL hangs, only one caller at a time waits for it: a screen with three queries is delayed only once.
    """

    def __init__(self, pool: asyncpg.Pool, place: str, keyring: Keyring = WITHOUT_KEYS) -> None:
        self._pool = pool
        self._place = place
        self.keyring = keyring
        self.reading = Reading()
        self._answered_at = -math.inf
        self._asked_again_at: float | None = None
        self._replaced_at = -math.inf
        self._refused_at = -math.inf

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to read with. If it turns out unusable, it is discarded, and all others with it."""
        with in_our_words(self._place), self._not_waiting_in_vain():
            connection = await self._acquire()
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                # If it were released as it is, the pool would wait again for a server that does not answer.
                connection.terminate()
                raise
            except Exception as error:
                if is_spent(error):
                    connection.terminate()
                    await self._replace_all()
                raise
            finally:
                await self._pool.release(connection)

    async def _acquire(self) -> PoolConnectionProxy:
        """A connection to a server that takes writes, if any: after a failover the old server may still answer."""
        within = ANSWER_WITHIN.total_seconds()
        try:
            connection = await self._pool.acquire(timeout=within)
        except Exception as error:
            if is_spent(error):
                await self._replace_all()
            raise
        if says_reads_only(connection) and await self._replace_all():
            connection.terminate()
            await self._pool.release(connection)
            connection = await self._pool.acquire(timeout=within)
        return connection

    async def _replace_all(self) -> bool:
        """Expires all connections, so that each is replaced when next used; True unless that was done just before."""
        if monotonic() < self._replaced_at + SOUGHT_AGAIN_AFTER.total_seconds():
            return False
        self._replaced_at = monotonic()
        await self._pool.expire_connections()
        return True

    async def can_write(self) -> bool:
        """Whether writes are accepted, as far as can be told without writing. Raises as `connection` does.

        A full disk shows only in a refused write, which counts until one succeeds or `REMEMBERED_FOR` is over.
        """
        if monotonic() < self._refused_at + REMEMBERED_FOR.total_seconds():
            return False
        async with self.connection() as connection:
            if await connection.fetchval(statement("can_write")):
                return True
        await self._replace_all()
        async with self.connection() as connection:
            return bool(await connection.fetchval(statement("can_write")))

    @contextmanager
    def _not_waiting_in_vain(self) -> Iterator[None]:
        began = monotonic()
        if self._asked_again_at is not None:
            if began < self._asked_again_at:
                raise TimeoutError
            self._asked_again_at = began + (ACCEPT_WITHIN + ASKED_AGAIN_AFTER).total_seconds()
        try:
            yield
        except TimeoutError:
            # If it has answered somebody else since, this timeout is no news.
            if self._answered_at < began:
                self._asked_again_at = monotonic() + ASKED_AGAIN_AFTER.total_seconds()
            raise
        except Exception:
            self._answers()
            raise
        self._answers()

    def _answers(self) -> None:
        """Notes that PostgreSQL answers, even if with an error."""
        self._answered_at, self._asked_again_at = monotonic(), None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to write with, in one transaction."""
        async with self.connection() as connection:
            try:
                async with connection.transaction():
                    yield connection
            except Exception as error:
                if refuses_writes(error):
                    self._refused_at = monotonic()
                raise
            self._refused_at = -math.inf


@asynccontextmanager
async def open_connections(database_url: str, keyring: Keyring = WITHOUT_KEYS) -> AsyncIterator[Connections]:
    """Opens a pool for the database at this URL, TCP or Unix socket; it connects when first used.

    What is encrypted there is written and read by this keyring.
    """
    place = where(database_url)
    servers = Servers(database_url)

    async def connect(dsn: str | None = None, **options: Any) -> asyncpg.Connection:  # noqa: ARG001  asyncpg's own signature
        return await servers.connect(within=ACCEPT_WITHIN, for_writing=False, **options)

    with in_our_words(place):
        pool = asyncpg.create_pool(
            database_url,
            min_size=0,
            max_size=10,
            connect=connect,
            init=_prepare,
            reset=_nothing_to_reset,
            command_timeout=ANSWER_WITHIN.total_seconds(),
            server_settings=SESSION_SETTINGS,
        )
        await pool
    try:
        yield Connections(pool, place, keyring)
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_WITHIN.total_seconds())
        except TimeoutError:
            pool.terminate()


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Sends nothing when a connection is released: no statement here changes a session, and each release would ask."""


async def _prepare(connection: asyncpg.Connection) -> None:
    await require_schema(connection)
    # The JSON that is stored is the JSON that was hashed, so reading it back gives the same hash.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=lambda value: canonical(value).decode(), decoder=document
    )
    # A value that Python cannot represent makes only its row unreadable, not the whole result.
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=sent, decoder=moment, format="tuple")

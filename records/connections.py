"""The way to PostgreSQL: it opens when it is needed, and again when PostgreSQL was away."""

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
from records.readable import Reading, document, moment, sent
from records.schema import require_schema
from records.servers import Servers, says_reads_only
from records.statements import statement

ANSWER_WITHIN = timedelta(seconds=15)
"""How long PostgreSQL may take to answer one statement."""

ACCEPT_WITHIN = timedelta(seconds=5)
"""How long PostgreSQL may take to accept us."""

ASKED_AGAIN_AFTER = timedelta(seconds=2)
"""How long nobody waits for a PostgreSQL that let somebody wait in vain; then one of us looks whether it is back."""

SOUGHT_AGAIN_AFTER = timedelta(seconds=2)
"""How long connections are kept that were made anew: a server that stays read-only is not asked more often."""

REMEMBERED_FOR = timedelta(minutes=1)
"""How long a write that was refused counts, where nobody has written anything since."""

CLOSE_WITHIN = timedelta(seconds=5)

SESSION_SETTINGS = {
    "application_name": "kapstan",
    "timezone": "UTC",
    # A filter that is not given must not cost its index: the plan is made for the filters that are.
    "plan_cache_mode": "force_custom_plan",
    # A writer cut off in the middle must not keep its course's ledger locked.
    "idle_in_transaction_session_timeout": "60s",
    # asyncpg's own look at the types is slower compiled than run.
    "jit": "off",
}


class Connections:
    """A pool of connections to one database, whose errors are ours (`records.errors`).

    A PostgreSQL that hangs lets only one of us wait at a time: a page that asks it three things is late once.
    """

    def __init__(self, pool: asyncpg.Pool, place: str) -> None:
        self._pool = pool
        self._place = place
        self.reading = Reading()
        self._answered_at = -math.inf
        self._asked_again_at: float | None = None
        self._replaced_at = -math.inf
        self._refused_at = -math.inf

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to read with. One that can do its work no more is thrown away, and all others with it."""
        with in_our_words(self._place), self._not_waiting_in_vain():
            connection = await self._acquire()
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                # Given back as it is, the pool would wait once more for a server that does not answer.
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
        """A connection whose server takes writes, where one is found: after a failover the old one may still answer."""
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
        """Every connection is made anew when it is needed next; not more often than it is worth. Whether it was now."""
        if monotonic() < self._replaced_at + SOUGHT_AGAIN_AFTER.total_seconds():
            return False
        self._replaced_at = monotonic()
        await self._pool.expire_connections()
        return True

    async def can_write(self) -> bool:
        """Whether what is written is kept, as far as anybody can tell without writing. Raises as `connection` does.

        A disk that is full shows only when something is written: what was refused counts until something was kept.
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
            # Whoever waited since before it answered somebody else knows nothing new.
            if self._answered_at < began:
                self._asked_again_at = monotonic() + ASKED_AGAIN_AFTER.total_seconds()
            raise
        except Exception:
            self._answers()
            raise
        self._answers()

    def _answers(self) -> None:
        """It does, even where it refuses."""
        self._answered_at, self._asked_again_at = monotonic(), None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to write with: all of it or nothing."""
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
async def open_connections(database_url: str) -> AsyncIterator[Connections]:
    """Connections to the database at this URL, TCP or Unix socket; none is made before it is needed."""
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
            command_timeout=ANSWER_WITHIN.total_seconds(),
            server_settings=SESSION_SETTINGS,
        )
        await pool
    try:
        yield Connections(pool, place)
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_WITHIN.total_seconds())
        except TimeoutError:
            pool.terminate()


async def _prepare(connection: asyncpg.Connection) -> None:
    await require_schema(connection)
    # The spelling that is hashed is the spelling that is stored, so reading it back gives the same hash.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=lambda value: canonical(value).decode(), decoder=document
    )
    # A value that Python cannot hold is the trouble of its row, not of the whole answer.
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=sent, decoder=moment, format="tuple")

"""The way to PostgreSQL: it opens when it is needed, and again when PostgreSQL was away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from domain.ledger import canonical
from records.errors import in_our_words, where
from records.schema import require_schema

ANSWER_WITHIN = timedelta(seconds=15)
"""How long PostgreSQL may take to accept us, or to answer one statement."""

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
    """A pool of connections to one database, whose errors are ours (`records.errors`)."""

    def __init__(self, pool: asyncpg.Pool, place: str) -> None:
        self._pool = pool
        self._place = place

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to read with."""
        with in_our_words(self._place):
            async with self._pool.acquire(timeout=ANSWER_WITHIN.total_seconds()) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PoolConnectionProxy]:
        """A connection to write with: all of it or nothing."""
        async with self.connection() as connection, connection.transaction():
            yield connection


@asynccontextmanager
async def open_connections(database_url: str) -> AsyncIterator[Connections]:
    """Connections to the database at this URL, TCP or Unix socket; none is made before it is needed."""
    place = where(database_url)
    with in_our_words(place):
        pool = asyncpg.create_pool(
            database_url,
            min_size=0,
            max_size=10,
            init=_prepare,
            timeout=ANSWER_WITHIN.total_seconds(),
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
        "json", schema="pg_catalog", encoder=lambda value: canonical(value).decode(), decoder=json.loads
    )

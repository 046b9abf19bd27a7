"""What the house runs on goes away for a while, and comes back."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from tests.console.house import House


@contextmanager
def temporal_away(house: House) -> Iterator[None]:
    """Temporal answers nobody meanwhile."""
    with _stopped(house.stack.pids.temporal):
        yield


@asynccontextmanager
async def record_store_away(house: House) -> AsyncIterator[None]:
    """PostgreSQL ends every connection, and takes no new one meanwhile."""
    connection = await asyncpg.connect(house.stack.database)
    try:
        with _stopped(house.stack.pids.postgres):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            yield
    finally:
        await connection.close()


@contextmanager
def _stopped(pid: int | None) -> Iterator[None]:
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)

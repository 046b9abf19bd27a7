"""What the house runs on goes away for a while, and comes back."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from tests.support.http_stack import House
from tests.support.running_stack import asleep


@contextmanager
def temporal_away(house: House) -> Iterator[None]:
    """Temporal answers nobody meanwhile."""
    assert house.stack.pids.temporal
    with asleep(house.stack.pids.temporal):
        yield


@asynccontextmanager
async def record_store_away(house: House) -> AsyncIterator[None]:
    """PostgreSQL ends every connection, and takes no new one meanwhile."""
    assert house.stack.pids.postgres
    connection = await asyncpg.connect(house.stack.database)
    try:
        with asleep(house.stack.pids.postgres):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            yield
    finally:
        await connection.close()

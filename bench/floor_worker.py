"""The floor's worker process: the SDK's defaults throughout, no codec, and a pool of connections to PostgreSQL."""

import asyncio
import os
import signal

import asyncpg
import httpx
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.floor import EVENTS, INSERT_ROW, PAGES, POST_PAGE, Call, Caller, Counter, Post, RecordedCounter
from gateway.temporal import leave

TEMPORAL = "BENCH_TEMPORAL"
DATABASE = "BENCH_DATABASE"
"""The variables with the addresses of both servers."""

TABLE = """
CREATE TABLE IF NOT EXISTS floor_rows (
    workflow  text        NOT NULL,
    count     bigint      NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow, count)
)
"""
INSERT = "INSERT INTO floor_rows (workflow, count) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Activities:
    """What the floor does in the world."""

    def __init__(self, pool: asyncpg.Pool, web: httpx.AsyncClient) -> None:
        self._pool = pool
        self._web = web

    @activity.defn(name=INSERT_ROW)
    async def insert_row(self, workflow: str, count: int) -> None:
        """Inserts one row, once."""
        await self._pool.execute(INSERT, workflow, count)

    @activity.defn(name=POST_PAGE)
    async def post_page(self, call: Call) -> None:
        """Posts one page to the sink, as Apprise would."""
        page = {"title": "floor", "message": f"Course {call.number}"}
        (await self._web.post(f"http://{call.sink}/floor", json=page)).raise_for_status()


async def main() -> None:
    """Works until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    client = await Client.connect(os.environ[TEMPORAL])
    async with asyncpg.create_pool(os.environ[DATABASE]) as pool, httpx.AsyncClient() as web:
        await pool.execute(TABLE)
        does = Activities(pool, web)
        events = Worker(
            client, task_queue=EVENTS, workflows=[Counter, RecordedCounter, Caller], activities=[does.insert_row]
        )
        pages = Worker(client, task_queue=PAGES, workflows=[Post], activities=[does.post_page])
        async with events, pages:
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
    leave(0)

"""Readings and pages on a table that is polled every fifteen seconds, as many a clinic's software does it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI

from bench.peer_app import INSERT_READING, Outside, is_breach, outside, serve

EVERY: Final = 15.0  # seconds
INSERT_PAGE: Final = "INSERT INTO peer_pages (course_id) VALUES ($1)"
WAITING: Final = """
SELECT number, course_id FROM peer_pages WHERE sent_at IS NULL ORDER BY number FOR UPDATE SKIP LOCKED
"""
SENT: Final = "UPDATE peer_pages SET sent_at = clock_timestamp() WHERE number = $1"


class World:
    """What the service reaches."""

    outside: Outside


WORLD: Final = World()


async def reported(event: dict[str, Any]) -> None:
    """The reading is a row, and so is the page if it is a breach."""
    async with WORLD.outside.pool.acquire() as connection, connection.transaction():
        await connection.execute(INSERT_READING, event["subject"], event["id"], json.dumps(event["data"]))
        if is_breach(event):
            await connection.execute(INSERT_PAGE, event["subject"])


async def poll() -> None:
    """Every fifteen seconds every page that waits is posted."""
    while True:
        await asyncio.sleep(EVERY)
        async with WORLD.outside.pool.acquire() as connection, connection.transaction():
            for row in await connection.fetch(WAITING):
                await WORLD.outside.page(row["course_id"])
                await connection.execute(SENT, row["number"])


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """The table is polled meanwhile."""
    async with outside() as world:
        WORLD.outside = world
        polling = asyncio.create_task(poll())
        yield
        polling.cancel()


if __name__ == "__main__":
    serve(lifespan, reported)

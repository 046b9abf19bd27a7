"""Readings and pages on DBOS, as its documentation writes a service: workflows made of steps, kept in PostgreSQL."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import asyncpg
from dbos import DBOS, DBOSConfig, SetWorkflowID
from fastapi import FastAPI

from bench.peer_app import DATABASE, INSERT_READING, Outside, is_breach, outside, serve

SYSTEM_DATABASE: Final = "peer_dbos"


class World:
    """What the steps reach."""

    outside: Outside


WORLD: Final = World()


@DBOS.step()
async def insert_reading(event: dict[str, Any]) -> None:
    """One row, once."""
    await WORLD.outside.pool.execute(INSERT_READING, event["subject"], event["id"], json.dumps(event["data"]))


@DBOS.step()
async def post_page(course: str) -> None:
    """One page."""
    await WORLD.outside.page(course)


@DBOS.workflow()
async def page(course: str) -> None:
    """Somebody is paged, whatever happens meanwhile."""
    await post_page(course)


@DBOS.workflow()
async def report(event: dict[str, Any]) -> None:
    """The reading is recorded, and somebody paged if it is a breach."""
    await insert_reading(event)
    if is_breach(event):
        await DBOS.start_workflow_async(page, event["subject"])


async def reported(event: dict[str, Any]) -> None:
    """The event's id is the workflow's: the same event again is answered as before."""
    with SetWorkflowID(f"{event['subject']}/{event['id']}"):
        await report(event)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """DBOS works meanwhile."""
    async with outside() as world:
        WORLD.outside = world
        DBOS.launch()
        yield
        DBOS.destroy()


def sqlalchemy_url(url: str) -> str:
    """The same server as SQLAlchemy spells a Unix socket, with a database of DBOS's own."""
    found = urlsplit(url)
    socket = unquote(found.netloc.partition("@")[2].rpartition(":")[0])
    return f"postgresql://{found.username}@/{SYSTEM_DATABASE}?host={quote(socket, safe='/')}&port={found.port}"


async def created(url: str) -> None:
    """Its database is there."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", SYSTEM_DATABASE):
            await connection.execute(f'CREATE DATABASE "{SYSTEM_DATABASE}"')
    finally:
        await connection.close()


def main() -> None:
    """Serves until it is stopped."""
    config: DBOSConfig = {
        "name": "peer",
        "system_database_url": sqlalchemy_url(os.environ[DATABASE]),
        "log_level": "WARNING",
    }
    DBOS(config=config)
    serve(lifespan, reported)


if __name__ == "__main__":
    main()

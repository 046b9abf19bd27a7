"""What both peers share: one route that takes a reading, a table of readings, and a page over HTTP."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

DATABASE: Final = "BENCH_DATABASE"
SINK: Final = "BENCH_SINK"
PORT: Final = "BENCH_PORT"
"""The variables with PostgreSQL's URL, the address that takes pages, and the port to listen on."""

LEAST_SATURATION: Final = 85
"""Percent, below which somebody is paged: all that a peer judges."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS peer_readings (
    course_id text        NOT NULL,
    event_id  text        NOT NULL,
    data      json        NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (course_id, event_id)
);
CREATE TABLE IF NOT EXISTS peer_pages (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    course_id text NOT NULL,
    sent_at   timestamptz
);
"""
INSERT_READING: Final = """
INSERT INTO peer_readings (course_id, event_id, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


@dataclass
class Outside:
    """PostgreSQL, and the way to the sink."""

    pool: asyncpg.Pool
    web: httpx.AsyncClient

    async def page(self, course: str) -> None:
        """Posts one page about this course."""
        page = {"title": "peer", "message": f"Course {course}"}
        (await self.web.post(f"http://{os.environ[SINK]}/peer", json=page)).raise_for_status()


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """Both are open, and the tables are there."""
    async with asyncpg.create_pool(os.environ[DATABASE]) as pool, httpx.AsyncClient() as web:
        await pool.execute(TABLES)
        yield Outside(pool, web)


def is_breach(event: dict[str, Any]) -> bool:
    """Whether somebody is to be paged about this reading."""
    return bool(event["data"]["spo2"] < LEAST_SATURATION)


def serve(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    report: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Serves until it is stopped: a reading is answered once `report` has made it durable."""
    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/events")
    async def take(request: Request) -> JSONResponse:
        await report(await request.json())
        return JSONResponse({"accepted": True}, status_code=201)

    uvicorn.run(app, host="127.0.0.1", port=int(os.environ[PORT]), log_level="warning", access_log=False)

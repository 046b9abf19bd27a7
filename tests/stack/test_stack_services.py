"""The record store and the Temporal server of the stack, each on its own: as other tests start them too."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import pytest
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from stack.postgres import Postgres
from stack.temporal import TemporalServer
from tests.support.tiny_worker import Vigil
from workflows.queues import COURSES


async def database_of(postgres: Postgres) -> str:
    connection = await asyncpg.connect(postgres.url)
    try:
        return str(await connection.fetchval("SELECT current_database()"))
    finally:
        await connection.close()


async def test_a_record_store_lies_as_deep_as_it_likes(folder: Path) -> None:
    """A path longer than a Unix socket's may be is no obstacle; its socket lies elsewhere, and only while it runs."""
    deep = folder / ("a-folder-with-a-long-name/" * 5)
    deep.mkdir(parents=True)

    async with Postgres(deep / "postgres") as postgres:
        sockets = Path(unquote(postgres.url.split("@")[1].split(":")[0]))
        assert await database_of(postgres) == "kapstan"

    assert not sockets.is_relative_to(folder)
    assert not await asyncio.to_thread(sockets.exists)


async def test_settings_for_another_postgres_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator's shell says of other databases is not meant for this one."""
    monkeypatch.setenv("PGPORT", "9")
    monkeypatch.setenv("PGHOST", "nowhere.example")
    monkeypatch.setenv("PGDATA", "/nowhere")

    async with Postgres(folder / "postgres") as postgres:
        assert await database_of(postgres) == "kapstan"


async def test_a_start_cut_short_and_a_power_cut_leave_nothing_in_the_way(folder: Path) -> None:
    """Neither a half-made cluster nor a lock that names somebody else's process keeps the record store down."""
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("half a file")
    async with Postgres(folder / "postgres"):
        pass
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    async with Postgres(folder / "postgres") as postgres:
        assert await database_of(postgres) == "kapstan"


async def test_a_week_passes_at_once_where_time_may_be_skipped(folder: Path) -> None:
    """With time skipping on, a client moves one workflow's clock ahead on the real server."""
    async with TemporalServer(folder, time_skipping=True) as temporal:
        skipper = TimeSkipper(temporal.client, config=TimeSkippingConfig(enabled=False))
        runner = UnsandboxedWorkflowRunner()
        async with Worker(skipper.client, task_queue=COURSES, workflows=[Vigil], workflow_runner=runner):
            vigil = await skipper.client.start_workflow(Vigil.run, id="vigil", task_queue=COURSES)
            began_at = await skipper.get_current_time(vigil)

            await skipper.fast_forward(vigil, timedelta(days=7))

            assert await skipper.get_current_time(vigil) - began_at >= timedelta(days=7)

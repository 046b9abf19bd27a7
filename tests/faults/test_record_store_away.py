"""A database that is away silences nothing and loses nothing."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from signal import Signals

from domain.events.clinic_events import DoseAdministered, VitalsRecorded
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import load_folder
from records.store import migrate, open_store
from records.verify import verify
from stack.postgres import Postgres
from stack.temporal import TemporalServer
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.running_stack import (
    Inbox,
    example_course,
    fresh_folder,
    inbox,
    on_call_file,
    protocol_in_seconds,
    sent,
)


@asynccontextmanager
async def worker(temporal: TemporalServer, database_url: str, on_call: Path) -> AsyncIterator[None]:
    """One worker process, as a clinic runs it."""
    told = {
        "TEMPORAL_ADDRESS": temporal.address,
        "KAPSTAN_DATABASE_URL": database_url,
        "KAPSTAN_ONCALL": str(on_call),
        "KAPSTAN_LOG": "json",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", cwd=ROOT, env={**os.environ, **told}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(Signals.SIGTERM)
        await process.wait()


async def test_readings_are_taken_and_pages_go_out_while_postgresql_is_stopped() -> None:
    """Readings are answered, a missed one pages, and when PostgreSQL is back its ledger holds everything, in order."""
    with fresh_folder() as folder:
        async with inbox() as received, TemporalServer(folder) as temporal:
            courses = Courses(
                temporal.client, load_folder(protocol_in_seconds(folder)), NothingRecorded(), allow_unapproved=True
            )
            async with Postgres(folder / "postgres") as postgres:
                url = postgres.url
                await migrate(url)
            # It has stopped, before the worker even starts.
            async with worker(temporal, url, on_call_file(folder, received)):
                await _a_dosed_patient_misses_a_reading(courses, received)
                async with Postgres(folder / "postgres"):
                    await _ledger_catches_up(courses, url)


async def _a_dosed_patient_misses_a_reading(courses: Courses, received: Inbox) -> None:
    dosed_at = datetime.now(UTC)
    events = list(example_course("MARA", dosed_at))
    for event in takewhile(lambda event: not isinstance(event, DoseAdministered), events):
        await sent(courses, event)
    dose = next(event for event in events if isinstance(event, DoseAdministered))
    await sent(courses, dose)
    at_dose = next(event for event in events if isinstance(event, VitalsRecorded) and event.time == dosed_at)
    reported = await sent(courses, at_dose)
    assert reported.answer.verdict is not None

    async def paged() -> bool:
        return bool(received.of("MARA"))

    await eventually(paged)
    assert received.of("MARA")[0].title == "URGENT: reading overdue"


async def _ledger_catches_up(courses: Courses, database_url: str) -> None:
    async with open_store(database_url) as store:

        async def caught_up() -> bool:
            head = await courses.ledger_head("MARA")
            return verify(await store.ledger("MARA"), (head.sequence, head.hash)).is_whole

        await eventually(caught_up)
        summary = await store.course("MARA")
        assert summary is not None
        assert (summary.phase, summary.stage) == ("medicine", "dosed")

        async def escalation_recorded() -> bool:
            escalation = await store.escalation("MARA~vitals_overdue~1~1")
            return escalation is not None and len(escalation.pages) > 0

        await eventually(escalation_recorded)

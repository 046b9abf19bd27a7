"""A dosed patient is not overlooked though Temporal and every worker are away: the watch pages by itself."""

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from signal import Signals
from typing import Any

import httpx

from domain.access import Grant, TokenRole
from domain.escalation.messages import EscalationState, EscalationView
from domain.events.clinic_events import DoseAdministered, VitalsRecorded
from gateway.courses import Courses, NothingRecorded
from gateway.host_account import sent_from_here
from gateway.protocols import load_folder
from gateway.tokens import Tokens
from records.access import AccessStore
from records.connections import open_connections
from records.store import RecordStore, migrate, open_store
from stack.ports import claim
from stack.postgres import Postgres
from stack.temporal import TEMPORAL_PORT_OPTION, UI_PORT_OPTION, TemporalServer
from tests.support.eventually import eventually
from tests.support.http_stack import on_the_wire
from tests.support.paths import ROOT
from tests.support.running_stack import (
    Inbox,
    Received,
    asleep,
    example_course,
    floor,
    fresh_folder,
    inbox,
    on_call_file,
    protocol_in_seconds,
    sent,
    spoken_to,
)

GRACE = "PT3S"
SECOND_CHECKPOINT = timedelta(seconds=12)
ALARM = "MARA~orchestrator_silent~1~1"
SILENT = "EMERGENCY: monitoring silent"
LINK_SECRET = "s" * 64
NOTICED_WITHIN = timedelta(minutes=2)
"""The watch looks, and asks for ten seconds, on a machine that does other things too."""


async def doses_mara(courses: Courses, store: RecordStore) -> None:
    """Mara has their medicine and the reading at the dose, and the record knows both. The next reading never comes."""
    before = example_course("MARA", datetime.now(UTC))
    for event in takewhile(lambda event: not isinstance(event, DoseAdministered), before):
        await sent(courses, event)
    dosed_at = datetime.now(UTC)
    events = list(example_course("MARA", dosed_at))
    await sent(courses, next(event for event in events if isinstance(event, DoseAdministered)))
    at_dose = next(event for event in events if isinstance(event, VitalsRecorded) and event.time == dosed_at)
    await sent(courses, at_dose)

    async def recorded() -> bool:
        summary = await store.course("MARA")
        due_at = dosed_at + SECOND_CHECKPOINT
        return summary is not None and (summary.monitored_session, summary.next_due_at) == (1, due_at)

    await eventually(recorded)


async def has_paged(store: RecordStore, number: int) -> EscalationView:
    """The watch's alarm, as soon as so many of its pages are on the record."""

    async def paged() -> EscalationView | None:
        found = await store.escalation(ALARM)
        return found if found is not None and len(found.pages) >= number else None

    return await eventually(paged, NOTICED_WITHIN)


async def is_resolved(store: RecordStore) -> EscalationView:
    async def resolved() -> EscalationView | None:
        found = await store.escalation(ALARM)
        return found if found is not None and found.state is EscalationState.RESOLVED else None

    return await eventually(resolved, NOTICED_WITHIN)


def from_the_watch(received: Inbox) -> list[Received]:
    return [page for page in received.of("MARA") if page.title == SILENT]


async def test_a_missed_reading_is_paged_though_every_worker_hangs() -> None:
    """The workers of a dosed session hang: the watch pages, is answered over HTTP, and is over when they go on."""
    with fresh_folder() as folder:
        async with inbox() as received, floor(received, folder, KAPSTAN_WATCH_GRACE=GRACE) as running:
            stack = await running.stack()
            assert stack is not None
            assert stack.admin_token_file is not None
            client = await spoken_to(stack)
            courses = Courses(client, load_folder(stack.protocols), NothingRecorded(), allow_unapproved=True)
            token = stack.admin_token_file.read_text(encoding="utf-8").strip()
            headers = {"Authorization": f"Bearer {token}"}
            async with (
                open_store(stack.database) as store,
                httpx.AsyncClient(base_url=str(stack.console), headers=headers, timeout=60) as admin,
            ):
                await doses_mara(courses, store)
                for worker in stack.pids.workers:
                    os.kill(worker, Signals.SIGSTOP)
                try:
                    await has_paged(store, 2)
                    listed = await admin.get("/v1/escalations", params={"state": "open"})
                    taken = await admin.post(f"/v1/escalations/{ALARM}/acknowledge", json={"by": "lind"})
                finally:
                    for worker in stack.pids.workers:
                        os.kill(worker, Signals.SIGCONT)
                over = await is_resolved(store)

            assert [(one["id"], one["kind"], one["severity"]) for one in listed.json()["items"]] == [
                (ALARM, "orchestrator_silent", "emergency")
            ]
            assert (taken.status_code, taken.json()["acknowledged_by"]) == (200, "lind")
            assert (over.resolved_by, over.acknowledged_by) == (None, "lind")
            assert sorted(page.person for page in from_the_watch(received)) == ["lind", "osei"]

            async def paged_by_the_course() -> bool:
                return any(page.title == "URGENT: reading overdue" for page in received.of("MARA"))

            await eventually(paged_by_the_course)


async def test_a_missed_reading_is_paged_though_the_console_hangs_too() -> None:
    """The watch is a process of its own: what takes the console's away, a flood or a fault, leaves it as it is."""
    with fresh_folder() as folder:
        async with inbox() as received, floor(received, folder, KAPSTAN_WATCH_GRACE=GRACE) as running:
            stack = await running.stack()
            assert stack is not None
            client = await spoken_to(stack)
            async with open_store(stack.database) as store, httpx.AsyncClient() as outside:
                courses = Courses(client, load_folder(stack.protocols), store, allow_unapproved=True)
                await doses_mara(courses, store)
                assert stack.pids.console is not None
                with asleep(stack.pids.console, *stack.pids.workers):
                    await has_paged(store, 2)
                    alive = await outside.get(f"{stack.watch_metrics}/healthz", timeout=60)
                    counted = await outside.get(f"{stack.watch_metrics}/metrics", timeout=60)
                    pages = from_the_watch(received)
                await is_resolved(store)

    assert sorted(page.person for page in pages) == ["lind", "osei"]
    assert alive.text == "ok\n"
    assert 'kapstan_pages_total{result="sent"} 2.0' in counted.text


async def test_a_missed_reading_is_paged_though_temporal_is_gone_and_the_console_dies() -> None:
    """Temporal is gone, then the console is killed: each step pages each person once, and Temporal's return ends it."""
    with fresh_folder() as folder:
        protocols = protocol_in_seconds(folder)
        ports = claim("127.0.0.1", {TEMPORAL_PORT_OPTION: None, UI_PORT_OPTION: None, "console": None})
        temporal = partial(TemporalServer, folder, port=ports[TEMPORAL_PORT_OPTION], ui_port=ports[UI_PORT_OPTION])
        url = f"http://127.0.0.1:{ports['console']}"
        async with inbox() as received, Postgres(folder / "postgres") as postgres:
            await migrate(postgres.url)
            told = {
                "TEMPORAL_ADDRESS": f"127.0.0.1:{ports[TEMPORAL_PORT_OPTION]}",
                "KAPSTAN_DATABASE_URL": postgres.url,
                "KAPSTAN_ONCALL": str(in_a_hurry(on_call_file(folder, received))),
                "KAPSTAN_PROTOCOLS": str(protocols),
                "KAPSTAN_PUBLIC_URL": url,
                "KAPSTAN_LINK_SECRET": LINK_SECRET,
                "KAPSTAN_WATCH_GRACE": GRACE,
            }
            console = ("-m", "starter", "console", "--port", str(ports["console"]))
            async with open_store(postgres.url) as store, AsyncExitStack() as at_work:
                async with temporal() as server:
                    await at_work.enter_async_context(program(told, "-m", "worker"))
                    courses = Courses(server.client, load_folder(protocols), NothingRecorded(), allow_unapproved=True)
                    await doses_mara(courses, store)
                async with program(told, *console, ends_by=Signals.SIGKILL):
                    first = await has_paged(store, 2)
                async with program(told, *console):
                    second = await has_paged(store, 5)
                    link = re.search(r"http\S+/ack/\S+", from_the_watch(received)[-1].body)
                    assert link
                    headers = {"Authorization": f"Bearer {await a_token(postgres.url)}"}
                    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as somebody:
                        shown = await somebody.get(link[0])
                        pressed = await somebody.post(link[0])
                        ready = await eventually(partial(record_is_there, somebody))
                        refused = await asyncio.gather(
                            somebody.get("/v1/courses/MARA"),
                            *(somebody.post("/v1/events", json=one) for one in events()),
                        )
                    command = await says(told, "-m", "starter", "ack", ALARM, "--by", "osei", "--json")
                    async with temporal():
                        over = await is_resolved(store)

    assert [(page.step, page.ok) for page in first.pages] == [(1, True)] * 2
    assert Counter((page.step, page.person) for page in second.pages) == Counter(
        [(1, "lind"), (1, "osei"), (2, "lind"), (2, "osei"), (2, "ward")]
    )
    assert Counter(page.person for page in from_the_watch(received)) == Counter(lind=2, osei=2, ward=1)
    assert "look at the patient" in shown.text.lower()
    assert "You have it" in pressed.text
    assert (ready.status_code, ready.json()) == (
        503,
        {"temporal": False, "record_store": True, "worker": False, "watch": True},
    )
    assert [(one.status_code, one.json()["code"]) for one in refused] == [(503, "unavailable")] * 3
    assert (command["state"], command["acknowledged_by"]) == ("acknowledged", "osei")
    assert (over.resolved_by, over.note) == (None, "Kapstan moves again")


async def record_is_there(somebody: httpx.AsyncClient) -> httpx.Response | None:
    """What is ready, as soon as the record store answered in time: a busy machine is no failure."""
    ready = await somebody.get("/readyz")
    return ready if ready.json()["record_store"] else None


def in_a_hurry(on_call: Path) -> Path:
    """A console can be killed between an emergency's first step and its second; the third is not within this test."""
    text = on_call.read_text(encoding="utf-8")
    on_call.write_text(text.replace('wait = "PT1M"', 'wait = "PT20S"'), encoding="utf-8")
    return on_call


def events() -> list[dict[str, Any]]:
    """A referral, which would start a course, and a reading of Mara's."""
    referral, *others = example_course("NOBODY", datetime.now(UTC))
    reading = next(event for event in others if isinstance(event, VitalsRecorded))
    return [on_the_wire(referral), on_the_wire(reading.but(subject="MARA"))]


async def a_token(database_url: str) -> str:
    async with open_connections(database_url) as connections:
        return (
            await Tokens(AccessStore(connections)).create(
                Grant(roles=(TokenRole.ADMIN,)), name="somebody", sent_by=sent_from_here()
            )
        ).token


async def says(told: dict[str, str], *command: str) -> dict[str, Any]:
    """What one of Kapstan's commands prints as JSON, once it is done."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env={**os.environ, **told}, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(printed)
    return found


@asynccontextmanager
async def program(told: dict[str, str], *command: str, ends_by: Signals = Signals.SIGTERM) -> AsyncIterator[None]:
    """One of Kapstan's programs, as a clinic runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env={**os.environ, **told}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(ends_by)
        await process.wait()

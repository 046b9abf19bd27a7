"""Whoever changes the record by hand is found out, its lists are made anew, and a backup brings back all of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
from temporalio.client import Client

from gateway.verification_schedule import SCHEDULE
from records.schema import CONSOLE_ROLE, WORKER_ROLE
from records.store import open_store
from stack.postgres import programs
from stack.stackfile import StackFile
from tests.support.cli import Said, kapstan
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.record_samples import batch, ledger, readings

pytestmark = pytest.mark.xdist_group("commands")
"""One stack serves them all."""

EXAMPLE = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()
ALARM = "REC-1~vitals_emergency~1~1"


async def has(data: str, course: str, events: int, *, is_low: bool = False) -> None:
    """The example's course so far under this id, recorded; with a reading that calls for somebody at once."""
    sent = [json.loads(line) | {"subject": course} for line in EXAMPLE[:events]]
    if is_low:
        low = sent[13] | {"id": "low-spo2", "time": sent[-1]["time"]}
        sent.append(low | {"data": {**low["data"], "spo2": 87}})
    assert (await kapstan("send", "--data", data, stdin="\n".join(map(json.dumps, sent)))).code == 0


def wrong(said: Said) -> list[str]:
    """What it says is wrong, but for what went on meanwhile: the living stack goes on, and its copy stands still.

    Pages are sent, and the other tests' courses in this stack, which bear the example's name, come to their deadlines.
    """
    lines = (line.removeprefix("✗ ") for line in said.lines if not line.startswith("✓ "))
    others = (
        line for line in lines if not line.removeprefix("courses: ").removeprefix("escalations: ").startswith("EX-")
    )
    return [line for line in others if not (line.startswith("escalations: ") and line.endswith("moves_at"))]


@pytest.fixture
async def restored(data: str, stack: StackFile) -> AsyncIterator[str]:
    """The record as it was backed up, restored beside the living one; here it may be spoilt."""
    await has(data, "REC-1", 16, is_low=True)
    for course in ("REC-2", "REC-3", "REC-4", "REC-5"):
        await has(data, course, 5)

    async def is_settled() -> bool:
        return not wrong(await kapstan("verify", "--data", data))

    await eventually(is_settled)
    backup = await asyncio.to_thread(programs)
    url = stack.database.removesuffix("/kapstan")
    await run(f"{backup}/createdb", f"--maintenance-db={url}/postgres", "drill")
    await run(
        "sh", "-c", f"{backup}/pg_dump --format=custom '{stack.database}' | {backup}/pg_restore --dbname='{url}/drill'"
    )
    yield f"{url}/drill"
    await run(f"{backup}/dropdb", f"--maintenance-db={url}/postgres", "--force", "drill")


async def run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0, words


async def test_workers_and_console_are_not_the_owner_of_the_record(data: str, stack: StackFile) -> None:
    """Each connects as its own role, and as that role psql changes no row."""
    await has(data, "ROLE-1", 3)
    worker = await asyncpg.connect(stack.database.replace("postgres@", f"{WORKER_ROLE}@"))
    try:
        roles = await worker.fetch("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'kapstan'")
        for attempt in ("DELETE FROM ledger", "UPDATE ledger SET late = true", "DELETE FROM courses"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await worker.execute(attempt)
    finally:
        await worker.close()

    assert {row["usename"] for row in roles} == {WORKER_ROLE, CONSOLE_ROLE}


async def test_the_workers_verify_the_record_by_themselves(data: str, stack: StackFile) -> None:
    """Temporal's schedule has them do it; what they found stands in the record, for `/metrics`."""
    await has(data, "DAY-1", 3)
    client, worker = await Client.connect(stack.temporal), stack.database.replace("postgres@", f"{WORKER_ROLE}@")
    record = await asyncpg.connect(worker)
    began = datetime.now(UTC)
    try:
        await client.get_schedule_handle(SCHEDULE).trigger()

        async def verified() -> asyncpg.Record | None:
            return await record.fetchrow("SELECT * FROM verifications WHERE verified_at >= $1 AND courses > 0", began)

        found = await eventually(verified)
    finally:
        await record.close()

    assert found["differing"] == 0


async def test_a_restored_backup_is_whole_and_what_is_done_to_it_by_hand_is_named(
    restored: str, stack: StackFile
) -> None:
    """A row deleted, changed, added; a course lost or invented; a list or a token that says otherwise: in plain words.

    The lists are made anew, and what no list can mend is still named.
    """
    there = {"KAPSTAN_DATABASE_URL": restored, "TEMPORAL_ADDRESS": stack.temporal}
    there |= {"KAPSTAN_PROTOCOLS": str(stack.protocols), "KAPSTAN_ONCALL": str(stack.oncall)}
    assert stack.payload_keys_file is not None
    there |= {"KAPSTAN_PAYLOAD_KEYS": stack.payload_keys_file.read_text().strip()}
    whole = await kapstan("verify", **there)
    async with open_store(restored) as store:
        for invented in ("FAKE-1", "LIST-1"):
            await store.append(batch(ledger(readings(3), invented)))
    owner = await asyncpg.connect(restored)
    try:
        held = await owner.fetchval("SELECT max(sequence) FROM ledger WHERE course_id = 'REC-3'")
        await owner.execute(f"""
            SET session_replication_role = replica;
            UPDATE escalations SET state = 'resolved', resolved_by = 'osei', revision = 999 WHERE id = '{ALARM}';
            UPDATE courses SET phase = 'closed', to_do = NULL WHERE course_id = 'REC-2';
            DELETE FROM ledger WHERE course_id = 'REC-3' AND sequence = {held};
            UPDATE ledger SET late = NOT late WHERE course_id = 'REC-4' AND sequence = 2;
            DELETE FROM ledger WHERE course_id IN ('REC-5', 'LIST-1');
            UPDATE administration SET about = 'nothing' WHERE sequence = 1;
            UPDATE tokens SET name = 'somebody else';
        """)
        tokens = await owner.fetch("SELECT id FROM tokens")
    finally:
        await owner.close()
    found = await kapstan("verify", **there)
    alone = await kapstan("verify", "REC-5", **there)
    rebuilt = await kapstan("rebuild", **there)
    left = await kapstan("verify", **there)
    owner = await asyncpg.connect(restored)
    acts = await owner.fetch("SELECT what, about FROM administration")
    await owner.close()

    ledgers = {
        f"REC-3: row {held}: entry {held} is missing; Temporal holds {held} entries",
        "REC-4: row 2: its content does not match its hash",
        f"REC-5: row 1: the record holds nothing of it; Temporal holds {held} entries",
    }
    lists = {
        f"escalations: {ALARM}: it is listed as resolved, and its ledger says open",
        "courses: REC-2: not as Kapstan wrote it: phase, to_do",
        "courses: LIST-1: it is listed, and there is no ledger of it",
    }
    audit = {
        "administration: row 1: its content does not match its hash",
        *(f"tokens: {token['id']}: no act of administration made it what it is" for token in tokens),
    }
    assert (wrong(whole), len(whole.lines) >= 5) == ([], True)
    assert (found.code, {one for one in wrong(found) if "FAKE-1" not in one}) == (1, ledgers | lists | audit)
    assert [one.partition(": ")[0] for one in wrong(found) if "Temporal knows no such course" in one] == ["FAKE-1"]
    assert (alone.code, len(wrong(alone))) == (1, 1)
    assert "✓ LIST-1: taken off the lists: neither a ledger nor Temporal knows it" in rebuilt.lines
    assert {one.partition(":")[0] for one in wrong(rebuilt)} == {"FAKE-1", "REC-3", "REC-5"}
    assert {one for one in wrong(left) if "FAKE-1" not in one} == ledgers | audit
    assert ("lists made anew", "every course") in [tuple(act) for act in acts]

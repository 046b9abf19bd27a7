"""What the clinic said of a patient lies in PostgreSQL's folder, or with encryption in no file that a stack writes."""

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.support.canary import files_with, says, sings
from tests.support.http_stack import House, open_house
from tests.support.paths import ROOT

RECORD: Final = "postgres"
"""The folder of the stack whose files may hold it."""

LIMIT_AFTER: Final = """
import resource, {program}
{program}.main()
print(resource.getrlimit(resource.RLIMIT_CORE))
"""
"""Says what the program, which cannot start, might write as it crashes."""

IN_JANUARY: Final = {"from": "2026-01-10T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
"""When the visits of the example's course are."""


@pytest.mark.xdist_group("console")
async def test_no_word_of_a_patient_is_in_any_file_but_the_records(house: House) -> None:
    """The record's own files hold the word: it is found where it is."""
    word, _ = await sings(house)

    found = await asyncio.to_thread(files_with, word, house.floor.data)

    assert {path.parts[0] for path in found} == {RECORD}
    assert not says(word, house.floor.data.with_suffix(".out"))


@pytest.mark.xdist_group("console")
async def test_no_program_leaves_its_memory_on_the_disk_when_it_crashes(house: House) -> None:
    """Words and keys are in it: neither a worker, the console, the watch nor what started them writes a core file."""
    pids = house.stack.pids
    programs = (pids.console, pids.watch, *pids.workers, pids.postgres, pids.temporal)

    assert pids.console is not None
    limits = {pid: core_limit(pid) for pid in (*programs, supervisor_of(pids.console)) if pid}
    assert len(limits) == len(programs) + 1
    assert set(limits.values()) == {("0", "0")}


def test_a_worker_started_by_itself_leaves_no_core_file_either() -> None:
    """Whatever the shell or the container lets a program write."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    said = subprocess.run(
        [sys.executable, "-c", LIMIT_AFTER.format(program="worker")],
        cwd=ROOT,
        env={**os.environ, "KAPSTAN_DATABASE_URL": "nowhere"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert said.stdout.splitlines()[-1] == "(0, 0)"


@pytest.mark.xdist_group("encrypted")
async def test_with_the_record_encrypted_no_word_of_a_patient_is_in_any_file() -> None:
    """Tables, WAL, logs, Temporal's memory: whoever takes the disk along has none of it. Who may read it does."""
    async with open_house(KAPSTAN_ENCRYPT_RECORDS="1") as house:
        word, course = await sings(house)
        ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).text
        notes = (await house.admin.get("/v1/escalations")).text
        rooms = (await house.admin.get("/v1/bookings", params=IN_JANUARY)).text

        found = await asyncio.to_thread(files_with, word, house.floor.data)

        assert found == set()
        assert not says(word, house.floor.data.with_suffix(".out"))
        assert word in ledger
        assert word in notes
        assert f"{word} willow" in rooms


def core_limit(pid: int) -> tuple[str, ...]:
    """How large a core file the process may write, and may let itself write."""
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("Max core file size"))
    return tuple(line.split()[4:6])


def supervisor_of(pid: int) -> int:
    """The process that keeps this one running."""
    parent = psutil.Process(pid).ppid()
    assert parent > 1
    return parent

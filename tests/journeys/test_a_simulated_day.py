"""A day of the simulated clinic leaves no word of a patient in any file but the record's; encrypted, in none at all."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest

from domain.course.answer import Answer
from domain.escalation.messages import Kind
from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent
from domain.refusal import Refusal
from domain.values import CourseId
from gateway.protocols import load_folder
from gateway.temporal import connect
from records.store import migrate, open_store
from simulation.command import PROTOCOL, PROTOCOLS
from simulation.course.ward import Ward
from simulation.demo.clinic import Clinic, LiveWard, Pace
from simulation.demo.inbox import Inbox
from simulation.demo.oncall import on_call_file
from simulation.scripts.scripts import ScriptPart, everybody
from stack.payload_keys import codec_of, keyring_of
from stack.stackfile import StackFile
from stack.supervisor import Stack, StackPlan
from tests.support.canary import files_with
from tests.support.running_stack import fresh_folder

STORIES: Final = frozenset({"override, alarm", "risk, hold", "withdraws", "no-show, late dose", "slip corrected"})
"""The scripts in which most is written: overrides, holds, deviations, corrections, and how alarms were resolved."""

TYPED: Final = frozenset({"reason", "rationale", "goals", "themes", "room", "lot", "to", "dose", "term", "witness"})
"""The members of an event in which somebody writes what they like."""

RECORD: Final = "postgres"

PAGES: Final = ("/", "/escalations", "/rooms", "/figures", "/audit", "/sheet", "/courses/{}", "/v1/courses/{}/ledger")


class SpokenTo:
    """A ward whose people say the word wherever they can, of each event and each escalation."""

    def __init__(self, ward: Ward, word: str) -> None:
        self._ward = ward
        self._word = word
        self.until, self.called, self.settled = ward.until, ward.called, ward.settled
        self.acknowledge = ward.acknowledge

    async def report(self, event: ClinicEvent) -> Answer:
        told = json.loads(CLINIC_EVENT.dump_json(event, exclude_none=True))
        data = self._with_the_word(told["data"])
        for person in data.get("staff", ()):
            person["id"] = f"{self._word}.{person['id']}"
        spoken = {**told, "data": {**data, "note": f"They said {self._word}"}}
        return await self._ward.report(CLINIC_EVENT.validate_python(spoken))

    async def resolve(self, escalation: str, by: str, after: Any, note: str) -> datetime:
        return await self._ward.resolve(escalation, by, after, f"{note}: {self._word}")

    def _with_the_word(self, value: Any, member: str = "") -> Any:
        match value:
            case dict():
                return {key: self._with_the_word(one, key) for key, one in value.items()}
            case list():
                return [self._with_the_word(one, member) for one in value]
            case str() if member in TYPED:
                return f"{self._word} {value}"
            case _:
                return value


class Nobody:
    """Is told of everything, and shows nothing."""

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        """Nothing is shown."""

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        """Nothing is shown."""

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """Nothing is shown."""

    def saw_end(self, course_id: CourseId) -> None:
        """Nothing is shown."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("encrypted", [False, True], ids=["in clear", "encrypted"])
async def test_no_word_of_a_day_is_in_any_file_but_the_records(
    encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs, Temporal's memory, sockets, temporary and core files; with encryption PostgreSQL's files and WAL too.

    Whoever may read it reads it all the same.
    """
    settings = {"KAPSTAN_ENCRYPT_RECORDS": "1"} if encrypted else {}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    word = f"quokka{secrets.token_hex(8)}"
    with fresh_folder() as folder:
        async with a_day_ahead(folder, settings) as stack:
            cast = the_cast()
            await play(stack, cast, word)
            shown = await told(stack, cast[0].patient.course_id)
            await is_written_out(stack)
            meanwhile = await asyncio.to_thread(files_with, word, folder)
        afterwards = await asyncio.to_thread(files_with, word, folder)

        assert word in shown
        for found in (meanwhile, afterwards):
            assert {path.parts[:2] for path in found} == (set() if encrypted else {("data", RECORD)})
        assert {path.name for path in (folder / "data").iterdir()} >= {"temporal.db", "worker-1.log", "console.log"}


@asynccontextmanager
async def a_day_ahead(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[StackFile]:
    """A stack whose courses' clocks may be moved ahead, and that writes into this folder alone."""
    temporary = folder / "temporary"
    temporary.mkdir()
    temporary.chmod(0o777)
    async with Inbox() as inbox:
        on_call = folder / "oncall.toml"
        on_call.write_text(on_call_file(inbox.channels), encoding="utf-8")
        plan = StackPlan(
            data=folder / "data",
            protocols=PROTOCOLS,
            oncall=on_call,
            migrate=migrate,
            time_skipping=True,
            environment={**settings, "TMPDIR": str(temporary)},
        )
        async with Stack(plan, lambda _line: None) as running:
            yield running.file


def the_cast() -> tuple[ScriptPart, ...]:
    """A patient of each of the stories in which most is written."""
    protocol = next(one.protocol for one in load_folder(PROTOCOLS).shelf if one.protocol.id == PROTOCOL)
    cast = everybody(9, 1, protocol, (), lambda number: f"DAY-{number}")
    chosen = tuple(part for part in cast if part.script.name in STORIES)
    assert len(chosen) == len(STORIES)
    return chosen


async def play(stack: StackFile, cast: tuple[ScriptPart, ...], word: str) -> None:
    """Each course from its referral to its end, the word said wherever somebody writes."""
    async with open_store(stack.database, keyring_of(stack)) as store:
        client = await connect(identity="test", target_host=stack.temporal, codec=codec_of(stack))
        clinic = Clinic(client, load_folder(PROTOCOLS), store, Nobody(), Pace())
        async with asyncio.TaskGroup() as playing:
            for part in cast:
                ward = SpokenTo(LiveWard(clinic, part.patient.course_id), word)
                playing.create_task(part.play(ward, datetime.now(UTC)))


async def told(stack: StackFile, course: CourseId) -> str:
    """All that pages and API say, as an administrator reads it."""
    assert stack.admin_token_file is not None
    shown = {"Authorization": f"Bearer {stack.admin_token_file.read_text(encoding='utf-8').strip()}"}
    async with httpx.AsyncClient(base_url=stack.console or "", headers=shown, timeout=60) as reader:
        answers = [await reader.get(page.format(course)) for page in PAGES]
    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    return "".join(answer.text for answer in answers)


async def is_written_out(stack: StackFile) -> None:
    """PostgreSQL writes what it has in memory."""
    connection = await asyncpg.connect(stack.database)
    await connection.execute("CHECKPOINT")
    await connection.close()

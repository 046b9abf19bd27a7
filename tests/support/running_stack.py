"""A floor for tests: the whole stack as an operator runs it, an inbox that receives its pages, a fast protocol."""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Literal

import psutil
from temporalio.client import Client

from domain.events.clinic_events import ClinicEvent
from domain.events.parsing import event_from
from gateway.courses import Courses, Reported
from gateway.temporal import connect
from gateway.workflow_calls import Unavailable
from stack.errors import NoStackRuns
from stack.payload_keys import codec_of
from stack.stackfile import StackFile, read_stack_file
from tests.support.eventually import WITHIN, eventually
from tests.support.paths import ROOT

UP_WITHIN = timedelta(minutes=4)
"""The whole stack starts within seconds, and on a busy machine within minutes."""

CRASH = {"postgres": Signals.SIGQUIT, "temporal": Signals.SIGKILL, "console": Signals.SIGKILL}
"""How each service ends without a word. PostgreSQL's own way takes its sessions' processes along."""


@contextmanager
def asleep(*processes: int) -> Iterator[None]:
    """These processes stand still meanwhile, as on a machine that hangs."""
    try:
        for process in processes:
            with suppress(ProcessLookupError):  # a session's process that has ended since it was named
                os.kill(process, Signals.SIGSTOP)
        while not all(map(_stands_still, processes)):
            time.sleep(0.001)
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):  # it has died meanwhile, and one that is awake again saw to its end
                os.kill(process, Signals.SIGCONT)


def _stands_still(process: int) -> bool:
    """Each of its threads: one that the kernel has not come to yet would still see to the end of a child."""
    for thread in Path(f"/proc/{process}/task").glob("*/stat"):
        try:
            state = thread.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue  # this one has ended
        if state not in {"T", "Z", "X"}:
            return False
    return True


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may reach too; pytest's may not be."""
    with TemporaryDirectory(prefix="kapstan-test-") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Received:
    """A page as it came out of Apprise."""

    person: str
    title: str
    body: str
    at: datetime


@dataclass
class Inbox:
    """A web server that keeps every page sent to `json://<address>/<person>`."""

    pages: list[Received] = field(default_factory=list)
    address: str = ""

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.splitlines()
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        told = json.loads(await reader.readexactly(length))
        person = lines[0].split()[1].strip("/")
        self.pages.append(Received(person, told["title"], told["message"], datetime.now().astimezone()))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    def of(self, course_id: str) -> list[Received]:
        """The pages about one course, in the order in which they came."""
        return [page for page in self.pages if f"Course {course_id}" in page.body]


@asynccontextmanager
async def inbox() -> AsyncIterator[Inbox]:
    """An inbox on a free port."""
    received = Inbox()
    server = await asyncio.start_server(received.receive, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    received.address = f"{host}:{port}"
    async with server:
        yield received


def example_on_call() -> str:
    """The example's on-call file without its days off: at the real clock the nurse's rota is Lind's on any day."""
    text = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
    return re.sub(r"^(overrides|leave) = .*\n", "", text, flags=re.MULTILINE)


def on_call_file(folder: Path, received: Inbox) -> Path:
    """The example's on-call file, with this inbox as everybody's channel."""
    without_mail = example_on_call().replace(
        ', "mailto://127.0.0.1:2525?from=kapstan@clinic.example&to=osei@clinic.example"', ""
    )
    file = folder / "oncall.toml"
    file.write_text(without_mail.replace("127.0.0.1:9900", received.address), encoding="utf-8")
    return file


def protocol_in_seconds(folder: Path) -> Path:
    """A folder with the weekly protocol whose checkpoints are seconds apart: 0, 12, 24, 36 …, each with 3 s grace."""
    text = (ROOT / "protocols" / "kap-im-weekly.toml").read_text(encoding="utf-8")
    hurried = []
    for line in text.splitlines():
        key = line.split("=")[0].strip()
        hurried.append(_IN_SECONDS.get(key, line) if "=" in line else line)
    protocols = folder / "protocols"
    protocols.mkdir()
    (protocols / "kap-im-weekly.toml").write_text("\n".join(hurried) + "\n", encoding="utf-8")
    return protocols


_IN_SECONDS = {
    "offsets": 'offsets = ["PT0S", "PT12S"]',
    "then_every": 'then_every = "PT12S"',
    "early": 'early = "PT2S"',
    "grace": 'grace = "PT3S"',
    "told_after": 'told_after = "PT3S"',
    "emergency_after": 'emergency_after = "PT1H"',
    "confirm_within": 'confirm_within = "PT10S"',
}


def example_course(course_id: str, dose_at: datetime) -> Iterator[ClinicEvent]:
    """The example course, moved in time so that its first dose is given at `dose_at`."""
    events = [json.loads(line) for line in (ROOT / "examples" / "course.jsonl").read_text().splitlines()]
    first_dose = next(event["time"] for event in events if event["type"] == "kap.dose.administered")
    moved = dose_at - datetime.fromisoformat(first_dose)
    for event in events:
        shifted = {**event, "subject": course_id, "time": _moved(event["time"], moved)}
        shifted["data"] = {
            key: _moved(value, moved) if key.endswith("_at") else value for key, value in event["data"].items()
        }
        yield event_from(shifted)


def _moved(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).isoformat()


async def spoken_to(stack: StackFile) -> Client:
    """A client of the stack's Temporal that has its payload keys, as Kapstan's own commands do."""
    return await connect(identity="test", target_host=stack.temporal, codec=codec_of(stack))


async def sent(courses: Courses, event: ClinicEvent) -> Reported:
    """Sent again until somebody decides it, as the contract tells a clinic's system to.

    No worker may be up yet, or the question went to one that was just killed.
    """

    async def decided() -> Reported | None:
        with suppress(Unavailable):
            return await courses.report(event)
        return None

    return await eventually(decided)


class Floor:
    """`kapstan up` on one folder, as a shell would run it."""

    def __init__(self, data: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self.data = data
        self._arguments = arguments
        self._environment = environment
        self._output = data.with_suffix(".out")

    async def up(self) -> StackFile:
        """It runs and is ready."""
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "starter",
                "up",
                "--data",
                str(self.data),
                *self._arguments,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            return await eventually(self.stack, UP_WITHIN)
        except BaseException:
            await self.down()
            raise

    async def stack(self) -> StackFile | None:
        """What `stack.json` says now, if it is there."""
        assert self._process.returncode is None, self._output.read_text()
        try:
            return read_stack_file(self.data)
        except NoStackRuns:
            return None

    @asynccontextmanager
    async def without(self, service: Literal["postgres", "temporal", "console"]) -> AsyncIterator[None]:
        """This service has crashed, and is back only afterwards: until then the supervisor sleeps who keeps it up."""
        before = await self.stack()
        assert before is not None
        crashed = getattr(before.pids, service)
        with asleep(self._process.pid):
            os.kill(crashed, CRASH[service])

            async def is_gone() -> bool:
                return psutil.Process(crashed).status() == psutil.STATUS_ZOMBIE

            await eventually(is_gone)
            yield

        async def is_back() -> bool:
            now = await self.stack()
            return now is not None and getattr(now.pids, service) not in {None, crashed}

        await eventually(is_back)

    @asynccontextmanager
    async def without_workers(self) -> AsyncIterator[None]:
        """Every worker was killed, and others are started only afterwards: until then the supervisor sleeps."""
        before = await self.stack()
        assert before is not None
        with asleep(self._process.pid):
            for worker in before.pids.workers:
                os.kill(worker, Signals.SIGKILL)
            yield

    async def down(self) -> int:
        """It has ended by Ctrl-C; its exit code."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, Signals.SIGINT)
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await self._process.wait()


@asynccontextmanager
async def floor(received: Inbox, folder: Path, **environment: str) -> AsyncIterator[Floor]:
    """A whole stack on `folder` with the fast protocol, that pages into `received`; gone afterwards."""
    running = Floor(
        folder / "data",
        "--protocols",
        str(protocol_in_seconds(folder)),
        "--oncall",
        str(on_call_file(folder, received)),
        environment=environment,
    )
    await running.up()
    try:
        yield running
    finally:
        await running.down()

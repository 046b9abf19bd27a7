"""A supervisor in a process of its own, to be asked, signalled and killed as an operator's would be."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory

import asyncpg
import psutil
from temporalio.client import Client

from gateway.temporal import connect
from stack.errors import NoStackRuns
from stack.stackfile import StackFile, read_stack_file
from tests.support.eventually import WITHIN, eventually

HERE = Path(__file__).parent
TINY_WORKER = (sys.executable, str(HERE / "tiny_worker.py"))


def is_alive(process: psutil.Process) -> bool:
    """It runs; one that has ended and only waits to be noticed does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def all_gone(processes: list[psutil.Process]) -> bool:
    """None of them is left, at once or within the time a kernel takes to see to it."""

    async def none_left() -> bool:
        return not any(map(is_alive, processes))

    return await eventually(none_left)


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder for a whole stack.

    Not pytest's: for root, PostgreSQL is another user, and each pytest session that starts shuts the way to it again.
    """
    with TemporaryDirectory(prefix="kapstan-test-") as folder:
        yield Path(folder)


class Supervisor:
    """`kapstan up` on one folder, as a shell would run it: in a process group of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.output = data.with_suffix(".out")

    async def start(self) -> None:
        with self.output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(HERE / "supervise.py"),
                str(self.data),
                *TINY_WORKER,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
                cwd=HERE.parent.parent,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def up(self) -> StackFile:
        """It runs and is ready."""
        await self.start()
        return await eventually(self.stack)

    async def stack(self) -> StackFile | None:
        """What `stack.json` says now, if it is there."""
        assert self._process.returncode is None, self.output.read_text()
        try:
            return read_stack_file(self.data)
        except NoStackRuns:
            return None

    @property
    def pid(self) -> int:
        return self._process.pid

    def processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        supervisor = psutil.Process(self.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    async def ends_by(self, signal: Signals) -> int:
        """Its exit code after this signal to its whole group, as a terminal sends Ctrl-C."""
        os.killpg(self.pid, signal)
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await self._process.wait()

    async def end(self) -> None:
        """It has ended, in a hurry."""
        if self._process.returncode is None:
            os.killpg(self.pid, Signals.SIGINT)
            await eventually(self._stops)
            if self._process.returncode is None:
                os.killpg(self.pid, Signals.SIGINT)
            await self._process.wait()

    async def _stops(self) -> bool:
        return self._process.returncode is not None or await self.stack() is None


async def notes(stack: StackFile) -> list[str]:
    """What the record store holds."""
    connection = await asyncpg.connect(stack.database)
    try:
        return [row["note"] for row in await connection.fetch("SELECT note FROM notes")]
    finally:
        await connection.close()


async def write_note(stack: StackFile, note: str) -> None:
    connection = await asyncpg.connect(stack.database)
    try:
        await connection.execute("INSERT INTO notes VALUES ($1)", note)
    finally:
        await connection.close()


async def client_of(stack: StackFile) -> Client:
    return await connect(identity="kapstan-test", target_host=stack.temporal)

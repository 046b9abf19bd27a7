"""Registry of running processes, kept in a file so that the next supervisor can stop those a killed one left."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Any

import psutil
from pydantic import TypeAdapter, ValidationError

from domain.durations import Duration
from domain.values import Frozen
from stack.errors import StackMisconfigured
from stack.files import replace_file

LOOK_AGAIN = timedelta(milliseconds=50)
SAME_START = timedelta(seconds=2)  # start times count from the boot time, which clock corrections move


class ShutdownStep(Frozen):
    """One signal that asks a program to end, and how long to wait for that."""

    signal: Signals
    patience: Duration


class RegisteredProcess(Frozen):
    """A registered process, identified by id and start time: the id alone may be another process's by now."""

    name: str
    pid: int
    started_at: float
    farewell: tuple[ShutdownStep, ...]

    def process(self) -> psutil.Process | None:
        """The process while it lives; None if the id is another process's."""
        try:
            process = psutil.Process(self.pid)
            is_ours = abs(process.create_time() - self.started_at) < SAME_START.total_seconds()
            return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


_RECORDS = TypeAdapter(tuple[RegisteredProcess, ...])


class ProcessRegistry:
    """The running processes by name, written to `file` if one is given; `changed` is called at each change."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.changed: Callable[[], None] | None = None
        self._present: dict[str, RegisteredProcess] = {}

    def pid(self, name: str) -> int | None:
        """The id of the process under this name, if one runs."""
        return self._present[name].pid if name in self._present else None

    def enter(self, name: str, pid: int, farewell: tuple[ShutdownStep, ...]) -> None:
        """Registers this process under `name`."""
        try:
            started_at = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            return  # it has ended already; whoever started it learns so from its exit
        self._present[name] = RegisteredProcess(name=name, pid=pid, started_at=started_at, farewell=farewell)
        self._write()

    def leave(self, name: str) -> None:
        """Removes `name` from the registry."""
        self._present.pop(name, None)
        self._write()

    def _write(self) -> None:
        # With a full disk the files are out of date; nothing that runs, or is to be restarted, may stop for that.
        with suppress(OSError):
            if self._file is not None:
                replace_file(self._file, _RECORDS.dump_json(tuple(self._present.values())))
            if self.changed is not None:
                self.changed()


async def part(
    farewell: tuple[ShutdownStep, ...],
    send: Callable[[Signals], None],
    gone: asyncio.Future[Any],
    hurried: asyncio.Event,
) -> None:
    """Sends the shutdown signals in turn until `gone`, then kills; `hurried` cuts the first wait short."""
    hurry = asyncio.ensure_future(hurried.wait())
    try:
        for step in farewell:
            if gone.done():
                return
            send(step.signal)
            waited_for: set[asyncio.Future[Any]] = {gone, hurry} if step is farewell[0] else {gone}
            await asyncio.wait(waited_for, timeout=step.patience.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            send(Signals.SIGKILL)
        await asyncio.wait({gone})
    finally:
        hurry.cancel()


def _left_over(file: Path) -> tuple[RegisteredProcess, ...]:
    try:
        return tuple(record for record in _RECORDS.validate_json(file.read_bytes()) if record.process() is not None)
    except (FileNotFoundError, ValidationError):
        return ()


async def _until_gone(record: RegisteredProcess) -> None:
    while record.process() is not None:  # noqa: ASYNC110  no event comes from a process that is not our child
        await asyncio.sleep(LOOK_AGAIN.total_seconds())


def send_to(process_id: int, signal: Signals) -> None:
    """Signals the process; SIGKILL reaches its whole session. Does nothing if it has ended."""
    try:
        if signal is Signals.SIGKILL:
            os.killpg(process_id, signal)
        else:
            os.kill(process_id, signal)
    except ProcessLookupError:
        return


async def stop_left_overs(file: Path, hurried: asyncio.Event) -> tuple[str, ...]:
    """Stops the processes that a killed supervisor left running, and returns their names.

    Last started first, each given its time. Raises `StackMisconfigured` for another user's process.
    """
    left_over = _left_over(file)
    for record in reversed(left_over):
        gone = asyncio.ensure_future(_until_gone(record))
        try:
            await part(record.farewell, lambda signal, pid=record.pid: send_to(pid, signal), gone, hurried)  # type: ignore[misc]
        except PermissionError:
            raise StackMisconfigured(
                f"{record.name} (process {record.pid}) still runs from an earlier start by another user;"
                " start as that user, or end it first"
            ) from None
        finally:
            gone.cancel()
    return tuple(record.name for record in left_over)

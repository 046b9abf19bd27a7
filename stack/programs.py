"""Process supervisor for one program: starts it, waits until it is ready, restarts it when it dies, stops it."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Self

from domain.values import Frozen
from stack.errors import ServiceDown
from stack.files import OWNER_ONLY, last_lines
from stack.parent_death_signal import with_death_signal
from stack.processes import LOOK_AGAIN, ProcessRegistry, ShutdownStep, part, send_to

FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=15)
CALM_AFTER = timedelta(seconds=30)


class Program(Frozen):
    """How to run a program: its command line and environment, its log, and how it is asked to end.

    The kernel sends `signal_at_death` to it when the supervisor is killed and can stop nothing any more.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    farewell: tuple[ShutdownStep, ...]
    signal_at_death: Signals
    user: str | None = None
    folder: Path | None = None


class Backoff(Frozen):
    """The wait before a restart: longer after each early death, short again after a long run."""

    early_deaths: int = 0

    def after(self, lived: timedelta) -> Self:
        """The backoff after one more death of a program that had run this long."""
        return self.but(early_deaths=1 if lived >= CALM_AFTER else self.early_deaths + 1)

    @property
    def pause(self) -> timedelta:
        """The wait before the next start."""
        doublings = min(max(self.early_deaths - 1, 0), 10)
        return min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)


def _keep_silent(_line: str) -> None:
    """Reports nothing."""


@dataclass(frozen=True)
class Oversight:
    """What all programs of one supervisor share: where to report, the process registry, and whether to hurry."""

    say: Callable[[str], None] = _keep_silent
    roll: ProcessRegistry = field(default_factory=ProcessRegistry)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)


def ended_how(returncode: int) -> str:
    """The way a process ended, in words: its exit code, or the signal that killed it."""
    return f"killed by {Signals(-returncode).name}" if returncode < 0 else f"exit code {returncode}"


class KeptProgram:
    """One program, kept running from `launch` until `stop`."""

    def __init__(self, program: Program, oversight: Oversight) -> None:
        self._program = program
        self._oversight = oversight
        self._process: Process | None = None
        self._exited: asyncio.Future[int] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._launched_at = 0.0
        self._log_was_long = 0

    @property
    def pid(self) -> int | None:
        """The id of its process; None between a death and the next start."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def launch(self) -> None:
        """Starts it; `until_ready` tells whether it works."""
        program = self._program
        log = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY)
        try:
            self._log_was_long = os.fstat(log).st_size
            self._process = await asyncio.create_subprocess_exec(
                *with_death_signal(program.command, signal_at_death=program.signal_at_death, user=program.user),
                env=program.environment,
                cwd=program.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the supervisor alone, which stops programs in order
                umask=0o077,
            )
        finally:
            os.close(log)
        self._launched_at = asyncio.get_running_loop().time()
        self._exited = asyncio.ensure_future(self._process.wait())
        self._oversight.roll.enter(program.name, self._process.pid, program.farewell)

    async def until_ready(self, is_ready: Callable[[], Awaitable[bool]], within: timedelta) -> None:
        """Waits until it is ready; from then on it is restarted whenever it dies.

        Raises `ServiceDown` with the last lines of its log if it ended, or was not ready in time.
        """
        assert self._exited is not None
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not await is_ready():
                    if self._exited.done():
                        raise self._down(f"ended while starting ({ended_how(self._exited.result())})")
                    await asyncio.sleep(LOOK_AGAIN.total_seconds())
        except TimeoutError:
            raise self._down(f"was not ready within {within.total_seconds():.0f} s") from None
        self._keeper = asyncio.create_task(self._keep(), name=f"keeps {self._program.name} running")

    async def ended(self) -> int:
        """Waits until it ends by itself; returns its exit code."""
        assert self._exited is not None
        return await asyncio.shield(self._exited)

    async def stop(self) -> None:
        """Stops it and does not restart it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        if self._process is not None and self._exited is not None:
            await part(
                self._program.farewell, partial(send_to, self._process.pid), self._exited, self._oversight.hurried
            )
        self._oversight.roll.leave(self._program.name)

    async def _keep(self) -> None:
        backoff = Backoff()
        while True:
            returncode = await self.ended()
            backoff = backoff.after(timedelta(seconds=asyncio.get_running_loop().time() - self._launched_at))
            self._oversight.roll.leave(self._program.name)
            self._oversight.say(f"{self._program.name} died ({ended_how(returncode)}); starting it again")
            await asyncio.sleep(backoff.pause.total_seconds())
            while not await self._launches_again():
                backoff = backoff.after(timedelta())
                await asyncio.sleep(backoff.pause.total_seconds())

    async def _launches_again(self) -> bool:
        try:
            await self.launch()
        except OSError as error:  # such as a full disk: that passes
            self._oversight.say(f"{self._program.name} could not be started again: {error.strerror}")
            return False
        self._oversight.say(f"{self._program.name} started again as process {self.pid}")
        return True

    def _down(self, what: str) -> ServiceDown:
        log = self._program.log
        tail = last_lines(log, since=self._log_was_long)
        return ServiceDown(f"{self._program.name} {what}; its log is {log}" + (f"\n{tail}" if tail else ""))

"""A load: so many clients, each doing one thing after the other, for so long, from a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from signal import Signals

from bench.house import ROOT, House
from domain.values import Frozen
from stack.parent_death_signal import with_death_signal

LONGEST_LINE = 64 * 1024 * 1024
ENDS_WITHIN = 10.0


class Kind(StrEnum):
    """What each client does."""

    COUNTER = "counter"
    """The floor's update that adds to a counter."""
    RECORDED = "recorded"
    """The floor's update that adds to a counter and has a row inserted."""
    REPORTS = "reports"
    """A reading of a dosed patient, by the Temporal client."""
    READINGS = "readings"
    """A reading of a dosed patient, over HTTP."""
    CLINIC = "clinic"
    """Example courses over HTTP, one after the other, from referral to follow-up."""
    NONSENSE = "nonsense"
    """Invalid events over HTTP."""


class Place(Frozen):
    """Where the load goes, and what opens it."""

    url: str
    token: str
    temporal: str
    key: str


class Begun(Frozen):
    """An example course that was begun before: how many of its events it has had."""

    course: str
    events: int


class Order(Frozen):
    """A load. `courses` are the dosed patients' of readings; `begun` the first course of each client of a clinic."""

    kind: Kind
    clients: int
    seconds: float
    courses: tuple[str, ...] = ()
    begun: tuple[Begun, ...] = ()


class Tally(Frozen):
    """What came of it: how long each accepted thing took, and how often there was which answer.

    `lasted` is until the last answer; `processor_seconds` are the clients' own.
    """

    seconds: tuple[float, ...]
    answers: Mapping[str, int]
    lasted: float
    processor_seconds: float

    @property
    def rate(self) -> float:
        """Accepted a second."""
        return len(self.seconds) / self.lasted


class Loader:
    """The process that makes the load. Between two orders it keeps its clients, and the courses they are at."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, order: Order) -> Tally:
        """Carries out the order; returns when the last client has its last answer."""
        await self.say(order)
        assert self._process.stdout is not None
        return Tally.model_validate_json(await self._process.stdout.readline())

    async def say(self, words: Frozen) -> None:
        """Sends one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(words.model_dump_json().encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def open_loader(house: House, url: str | None = None) -> AsyncIterator[Loader]:
    """A loader for this house; what it sends over HTTP goes to another service if there is a URL."""
    command = (sys.executable, "-m", "bench.load_process")
    process = await asyncio.create_subprocess_exec(
        *with_death_signal(command, signal_at_death=Signals.SIGKILL),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LONGEST_LINE,
    )
    loader = Loader(process)
    try:
        await loader.say(Place(url=url or house.url, token=house.clinic_token, temporal=house.temporal, key=house.key))
        yield loader
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()

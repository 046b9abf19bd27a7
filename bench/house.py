"""A whole stack on a temporary folder, as `kapstan up` runs it, with the floor's worker beside it on the same servers.

Everything is on: encryption and compression, ledger and lists, the watchdog. Pages go to a sink in this process.
"""

import asyncio
import base64
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from signal import Signals
from types import MappingProxyType

import httpx
import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from bench.floor import EVENTS, PAGES
from bench.floor_worker import DATABASE, TEMPORAL
from domain.access import Grant, TokenRole
from domain.values import Role
from gateway.codec import EncryptionCodec
from gateway.host_account import sent_from_here
from gateway.temporal import connect
from gateway.tokens import Tokens
from records.access import AccessStore
from records.connections import open_connections
from records.store import migrate
from settings import PayloadKey
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program
from stack.supervisor import WORKER, Stack, StackPlan
from tests.support.running_stack import Inbox, inbox, on_call_file

ROOT = Path(__file__).parent.parent
AS_FAST_AS_IT_GOES = "1000000"
"""Rate limit of a token, in requests a second: so high that the machine is the limit."""

UP_WITHIN = timedelta(minutes=1)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=10)),)


@dataclass(frozen=True)
class House:
    """The addresses of a stack, the tokens and the key that open it, the sink of its pages, and its processes."""

    url: str
    temporal: str
    database: str
    folder: Path
    token: str
    clinic_token: str
    key: str
    sink: Inbox
    stack: Stack
    floor: KeptProgram

    def client(self) -> httpx.AsyncClient:
        """A client with an administrator's token."""
        return shows(self.url, self.token)

    def clinic(self) -> httpx.AsyncClient:
        """A client with the token of the clinic's own software."""
        return shows(self.url, self.clinic_token)

    async def courses(self) -> Client:
        """A Temporal client as Kapstan's own programs connect one."""
        return await courses_client(self.temporal, self.key)

    async def counters(self) -> Client:
        """A Temporal client as the floor's worker connects one."""
        return await Client.connect(self.temporal)

    @property
    def console(self) -> psutil.Process:
        """The console's process."""
        return psutil.Process(self.stack.file.pids.console)

    @property
    def workers(self) -> tuple[psutil.Process, ...]:
        """The processes of Kapstan's workers now."""
        return tuple(psutil.Process(pid) for pid in self.stack.file.pids.workers)

    @property
    def floor_worker(self) -> psutil.Process:
        """The process of the floor's worker."""
        return psutil.Process(self.floor.pid)

    def seconds(self) -> dict[str, float]:
        """Processor seconds of each program so far, with its children's."""
        pids = self.stack.file.pids
        programs = {
            "console": (self.console,),
            "workers": self.workers,
            "Temporal": (psutil.Process(pids.temporal),),
            "PostgreSQL": (psutil.Process(pids.postgres),),
            "floor": (self.floor_worker,),
        }
        return {name: sum(map(_seconds, processes)) for name, processes in programs.items()}


def shows(url: str, token: str) -> httpx.AsyncClient:
    """An HTTP client that shows this token."""
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


async def courses_client(temporal: str, key: str) -> Client:
    """A Temporal client that encrypts with this key, as Kapstan's own programs do."""
    codec = EncryptionCodec.of([PayloadKey.parse(key)])
    return await connect(identity="bench", target_host=temporal, codec=codec)


def _seconds(process: psutil.Process) -> float:
    # What PostgreSQL's sessions took that have ended is told by their parent.
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


@asynccontextmanager
async def open_house(
    rate: str = AS_FAST_AS_IT_GOES,
    workers: int = 1,
    worker_command: tuple[str, ...] = WORKER,
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    time_skipping: bool = False,
) -> AsyncIterator[House]:
    """Runs a stack while open, and removes it afterwards. A token may make `rate` requests a second."""
    key = f"bench:{base64.b64encode(os.urandom(32)).decode()}"
    with tempfile.TemporaryDirectory(prefix="kapstan-bench-") as folder:
        async with inbox() as sink:
            plan = StackPlan(
                data=Path(folder) / "data",
                protocols=ROOT / "protocols",
                oncall=on_call_file(Path(folder), sink),
                migrate=migrate,
                workers=workers,
                time_skipping=time_skipping,
                worker_command=worker_command,
                environment={"KAPSTAN_RATE": rate, "KAPSTAN_PAYLOAD_KEYS": key, **environment},
            )
            async with Stack(plan, lambda _: None) as running, _given_up_when_stopped(running):
                stack = running.file
                assert stack.console is not None
                assert stack.admin_token_file is not None
                async with open_connections(stack.database) as connections:
                    tokens = Tokens(AccessStore(connections))
                    may = Grant(roles=(TokenRole.CLINIC,), speaks_as=tuple(Role))
                    clinic = await tokens.create(may, name="bench", sent_by=sent_from_here())
                async with _floor_worker(Path(folder), stack.temporal, stack.database) as floor:
                    yield House(
                        url=stack.console,
                        temporal=stack.temporal,
                        database=stack.database,
                        folder=plan.data,
                        token=stack.admin_token_file.read_text(encoding="utf-8").strip(),
                        clinic_token=clinic.token,
                        key=key,
                        sink=sink,
                        stack=running,
                        floor=floor,
                    )


@asynccontextmanager
async def _given_up_when_stopped(stack: Stack) -> AsyncIterator[None]:
    """Ctrl-C, which the stack takes for itself, cancels what is measured meanwhile."""
    measuring = asyncio.current_task()
    assert measuring is not None

    async def give_up() -> None:
        await stack.until_stopped()
        measuring.cancel()

    watching = asyncio.create_task(give_up())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@asynccontextmanager
async def _floor_worker(folder: Path, temporal: str, database: str) -> AsyncIterator[KeptProgram]:
    program = Program(
        name="floor",
        command=(sys.executable, "-m", "bench.floor_worker"),
        environment={**os.environ, TEMPORAL: temporal, DATABASE: database},
        log=folder / "floor.log",
        farewell=FAREWELL,
        signal_at_death=Signals.SIGKILL,
        folder=ROOT,
    )
    floor, client = KeptProgram(program, Oversight()), await Client.connect(temporal)

    async def polls() -> bool:
        return all([await _is_polled(client, queue) for queue in (EVENTS, PAGES)])

    try:
        await floor.launch()
        await floor.until_ready(polls, UP_WITHIN)
        yield floor
    finally:
        await floor.stop()


async def _is_polled(client: Client, queue: str) -> bool:
    found = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return bool(found.pollers)

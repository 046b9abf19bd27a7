"""The watch's process of the embedded stack, restarted whenever it dies."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self

from gateway.plain_http import is_well
from stack.ports import reachable
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program

NAME = "watch"
READY_WITHIN = timedelta(minutes=2)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=10)),)

# By its path: the command lies beside the stack, so that no `starter.py` of the current folder is run instead.
COMMAND = (sys.executable, str(Path(__file__).parent.parent / "starter.py"), "watch")


class Watch:
    """Context manager: it is started as this opens, and has ended after it. It logs to `folder/watch.log`.

    It answers `/metrics` and `/healthz` at `url`.
    """

    def __init__(
        self, folder: Path, *, host: str, port: int, environment: Mapping[str, str], oversight: Oversight
    ) -> None:
        self.url = f"http://{reachable(host)}:{port}"
        self._program = KeptProgram(
            Program(
                name=NAME,
                command=COMMAND,
                environment={**environment, "KAPSTAN_WATCH_METRICS": f"{host}:{port}"},
                log=folder / "watch.log",
                farewell=FAREWELL,
                signal_at_death=Signals.SIGTERM,
            ),
            oversight,
        )

    async def __aenter__(self) -> Self:
        await self._program.launch()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._program.stop()

    async def until_it_watches(self) -> None:
        """Waits until it watches; from then on it is restarted whenever it dies. Raises `ServiceDown`."""
        await self._program.until_ready(self._is_well, READY_WITHIN)

    async def _is_well(self) -> bool:
        return await is_well(self.url)

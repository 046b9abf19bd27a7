"""The worker processes of the embedded stack, each serving both task queues."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Self

from temporalio.client import Client
from temporalio.service import RPCError

from gateway.pollers import QUEUES, pollers, worker_identity
from stack.ports import reachable
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program

READY_WITHIN = timedelta(minutes=1)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=20)),)


def worker_names(count: int) -> Sequence[str]:
    """The names of so many workers, in order."""
    return tuple(f"worker-{number}" for number in range(1, count + 1))


class Workers:
    """Context manager: every worker polls while it is open; after that they have ended.

    Each has a port on `host`, where it answers `/metrics` and `/healthz`, and logs to `folder/NAME.log`. Raises
    `ServiceDown` if one does not come up.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        host: str,
        ports: Mapping[str, int],
        environment: Mapping[str, str],
        folder: Path,
        client: Client,
        oversight: Oversight,
    ) -> None:
        self._client = client
        self.urls = tuple(f"http://{reachable(host)}:{port}" for port in ports.values())
        self._oversight = oversight
        self._workers = {
            name: KeptProgram(
                Program(
                    name=name,
                    command=command,
                    environment={**environment, "KAPSTAN_WORKER_METRICS": f"{host}:{port}"},
                    log=folder / f"{name}.log",
                    farewell=FAREWELL,
                    # Temporal stops at the same moment: a worker that shut down in order would wait ten seconds for it.
                    signal_at_death=Signals.SIGKILL,
                ),
                oversight,
            )
            for name, port in ports.items()
        }

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of their processes now."""
        found = (self._oversight.roll.pid(name) for name in self._workers)
        return tuple(pid for pid in found if pid is not None)

    async def __aenter__(self) -> Self:
        try:
            for worker in self._workers.values():
                await worker.launch()
            for worker in self._workers.values():
                await worker.until_ready(partial(self._polls, worker), READY_WITHIN)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers.values()))

    async def _polls(self, worker: KeptProgram) -> bool:
        if (pid := worker.pid) is None:
            return False
        try:
            polled = [await pollers(self._client, queue) for queue in QUEUES]
        except RPCError:
            return False
        return all(worker_identity(pid) in seen for seen in polled)

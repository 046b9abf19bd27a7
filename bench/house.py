"""The whole stack on a folder that is removed afterwards, as `kapstan up` runs it, to be measured over HTTP."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from domain.access import TokenRole
from gateway.tokens import Tokens
from records.access import AccessStore
from records.connections import open_connections
from records.store import migrate
from stack.supervisor import Stack, StackPlan

ROOT = Path(__file__).parent.parent
AS_FAST_AS_IT_GOES = "1000000"
"""Requests a second that a token may make: the measured limit is the machine's."""


@dataclass(frozen=True)
class House:
    """Where it is, who may do everything there, and the processes behind it."""

    url: str
    temporal: str
    database: str
    token: str
    clinic_token: str
    console: psutil.Process
    others: Mapping[str, tuple[psutil.Process, ...]]

    def client(self) -> httpx.AsyncClient:
        """Somebody who may do everything."""
        return self._shows(self.token)

    def clinic(self) -> httpx.AsyncClient:
        """The clinic's own software."""
        return self._shows(self.clinic_token)

    def _shows(self, token: str) -> httpx.AsyncClient:
        shown = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.url, headers=shown, timeout=60)

    def seconds(self) -> dict[str, float]:
        """What each of its programs has used of the processors so far, children's included."""
        programs = {"console": (self.console,), **self.others}
        return {name: sum(map(_seconds, processes)) for name, processes in programs.items()}


def _seconds(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in family)


@asynccontextmanager
async def open_house(
    oncall: Path = ROOT / "examples" / "oncall.toml", rate: str = AS_FAST_AS_IT_GOES
) -> AsyncIterator[House]:
    """It is up; afterwards it is gone. A token may make `rate` requests a second."""
    with tempfile.TemporaryDirectory(prefix="kapstan-bench-") as folder:
        plan = StackPlan(
            data=Path(folder) / "data",
            protocols=ROOT / "protocols",
            oncall=oncall,
            migrate=migrate,
            environment={"KAPSTAN_RATE": rate},
        )
        async with Stack(plan, lambda _: None) as running:
            stack = running.file
            assert stack.console is not None
            assert stack.admin_token_file is not None
            pids = stack.pids
            async with open_connections(stack.database) as connections:
                clinic = await Tokens(AccessStore(connections)).create(role=TokenRole.CLINIC, name="bench", site=None)
            yield House(
                url=stack.console,
                temporal=stack.temporal,
                database=stack.database,
                token=stack.admin_token_file.read_text(encoding="utf-8").strip(),
                clinic_token=clinic.token,
                console=psutil.Process(pids.console),
                others={
                    "workers": tuple(psutil.Process(pid) for pid in pids.workers),
                    "Temporal": (psutil.Process(pids.temporal),),
                    "PostgreSQL": (psutil.Process(pids.postgres),),
                },
            )

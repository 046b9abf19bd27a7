"""A whole stack on a temporary folder, as `kapstan up` runs it, for measurements over HTTP."""

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
"""Rate limit of a token, in requests a second: so high that the machine is the limit."""


@dataclass(frozen=True)
class House:
    """The stack's URL, an administrator's token, and the processes behind it."""

    url: str
    temporal: str
    database: str
    token: str
    clinic_token: str
    console: psutil.Process
    others: Mapping[str, tuple[psutil.Process, ...]]

    def client(self) -> httpx.AsyncClient:
        """A client with an administrator's token."""
        return self._shows(self.token)

    def clinic(self) -> httpx.AsyncClient:
        """A client with the token of the clinic's own software."""
        return self._shows(self.clinic_token)

    def _shows(self, token: str) -> httpx.AsyncClient:
        shown = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.url, headers=shown, timeout=60)

    def seconds(self) -> dict[str, float]:
        """Processor seconds of each program so far, with its children's."""
        programs = {"console": (self.console,), **self.others}
        return {name: sum(map(_seconds, processes)) for name, processes in programs.items()}


def _seconds(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in family)


@asynccontextmanager
async def open_house(
    oncall: Path = ROOT / "examples" / "oncall.toml", rate: str = AS_FAST_AS_IT_GOES
) -> AsyncIterator[House]:
    """Runs a stack while open, and removes it afterwards. A token may make `rate` requests a second."""
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

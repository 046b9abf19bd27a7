"""The whole stack on a folder that is removed afterwards, as `kapstan up` runs it, to be measured over HTTP."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from records.store import migrate
from stack.supervisor import Stack, StackPlan

ROOT = Path(__file__).parent.parent
AS_FAST_AS_IT_GOES = "1000000"
"""Requests a second that a token may make: the measured limit is the machine's."""


@dataclass(frozen=True)
class House:
    """Where it is, who may do everything there, and the processes behind it."""

    url: str
    token: str
    console: psutil.Process
    others: Mapping[str, tuple[psutil.Process, ...]]

    def client(self) -> httpx.AsyncClient:
        """Somebody who may do everything."""
        shown = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(base_url=self.url, headers=shown, timeout=60)

    def seconds(self) -> dict[str, float]:
        """What each of its programs has used of the processors so far, children's included."""
        programs = {"console": (self.console,), **self.others}
        return {name: sum(map(_seconds, processes)) for name, processes in programs.items()}


def _seconds(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in family)


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    """It is up; afterwards it is gone."""
    with tempfile.TemporaryDirectory(prefix="kapstan-bench-") as folder:
        plan = StackPlan(
            data=Path(folder) / "data",
            protocols=ROOT / "protocols",
            oncall=ROOT / "examples" / "oncall.toml",
            migrate=migrate,
            environment={"KAPSTAN_RATE": AS_FAST_AS_IT_GOES},
        )
        async with Stack(plan, lambda _: None) as running:
            stack = running.file
            assert stack.console is not None
            assert stack.admin_token_file is not None
            pids = stack.pids
            yield House(
                url=stack.console,
                token=stack.admin_token_file.read_text(encoding="utf-8").strip(),
                console=psutil.Process(pids.console),
                others={
                    "workers": tuple(psutil.Process(pid) for pid in pids.workers),
                    "Temporal": (psutil.Process(pids.temporal),),
                    "PostgreSQL": (psutil.Process(pids.postgres),),
                },
            )

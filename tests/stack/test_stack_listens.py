"""Where `kapstan up` listens: `--host` is the console's, and nothing else leaves this machine."""

from pathlib import Path

import httpx
import psutil

from records.store import migrate
from stack.supervisor import Stack, StackPlan
from tests.support.supervise import ROOT
from tests.support.supervised import TINY_WORKER

ELSEWHERE = "127.0.0.2"
"""Another address of this machine, in the place of the one that the clinic's network knows it by."""


def listens_at(process: psutil.Process) -> set[str]:
    """The addresses at which the process, or one that it started, takes connections."""
    family = [process, *process.children(recursive=True)]
    return {
        one.laddr.ip for member in family for one in member.net_connections("inet") if one.status == psutil.CONN_LISTEN
    }


async def test_only_the_console_listens_where_the_host_says(folder: Path) -> None:
    """Neither Temporal, its UI and its internal ports, nor a worker, the watch or PostgreSQL."""
    plan = StackPlan(
        data=folder / "data",
        protocols=ROOT / "protocols",
        oncall=ROOT / "examples" / "oncall.toml",
        migrate=migrate,
        host=ELSEWHERE,
        worker_command=TINY_WORKER,
        workers=1,
    )
    async with Stack(plan, lambda _: None) as running:
        pids = running.file.pids
        assert pids.console is not None
        assert listens_at(psutil.Process(pids.console)) - {"127.0.0.1"} == {ELSEWHERE}
        for other in (pids.temporal, pids.postgres, pids.watch, *pids.workers):
            assert other is not None
            assert {
                ip for ip in listens_at(psutil.Process(other)) if ip == ELSEWHERE or not ip.startswith("127.")
            } == set()
        assert running.file.console is not None
        assert running.file.console.startswith(f"http://{ELSEWHERE}:")
        assert running.file.temporal.startswith("127.0.0.1:")
        assert running.file.temporal_ui.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient(trust_env=False, timeout=60) as browser:
            settings = (await browser.get(f"{running.file.temporal_ui}/api/v1/settings")).json()
        assert settings["Codec"]["Endpoint"] == f"{running.file.console}/codec"

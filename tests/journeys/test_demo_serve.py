"""`kapstan demo --serve`: somebody looks at a floor, signs in with what it printed, and stops it."""

import asyncio
import os
import re
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from signal import Signals

import httpx
import psutil
import pytest

from domain.access import TokenRole
from domain.course.state import Phase
from domain.escalation.messages import EscalationState
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.running_stack import fresh_folder

OPEN_WITHIN = timedelta(seconds=200)
"""Half a minute on two idle cores: a busy machine is no failure."""

STOPPED_WITHIN = 60.0
COMMAND = (sys.executable, "-m", "starter", "demo", "--patients", "0", "--serve")
NURSE = f"{TokenRole.ONCALL},{TokenRole.CLINIC}"
"""One sign-in for the whole of a nurse's work."""


@dataclass(frozen=True)
class Shown:
    """What it printed once it was open: where, and with which tokens."""

    url: str
    tokens: dict[str, str]
    phone_page: str


class Serving:
    """The command on a folder of its own, as a shell would run it."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self.process = process
        self._output = output

    async def shown(self) -> Shown:
        """What it says, as soon as it is open."""
        said = await eventually(self._said, OPEN_WITHIN)
        url = re.search(r"^Pages +(http://\S+)/", said, re.MULTILINE)
        page = re.search(r"^A page .*(http://\S+/ack/\S+)$", said, re.MULTILINE)
        assert url, said
        assert page, said
        tokens = dict(re.findall(r"^  ([\w,]+) +(kap_\S+)$", said, re.MULTILINE))
        return Shown(url=url[1], tokens=tokens, phone_page=page[1])

    async def _said(self) -> str | None:
        said = self._output.read_text(encoding="utf-8")
        assert self.process.returncode is None, said
        return said if re.search(r"^A page ", said, re.MULTILINE) else None


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Serving]:
    """It runs, and has ended afterwards."""
    output = folder / "output"
    with output.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder)},
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        yield Serving(process, output)
    finally:
        if process.returncode is None:
            process.send_signal(Signals.SIGTERM)
            async with asyncio.timeout(STOPPED_WITHIN):
                await process.wait()


@pytest.mark.timeout(300)
async def test_the_floor_shows_every_phase_lets_people_in_and_leaves_nothing_behind() -> None:
    """Courses in each phase, escalations in each state, a page to answer; Ctrl-C ends it with exit code 0."""
    with fresh_folder() as folder:
        async with serving(folder) as served, httpx.AsyncClient(timeout=60) as client:
            shown = await served.shown()
            assert shown.tokens.keys() == {*TokenRole, NURSE} - {TokenRole.WALL, TokenRole.ONCALL}

            async def listed(what: str, role: str) -> list[dict[str, str]]:
                shows = {"Authorization": f"Bearer {shown.tokens[role]}"}
                answer = await client.get(f"{shown.url}/v1/{what}", params={"limit": 100}, headers=shows)
                assert answer.status_code == 200, answer.text
                found: list[dict[str, str]] = answer.json()["items"]
                return found

            async def everybody() -> list[dict[str, str]] | None:
                """The escalations, one in each state at least, once there are two courses in each phase."""
                phases = Counter(one["phase"] for one in await listed("courses", TokenRole.OPERATIONS))
                found = await listed("escalations", NURSE)
                is_full = all(phases[phase] >= 2 for phase in Phase)
                return found if is_full and {one["state"] for one in found} == set(EscalationState) else None

            escalations = await eventually(everybody)

            page = await client.get(shown.phone_page)
            assert page.status_code == 200
            assert any(one["state"] == EscalationState.OPEN and one["course_id"] in page.text for one in escalations)

            children = psutil.Process(served.process.pid).children(recursive=True)
            assert len(children) >= 5
            served.process.send_signal(Signals.SIGINT)
            async with asyncio.timeout(STOPPED_WITHIN):
                assert await served.process.wait() == 0
            assert [child.name() for child in children if child.is_running()] == []
            assert [left.name for left in folder.iterdir()] == ["output"]


async def test_a_port_in_use_is_refused_before_the_show() -> None:
    """Exit code 2 at once: nobody watches nine stories, and then there is no floor."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = await kapstan("demo", "--serve", "--port", str(port))

    assert refused.code == 2
    assert refused.err.startswith(f"kapstan: --port {port}: this port is in use")
    assert refused.out == ""


async def test_a_demonstration_of_nobody_is_refused() -> None:
    """No patients make sense only where a floor follows."""
    refused = await kapstan("demo", "--patients", "0")

    assert refused.code == 2
    assert "must be at least 1 without --serve" in refused.err

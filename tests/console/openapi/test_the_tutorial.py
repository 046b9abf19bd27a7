"""docs/api.md as a developer follows it: each block is run, in order, and prints what stands under it."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.doc_page import Page
from tests.support.eventually import WITHIN
from tests.support.http_stack import House
from tests.support.paths import ROOT
from tests.support.printed import is_json, is_text

pytestmark = pytest.mark.xdist_group("openapi")

BLOCK = re.compile(
    r"^```bash\n(?P<script>.*?)^```$\n\n^```(?P<kind>json|text)\n(?P<shown>.*?)^```$", re.MULTILINE | re.DOTALL
)
SENT = re.compile(r" -d ")


@dataclass(frozen=True)
class Step:
    """One block, and what the page shows under it."""

    script: str
    kind: str
    shown: str

    @property
    def only_reads(self) -> bool:
        """Whether it may be run once more: the record may be a moment behind."""
        return not SENT.search(self.script) and "report" not in self.script

    def prints(self, printed: str) -> bool:
        """Whether it is as the page says."""
        return is_json(self.shown, printed) if self.kind == "json" else is_text(self.shown, printed)


class Shell:
    """One shell, in which the developer's variables stay."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._running = running

    async def runs(self, script: str) -> str:
        """What it printed."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(f"{script}\necho; echo ---done---\n".encode())
        async with asyncio.timeout(WITHIN.total_seconds()):
            printed = await self._running.stdout.readuntil(b"\n---done---\n")
        return printed.decode().removesuffix("---done---\n").rstrip("\n").replace("\r", "")


@asynccontextmanager
async def shell(house: House, folder: Path) -> AsyncIterator[Shell]:
    """In Kapstan's folder, with its commands at hand."""
    (folder / ".kapstan").symlink_to(house.floor.data)
    (folder / "examples").symlink_to(ROOT / "examples")
    commands = Path(sys.executable).parent
    running = await asyncio.create_subprocess_exec(
        *("bash", "--noprofile", "--norc"),
        cwd=folder,
        env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "KAPSTAN_URL": house.url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Shell(running)
    finally:
        running.terminate()
        await running.wait()


def steps(page: Page) -> Iterator[Step]:
    """Every block, in order."""
    for block in BLOCK.finditer(page.text):
        yield Step(block["script"], block["kind"], block["shown"])


async def test_each_block_prints_what_the_page_shows(house: House, tmp_path: Path) -> None:
    """In one shell from the first to the last; what only reads is asked again until the record has caught up."""
    page = Page.read(ROOT / "docs" / "api.md")
    followed = list(steps(page))
    assert len(followed) == len(page.blocks("bash"))

    async with shell(house, tmp_path) as developer:
        for step in followed:
            printed = await developer.runs(step.script)
            # What it printed last says more than that time ran out.
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHIN.total_seconds()):
                    while step.only_reads and not step.prints(printed):
                        printed = await developer.runs(step.script)
            assert step.prints(printed), f"{step.script}\nprinted\n{printed}\nand not\n{step.shown}"

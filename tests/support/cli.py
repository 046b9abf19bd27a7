"""Somebody at the keyboard: `kapstan …` as a shell runs it."""

import asyncio
import os
import sys
from dataclasses import dataclass

from tests.support.paths import ROOT

OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("KAPSTAN_", "TEMPORAL_"))}


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def kapstan(*arguments: str, stdin: str = "", **environment: str) -> Said:
    """`kapstan …`, as a shell runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "starter",
        *arguments,
        cwd=ROOT,
        env={**OUTSIDE, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())

"""A second console beside the house's own, as `kapstan console` runs it: its own settings, and ended at will."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import Signals

import httpx

from stack.ports import claim
from stack.temporal import environment_without_temporal
from tests.support.eventually import WITHIN, eventually
from tests.support.http_stack import House
from tests.support.paths import ROOT

HERE = "127.0.0.1"
FEW = 64
FEW_FILES = ("sh", "-c", f'ulimit -Sn {FEW} && exec "$@"', "sh")
"""A shell's limit of open files that a program is expected to lift where it needs more, as systemd's is."""


class SecondDoor:
    """A console in a process of its own."""

    def __init__(self, house: House, url: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.url = url
        self.log = log
        self._house = house
        self._process = process

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """Somebody who shows this token here, or none."""
        return self._house.client(token, self.url)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ends_by(self, signal: Signals) -> int:
        """Its exit code after this signal."""
        if self._process.returncode is None:
            self._process.send_signal(signal)
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await self._process.wait()

    async def is_open(self) -> bool:
        assert self._process.returncode is None, self.log.read_text(encoding="utf-8")
        try:
            return (await self.client().get("/healthz")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def second_door(house: House, **settings: str) -> AsyncIterator[SecondDoor]:
    """Another console of the same Kapstan, with these settings besides; gone afterwards."""
    keys = house.stack.payload_keys_file
    assert keys is not None
    port = claim(HERE, {"--port": None})["--port"]
    told = {
        **environment_without_temporal(),
        "TEMPORAL_ADDRESS": house.stack.temporal,
        "KAPSTAN_DATABASE_URL": house.stack.database,
        "KAPSTAN_PROTOCOLS": str(house.stack.protocols),
        "KAPSTAN_ONCALL": str(house.stack.oncall),
        "KAPSTAN_ALLOW_UNAPPROVED": "1",
        "KAPSTAN_PAYLOAD_KEYS": keys.read_text(encoding="utf-8").strip(),
        **settings,
    }
    log = house.floor.data.with_name(f"second-door-{port}.log")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *FEW_FILES,
            sys.executable,
            *("-m", "starter", "console", "--host", HERE, "--port", str(port)),
            cwd=ROOT,
            env=told,
            stdout=output,
            stderr=output,
        )
    door = SecondDoor(house, f"http://{HERE}:{port}", process, log)
    try:
        await eventually(door.is_open)
        yield door
    finally:
        await door.ends_by(Signals.SIGTERM)

"""Workers of several builds on one house, and its operator, who moves courses from one to another."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from temporalio.common import WorkerDeploymentVersion

from gateway.builds import BuildInUse, Builds
from stack.ports import LOOPBACK, claim
from stack.programs import Oversight
from stack.supervisor import WORKER
from stack.workers import Workers
from tests.support.cli import OUTSIDE, Said, kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.paths import ROOT
from tests.support.running_stack import spoken_to

DEPLOYMENT: Final = "ward"
LATER: Final = (sys.executable, str(ROOT / "tests" / "support" / "later_build.py"))


@dataclass(frozen=True)
class Operator:
    """Who runs the releases of this house."""

    house: House

    async def uses(self, build: str) -> Said:
        """`kapstan release use`, with the code of this build."""
        return await self.says("use", build)

    async def says(self, command: str, build: str, *options: str) -> Said:
        """What a command about releases prints, run with the code of this build."""
        set_to = {"KAPSTAN_DEPLOYMENT": DEPLOYMENT, "KAPSTAN_BUILD": build}
        return await kapstan("release", command, "--data", str(self.house.floor.data), *options, **set_to)

    async def builds(self) -> Mapping[str | None, BuildInUse]:
        """What is with each build now."""
        client = await spoken_to(self.house.stack)
        found = await Builds(client, WorkerDeploymentVersion(DEPLOYMENT, "any")).in_use()
        return {one.build: one for one in found}

    async def sees(self, **courses: int) -> None:
        """Returns as soon as so many courses are with each build, by its number with a `v` before it."""

        async def are_there() -> bool:
            now = await self.builds()
            return {f"v{build}": one.courses for build, one in now.items() if one.courses} == courses

        await eventually(are_there)


@asynccontextmanager
async def workers_of(house: House, build: str, command: tuple[str, ...] = WORKER) -> AsyncIterator[None]:
    """A worker of this build, while this is open."""
    stack = house.stack
    assert stack.payload_keys_file
    environment = {
        **OUTSIDE,
        "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path)),
        "TEMPORAL_ADDRESS": stack.temporal,
        "KAPSTAN_DATABASE_URL": stack.database,
        "KAPSTAN_ONCALL": str(stack.oncall),
        "KAPSTAN_PAYLOAD_KEYS": stack.payload_keys_file.read_text(encoding="utf-8").strip(),
        "KAPSTAN_DEPLOYMENT": DEPLOYMENT,
        "KAPSTAN_BUILD": build,
    }
    async with Workers(
        command,
        host=LOOPBACK,
        ports=claim(LOOPBACK, {f"build-{build}": None}),
        environment=environment,
        folder=house.floor.data,
        client=await spoken_to(stack),
        oversight=Oversight(),
    ):
        yield

"""A soak: fifty courses on the real processes, while one fault after another befalls them, and the account of it."""

import asyncio
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from domain.ledger import Entry
from domain.values import CourseId
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import ENOUGH, House
from tests.support.running_stack import Floor, fresh_folder, on_call_file, protocol_in_seconds
from tests.support.soak.account import Account, Course, Spell
from tests.support.soak.clinic import Clinic, now
from tests.support.soak.faults import Fault, Ground
from tests.support.soak.sink import sink

DISK: Final = "3g"
ONE_AFTER_ANOTHER: Final = 10.0
"""Seconds in which nothing is away, before each fault."""

COMES_BACK: Final = timedelta(seconds=30)
"""How long after a fault what happens is put down to it."""

CATCHES_UP: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Plan:
    """How much of everything, and what befalls it in which order; a time longer than `lasts` is not begun."""

    lasts: timedelta
    faults: Mapping[str, Fault]
    watched: int = 20
    at_home: int = 30
    hold: float = 20.0
    seed: int = 0


@dataclass(frozen=True)
class Soaked:
    """What came of it: the account, and what `kapstan verify` printed at its end and exited with."""

    account: Account
    verified: int
    said: str


@contextmanager
def disk(size: str = DISK) -> Iterator[Path]:
    """A disk of its own that can be filled: in memory, and for root alone."""
    with fresh_folder() as folder:
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", folder), check=True)
        try:
            yield folder
        finally:
            subprocess.run(("umount", "--lazy", folder), check=True)


async def soak(plan: Plan, say: Callable[[str], None]) -> Soaked:
    """Opens the house, lets one fault after another befall it for so long, and gives the account of it."""
    with disk() as folder:
        async with sink() as received:
            floor = Floor(
                folder / "data",
                "--protocols",
                str(protocol_in_seconds(folder)),
                "--oncall",
                str(on_call_file(folder, received)),
                environment={"KAPSTAN_RATE": ENOUGH},
            )
            try:
                house = House(floor, await floor.up(), received)
                ground = Ground(house, received, folder, random.Random(plan.seed), plan.hold)
                try:
                    return await _soaked(plan, ground, say)
                finally:
                    await house.close()
            finally:
                await floor.down()


async def _soaked(plan: Plan, ground: Ground, say: Callable[[str], None]) -> Soaked:
    clinic = Clinic(ground.house, ground.chance)
    for number in range(plan.at_home):
        await clinic.admits(number)
    say(f"{plan.at_home} patients at home")
    async with asyncio.TaskGroup() as tasks:
        for _ in range(plan.watched):
            course, dosed_at = await clinic.doses()
            tasks.create_task(clinic.watches(course, dosed_at))
        for course in clinic.at_home:
            tasks.create_task(clinic.answers_at_home(course))
        say(f"{plan.watched} patients dosed")
        spells = await _befalls(plan, ground, say)
        clinic.is_closing = True
    say("the clinic has closed; what it was told is held against what is there")
    everybody = (*clinic.watched, *clinic.at_home)
    # What nobody was to be paged for before the soak ended is paged now.
    await asyncio.sleep(ONE_AFTER_ANOTHER)
    courses = {course: await _left(ground.house, course, course in clinic.at_home) for course in everybody}
    verified = await kapstan("verify", "--data", str(ground.house.floor.data))
    await clinic.sender.close()
    account = Account(
        sent=clinic.sender.sent,
        planted=clinic.planted,
        pages=ground.sink.pages,
        courses=courses,
        spells=spells,
    )
    return Soaked(account, verified.code, verified.out + verified.err)


async def _befalls(plan: Plan, ground: Ground, say: Callable[[str], None]) -> list[Spell]:
    """One fault after another, in an order that chance gives, each as often as there is time."""
    ends, spells = now() + plan.lasts, list[Spell]()
    while now() < ends:
        for name in ground.chance.sample(list(plan.faults), len(plan.faults)):
            await asyncio.sleep(ONE_AFTER_ANOTHER)
            began = now()
            async with plan.faults[name](ground):
                pass
            returned = await _answers(ground)
            say(f"{began:%H:%M:%S} {name}: {(returned - began).total_seconds():.0f} s")
            await asyncio.sleep(COMES_BACK.total_seconds())
            spells.append(Spell(name, began, returned, now()))
            if now() >= ends:
                break
    return spells


async def _answers(ground: Ground) -> datetime:
    """When everything answers again."""

    async def is_ready() -> bool:
        try:
            return (await ground.house.client().get("/readyz")).is_success
        except httpx.TransportError:
            return False

    await eventually(is_ready)
    return now()


async def _left(house: House, course: CourseId, is_quiet: bool) -> Course:
    """What is left of it, as soon as the record has all of it, and nothing came while the two were read."""

    async def recorded() -> Course | None:
        view = (await house.admin.get(f"/v1/courses/{course}")).json()
        ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
        if len(ledger) != view["sequence"]:
            return None
        entries = [Entry.model_validate(one) for one in ledger]
        return Course(entries, view["sequence"], view["ledger_head"], is_quiet)

    return await eventually(recorded, CATCHES_UP)

"""A clinic's courses go over to a new version of their protocol: first dry, then for real, each as its dry run said."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pytest

from domain.protocol.file import parse_protocol
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import Library, Shelved
from stack.stackfile import StackFile
from tests.support.cast import minutes
from tests.support.cli import Said, kapstan
from tests.support.paths import ROOT, WEEKLY_FILE
from tests.support.running_stack import spoken_to
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("commands")
"""One stack serves them all."""

COURSES: Final = int(os.environ.get("MIGRATED_COURSES", "12"))
"""How many go over; a release is shown with 50."""

OLD, NEW = "kap-moves@1.0.0", "kap-moves@1.1.0"

STAGES: Final[tuple[Callable[[Ward], Ward], ...]] = (
    Ward.referred,
    Ward.screened,
    Ward.eligible,
    Ward.planned,
    Ward.prepared,
    Ward.booked,
    Ward.checked_in,
    Ward.cleared,
    lambda ward: ward.watched(until=minutes(15)),
    Ward.discharged,
    Ward.integrated,
    Ward.in_follow_up,
)

TEXT: Final = WEEKLY_FILE.read_text(encoding="utf-8").replace("kap-im-weekly", "kap-moves", 1)


def newer() -> str:
    """It calls one time less after a session, and ends after two visits."""
    text = TEXT
    for old, new in (
        ('version = "1.0.0"', 'version = "1.1.0"'),
        ('after    = ["PT24H", "P3D", "P7D"]', 'after = ["PT24H", "P7D"]'),
        ('after = ["P30D", "P90D", "P180D"]', 'after = ["P30D", "P90D"]'),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.fixture
def outside(stack: StackFile, tmp_path: Path) -> dict[str, str]:
    """The stack from outside, with a folder that has both versions."""
    assert stack.payload_keys_file is not None
    (tmp_path / "old.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "new.toml").write_text(newer(), encoding="utf-8")
    return {
        "TEMPORAL_ADDRESS": stack.temporal,
        "KAPSTAN_DATABASE_URL": stack.database,
        "KAPSTAN_PAYLOAD_KEYS": stack.payload_keys_file.read_text(encoding="utf-8").strip(),
        "KAPSTAN_PROTOCOLS": str(tmp_path),
        "KAPSTAN_ONCALL": str(ROOT / "examples" / "oncall.toml"),
        "KAPSTAN_ALLOW_UNAPPROVED": "1",
    }


@pytest.fixture
async def courses(stack: StackFile) -> Courses:
    """Under the older version alone, which therefore starts them."""
    shelf = (Shelved(file="old.toml", protocol=parse_protocol(TEXT, "old.toml")),)
    return Courses(await spoken_to(stack), Library(shelf=shelf), NothingRecorded(), allow_unapproved=True)


async def begun(courses: Courses) -> dict[str, Callable[[Ward], Ward]]:
    """A fleet with a course at each stage of the way, and again."""
    fleet = {f"MOVES-{number}": stage for number, stage in enumerate(islice(cycle(STAGES), COURSES), start=1)}
    await asyncio.gather(*(_comes_to(courses, course_id, stage) for course_id, stage in fleet.items()))
    return fleet


async def _comes_to(courses: Courses, course_id: str, stage: Callable[[Ward], Ward]) -> None:
    """The course has come so far on good days only, the last of them now."""
    protocol = parse_protocol(TEXT, "old.toml")
    on_paper = stage(Ward(course_id, protocol))
    past = stage(Ward(course_id, protocol, now=on_paper.began_at + (datetime.now(UTC) - on_paper.now)))
    for event, _ in past.answers:
        await courses.report(event)


def told(said: Said) -> dict[str, Any]:
    """By course, what changes: blockers by their codes, for what they count goes on."""
    found = {one["course_id"]: one for one in map(json.loads, said.lines)}
    for one in found.values():
        for name in ("blockers_added", "blockers_gone"):
            one["effect"][name] = [blocker["code"] for blocker in one["effect"][name]]
        one["refusal"] = one["refusal"] and [blocker["code"] for blocker in one["refusal"]["blockers"]]
    return found


def watched(fleet: dict[str, Callable[[Ward], Ward]]) -> Iterator[str]:
    yield from (course_id for course_id, stage in fleet.items() if stage is STAGES[8])


async def test_each_course_ends_as_its_dry_run_said(outside: dict[str, str], courses: Courses) -> None:
    """Who is watched is left and named; every other course is under the new version, and what changed was foreseen."""
    fleet = await begun(courses)
    go_over = ("protocol", "migrate", "--from", OLD, "--to", NEW, "--json")

    dry = await kapstan(*go_over, "--dry-run", **outside)
    before = {course_id: (await courses.view(course_id)).protocol.version for course_id in fleet}
    done = await kapstan(*go_over, "--by", "osei", **outside)
    after = {course_id: (await courses.view(course_id)).protocol.version for course_id in fleet}
    again = await kapstan(*go_over, "--dry-run", **outside)

    foreseen, moved = told(dry), told(done)
    left = set(watched(fleet))
    assert foreseen.keys() == moved.keys() == fleet.keys(), dry.err
    assert moved == foreseen
    assert (dry.code, done.code, again.code) == (1, 1, 1)
    assert {one for one, said in foreseen.items() if said["refusal"] == ["session.in_progress"]} == left
    assert set(before.values()) == {"1.0.0"}
    assert {course_id for course_id, version in after.items() if version == "1.0.0"} == left
    assert told(again).keys() == left
    assert any(said["effect"]["deadlines"] for said in foreseen.values())


@pytest.mark.parametrize(
    ("asked", "code", "must"),
    [
        (("--from", OLD, "--to", OLD, "--dry-run"), 2, "--to: must be another version"),
        (("--from", OLD, "--to", str(WEEKLY_FILE), "--dry-run"), 2, "--to: must be a version of kap-moves"),
        (("--from", OLD, "--to", "kap-moves@9.0.0", "--dry-run"), 2, "must be one of"),
        (("--from", OLD, "--to", NEW), 2, "--by: must name the prescriber"),
    ],
)
async def test_what_is_no_migration_is_said_to_be_none(
    outside: dict[str, str], asked: tuple[str, ...], code: int, must: str
) -> None:
    """And nothing is changed."""
    said = await kapstan("protocol", "migrate", *asked, **outside)

    assert (said.code, must in said.err, said.out) == (code, True, ""), said


async def test_a_version_that_nobody_approved_is_not_gone_over_to(outside: dict[str, str]) -> None:
    """Where unapproved ones are not allowed."""
    asked = ("protocol", "migrate", "--from", OLD, "--to", NEW, "--dry-run")

    said = await kapstan(*asked, **{**outside, "KAPSTAN_ALLOW_UNAPPROVED": "0"})

    assert (said.code, "kap-moves 1.1.0 is not approved" in said.err) == (1, True), said

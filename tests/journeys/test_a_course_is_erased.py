"""A patient's course is erased: nobody reads it, its chain is whole, and everything says so calmly."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from io import StringIO

import asyncpg
import httpx
import pytest

from domain.moments import on_the_calendar
from gateway.temporal import connect
from stack.payload_keys import codec_of
from stack.stackfile import StackFile
from tests.journeys.test_a_course_is_over import COURSE, EXAMPLE, ahead_of_time, ends, is_forgotten, is_known
from tests.support.cli import Said, kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House, example_events, open_house

pytestmark = pytest.mark.xdist_group("encrypted")


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house(KAPSTAN_ENCRYPT_RECORDS="1") as opened:
        yield opened


def today() -> str:
    """The day, as an erasure tells it: in UTC."""
    now = datetime.now(UTC)
    return f"{now:%a} {on_the_calendar(now)}"


async def has(house: House, events: int, name: str = "EX") -> str:
    """The example's course so far, recorded."""
    course = house.expects(name)
    for event in example_events(course)[:events]:
        assert (await house.reports(event)).is_success
    await house.is_recorded(course)
    return course


async def resolves_what_is_open(house: House, course: str) -> None:
    for one in await house.escalations_of(course):
        if one["state"] != "resolved":
            act = await house.admin.post(f"/v1/escalations/{one['id']}/resolve", json={"by": "osei", "note": "seen"})
            assert act.is_success, act.text


async def says(house: House, *arguments: str) -> Said:
    return await kapstan(*arguments, "--data", str(house.floor.data), KAPSTAN_ENCRYPT_RECORDS="1")


async def test_a_course_is_erased(house: House) -> None:
    """Refused while it goes on; then, for ever, by the command alone."""
    course, other = await has(house, 79), await has(house, 8)
    refused = await says(house, "erase", other, "--for-ever")
    assert (refused.code, refused.err.strip()) == (
        1,
        f"kapstan: blocked: Course {other} cannot be erased: it is open (preparation); close it first",
    )
    assert (await says(house, "erase", course)).code == 2
    await resolves_what_is_open(house, course)

    async def erased() -> Said | None:
        said = await says(house, "erase", course, "--for-ever")
        return said if said.code == 0 else None

    done = await eventually(erased)

    assert done.out.startswith(f"✓ {course}: erased; its ledger keeps ")
    await is_gone_from_temporal(house, course)
    gone = f"The content of course {course} was erased on {today()}"
    for path in (f"/v1/courses/{course}", f"/v1/courses/{course}?as_of=2026-02-01T00:00:00Z"):
        answer = await house.admin.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_course")
        assert answer.json()["detail"].startswith(gone)
    rows = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    assert len(rows) >= 79
    assert all(row["unreadable"].startswith("its content was erased on ") for row in rows)
    listed = (await house.admin.get("/v1/courses", params={"outcome": "completed"})).json()
    (row,) = (one for one in listed["items"] if one["course_id"] == course)
    assert (row["phase"], row["to_do"]) == ("closed", None)
    assert "unreadable" not in listed
    screen = house.client()
    await screen.post("/sign-in", data={"token": house.admin_token})
    for page in (f"/courses/{course}", f"/courses/{course}/past"):
        shown = await screen.get(page, headers={"Accept": "text/html"})
        assert (shown.status_code, gone in shown.text) == (404, True), shown.text
        assert "<h1>Nothing to show</h1>" in shown.text
    as_csv = await screen.get(f"/courses/{course}/ledger.csv")
    kept = list(csv.DictReader(StringIO(as_csv.text)))
    assert [(int(one["sequence"]), one["not_known"]) for one in kept] == [
        (row["sequence"], row["unreadable"]) for row in rows
    ]
    first, *_ = example_events(course)
    again = await house.reports({**first, "id": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "course_exists")
    assert again.json()["detail"].endswith(": its id is not used again")

    await and_everything_is_whole(house, course)


async def is_gone_from_temporal(house: House, course: str) -> None:
    client = await connect(identity="test", target_host=house.stack.temporal, codec=codec_of(house.stack))

    async def is_gone() -> bool:
        held = [one.id async for one in client.list_workflows() if course in one.id]
        return not held

    await eventually(is_gone)


async def and_everything_is_whole(house: House, course: str) -> None:
    """Verified, made anew, verified; the act is on the record, and no key in the table."""
    assert "its content erased at" in (await says(house, "verify", course)).out
    assert (await says(house, "rebuild")).code == 0
    verified = await says(house, "verify")
    assert [line for line in verified.lines if line.startswith("✗") and course in line] == []
    assert "deleted in Temporal" in (await says(house, "erase", course, "--for-ever")).out
    connection = await asyncpg.connect(house.stack.database)
    assert await connection.fetchval("SELECT wrapped FROM course_keys WHERE course_id = $1", course) is None
    about = await connection.fetchval("SELECT about FROM administration WHERE what = 'course erased'")
    await connection.close()
    assert about.startswith(f"{course}, whose ledger ends with row ")


FORGOTTEN = "EX-2"


@pytest.fixture
async def ahead() -> AsyncIterator[StackFile]:
    async with ahead_of_time(KAPSTAN_ENCRYPT_RECORDS="1") as running:
        yield running


@pytest.mark.timeout(900)  # a stack is begun for it, and a dozen commands are
async def test_a_course_whose_workflow_has_ended_is_erased(ahead: StackFile) -> None:
    """One that Temporal remembers, and one that it has forgotten: the record alone kept them."""
    for course in (COURSE, FORGOTTEN):
        await is_sent(ahead, EXAMPLE.replace(COURSE, course))
        await commanded(ahead, "verify", course)
        await ends(ahead, course)
    await is_forgotten(ahead, FORGOTTEN)
    assert "as its workflow left it" in (await commanded(ahead, "verify", FORGOTTEN)).out

    done = {course: await commanded(ahead, "erase", course, "--for-ever") for course in (COURSE, FORGOTTEN)}

    for course, said in done.items():
        assert said.out.startswith(f"✓ {course}: erased; its ledger keeps ")
        await eventually(partial(is_unknown, ahead, course))
        gone = f"The content of course {course} was erased on {today()}"
        assert (await told(ahead, course)).startswith(gone)
        assert gone in (await kapstan("show", course, "--data", data_of(ahead))).err
        revived = await kapstan("revive", course, "--data", data_of(ahead))
        assert (revived.code, "is not told by its ledger any more" in revived.err) == (1, True), revived
        assert "its content erased at" in (await commanded(ahead, "verify", course)).out
    for command in ("rebuild", "encrypt", "verify"):
        await commanded(ahead, command)


def data_of(stack: StackFile) -> str:
    assert stack.admin_token_file is not None
    return str(stack.admin_token_file.parent)


async def commanded(stack: StackFile, *arguments: str) -> Said:
    """What the command says once it does what it was to."""

    async def done() -> Said | None:
        said = await kapstan(*arguments, "--data", data_of(stack), KAPSTAN_ENCRYPT_RECORDS="1")
        return said if said.code == 0 else None

    return await eventually(done)


async def is_sent(stack: StackFile, events: str) -> None:
    said = await kapstan("send", "--data", data_of(stack), stdin=events)
    assert said.code == 0, said


async def is_unknown(stack: StackFile, course: str) -> bool:
    return not await is_known(stack, course)


async def told(stack: StackFile, course: str) -> str:
    """What the console says instead of the course."""
    assert stack.admin_token_file is not None
    token = stack.admin_token_file.read_text(encoding="utf-8").strip()
    async with httpx.AsyncClient(
        base_url=stack.console or "", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as desk:
        answer = await desk.get(f"/v1/courses/{course}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_course")
    detail: str = answer.json()["detail"]
    return detail

"""Whatever a row of the record holds, nobody else's course vanishes for it: it is named, and all others are shown."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from io import StringIO
from typing import Any, Final, NamedTuple

import asyncpg
import pytest

from domain.access import TokenRole
from tests.support.cast import MONDAY, referral, vitals
from tests.support.cli import Said, kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.impossible_rows import FEW, Psql
from tests.support.stream_listener import listens
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

LISTS: Final = ("/courses.csv", "/sessions.csv", "/escalations.csv")
PAGES: Final = ("/", "/?phase=medicine", "/sessions", "/escalations", "/figures", "/figures.csv", "/metrics", *LISTS)


class Two(NamedTuple):
    """Two dosed patients, each with an emergency: a row of Mara's is broken, and of Nils's none."""

    mara: str
    nils: str

    @property
    def alarms(self) -> tuple[str, str]:
        return f"{self.mara}~vitals_emergency~1~1", f"{self.nils}~vitals_emergency~1~1"

    def row(self, relation: str) -> str:
        """How the row of Mara is found."""
        if relation == "escalations":
            return f"id = '{self.alarms[0]}'"
        return f"escalation_id = '{self.alarms[0]}'" if relation == "escalation_pages" else f"course_id = '{self.mara}'"


@pytest.fixture(scope="module")
async def two(house: House) -> Two:
    found = Two(await house.has(Ward.dosed, name="MARA"), await house.has(Ward.dosed, name="NILS"))
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84) for course in found])

    async def are_paged() -> bool:
        listed = await everything(house, "/v1/escalations")
        return all(any(item["id"] == alarm and item["pages"] for item in listed.items) for alarm in found.alarms)

    await eventually(are_paged)
    done = {"by": "lind", "note": "Somebody is with them"}
    for alarm in found.alarms:  # nothing moves any more while a row is broken
        assert (await house.admin.post(f"/v1/escalations/{alarm}/acknowledge", json=done)).is_success
    for course in found:
        await house.is_recorded(course)
    return found


@asynccontextmanager
async def psql(house: House, *, may_do_anything: bool = False) -> AsyncIterator[Psql]:
    connection = await asyncpg.connect(house.stack.database)
    try:
        somebody = Psql(connection)
        if may_do_anything:
            await somebody.may_do_anything()
        yield somebody
    finally:
        await connection.close()


class Listed(NamedTuple):
    items: list[dict[str, Any]]
    unreadable: dict[str, str]


async def everything(house: House, path: str, limit: int = 200, **asked: str) -> Listed:
    """Every page of the list, from the first to the last."""
    found, unreadable, cursor = list[dict[str, Any]](), dict[str, str](), None
    while True:
        params: dict[str, Any] = {**asked, "limit": limit, **({"cursor": cursor} if cursor else {})}
        answer = await house.admin.get(path, params=params)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["items"]
        unreadable |= {one["id"]: one["detail"] for one in told.get("unreadable", ())}
        cursor = told["next"]
        if cursor is None:
            return Listed(found, unreadable)


async def is_all_there(house: House, two: Two) -> None:
    """Nils is in every list and on every page, whatever is in the row of Mara, which is shown or named."""
    courses, work = await asyncio.gather(everything(house, "/v1/courses"), everything(house, "/v1/escalations"))
    assert two.nils in {one["course_id"] for one in courses.items}
    assert two.alarms[1] in {one["id"] for one in work.items}
    paths = (*PAGES, f"/courses/{two.nils}", f"/courses/{two.mara}", f"/escalations/{two.alarms[0]}")
    for path, page in zip(paths, await asyncio.gather(*map(house.admin.get, paths)), strict=True):
        assert page.status_code == 200, path
        if path in {"/", "/?phase=medicine", "/sessions", "/escalations", *LISTS}:
            assert two.nils in page.text, path
        for name in courses.unreadable if path == "/" else work.unreadable if path == "/escalations" else ():
            assert name == "" or not name.isprintable() or name[:80] in unescape(page.text), path


@pytest.mark.parametrize("relation", ["courses", "escalations", "escalation_pages", "course_figures"])
async def test_no_value_of_any_column_closes_a_list_or_a_page(house: House, two: Two, relation: str) -> None:
    """Each column in turn holds what no page was drawn for, or nothing that can be read."""
    async with psql(house) as somebody:
        for column, value in await somebody.values(relation, FEW):
            async with somebody.written(relation, two.row(relation), column, value) as is_written:
                if is_written:
                    await is_all_there(house, two)


async def test_a_course_from_the_beginning_of_time_is_named_everywhere(house: House, two: Two) -> None:
    """In the list by its id and column, on the pages in a line that leads to the course itself, and in the numbers."""
    async with psql(house) as somebody, somebody.written("courses", two.row("courses"), "started_at", "'-infinity'"):
        listed = await everything(house, "/v1/courses", limit=2)
        floor, sessions = [(await house.admin.get(path)).text for path in ("/", "/sessions")]
        numbers = (await house.client().get("/metrics")).text
        ready = await house.client().get("/readyz")
        course = await house.admin.get(f"/v1/courses/{two.mara}")

    assert listed.unreadable == {two.mara: "its started_at cannot be read"}
    assert two.mara not in {one["course_id"] for one in listed.items}
    assert len(listed.items) == len({one["course_id"] for one in listed.items})
    assert "1 course cannot be read from the record:" in floor
    assert f'<a href="/courses/{two.mara}"><code>{two.mara}</code></a>' in floor
    assert f'id="live-{two.mara}"' in sessions, "the course itself was asked"
    assert 'kapstan_unreadable_rows_total{relation="courses"}' in numbers
    assert (ready.status_code, course.status_code) == (200, 200)


async def test_a_row_that_cannot_be_read_is_named_in_a_file(house: House, two: Two) -> None:
    """Nothing is left out of a CSV without a word: its id, and why nothing else is known of it."""
    async with psql(house) as somebody, somebody.written("courses", two.row("courses"), "started_at", "'-infinity'"):
        rows = list(csv.DictReader(StringIO((await house.admin.get("/courses.csv")).text)))

    broken = next(row for row in rows if row["course_id"] == two.mara)
    assert {name: value for name, value in broken.items() if value} == {
        "course_id": two.mara,
        "not_known": "its started_at cannot be read",
    }
    assert not next(row for row in rows if row["course_id"] == two.nils)["not_known"]


async def test_an_escalation_that_cannot_be_read_is_named_where_people_look_for_work(house: House, two: Two) -> None:
    """Above what needs a human and among the escalations, with the way to what its workflow holds."""
    async with psql(house) as somebody, somebody.written("escalations", two.row("escalations"), "kind", "'limbo'"):
        listed = await everything(house, "/v1/escalations", course_id=two.mara)
        floor, work, course = [
            (await house.admin.get(path)).text for path in ("/", "/escalations", f"/courses/{two.mara}")
        ]
        held = await house.admin.get(f"/v1/escalations/{two.alarms[0]}")

    assert listed.unreadable == {two.alarms[0]: "its kind cannot be read"}
    link = f'<a href="/escalations/{two.alarms[0]}"><code>{two.alarms[0]}</code></a>'
    assert "escalation cannot be read from the record:" in work
    assert link in work
    assert link in course
    assert 'href="/escalations/' in floor.replace(link, ""), "what others of this house need is shown all the same"
    assert (held.status_code, held.json()["kind"]) == (200, "vitals_emergency")


async def test_an_emergency_whose_row_cannot_be_read_is_told_as_nothing_milder(house: House) -> None:
    """Once it is resolved the course holds it no more: whoever may not read the ledger sees no sign beside it."""
    course = await house.has(Ward.dosed)
    alarm = f"{course}~vitals_emergency~1~1"
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_called_for(alarm)
    done = {"by": "osei", "note": "Somebody is with them"}
    assert (await house.admin.post(f"/v1/escalations/{alarm}/resolve", json=done)).is_success
    await house.is_recorded(course)
    desk = await house.caller(TokenRole.OPERATIONS)

    async with psql(house) as somebody, somebody.written("escalations", f"id = '{alarm}'", "kind", "'limbo'"):
        story = (await desk.get(f"/courses/{course}")).text.partition('id="story-heading"')[2]

    opened = next(line for line in story.splitlines() if "Immediate review: opened" in line)
    assert "shape routine" not in opened


async def test_a_course_whose_phase_nobody_knows_is_named_on_the_board(house: House, two: Two) -> None:
    """It stands in no column; and only those read of it who may see its site."""
    elsewhere = await house.caller(TokenRole.OPERATIONS, "another-site")
    async with psql(house) as somebody, somebody.written("courses", two.row("courses"), "phase", "'limbo'"):
        floor = (await house.admin.get("/")).text
        figures = (await house.admin.get("/figures")).text
        theirs = (await elsewhere.get("/")).text
        their_list = (await elsewhere.get("/v1/courses")).json()

    assert "1 course cannot be read from the record:" in floor
    assert two.mara in floor
    assert two.mara in figures
    assert two.mara not in theirs
    assert their_list == {"items": [], "next": None}


async def test_the_stream_tells_the_others_and_goes_on(house: House, two: Two) -> None:
    """A row that cannot be read is passed, by who listens and by who comes back."""
    async with psql(house) as somebody, listens(house.admin) as ear, asyncio.timeout(60):
        after = ear.last_id
        async with somebody.written("courses", two.row("courses"), "started_at", "'-infinity'"):
            course = house.expects()
            await house.sends([referral(course, at=MONDAY)])
            heard = await ear.hears(lambda one: one.kind == "course" and one.data["course_id"] == course)
            async with listens(house.admin, after) as later:
                again = await later.hears(lambda one: one.kind == "course" and one.data["course_id"] == course)

    assert [one.data["course_id"] for one in (*heard, *again) if one.kind == "course"].count(course) == 2


async def test_a_ledger_with_a_row_that_is_none_is_shown_with_its_place(house: House, two: Two) -> None:
    """In the list in its place, on the page by its number; the others are there with their hashes."""
    third = f"course_id = '{two.mara}' AND sequence = 3"
    async with (
        psql(house, may_do_anything=True) as somebody,
        somebody.written("ledger", third, "time", "'infinity'"),
    ):
        ledger = (await house.admin.get(f"/v1/courses/{two.mara}/ledger")).json()
        page = await house.admin.get(f"/courses/{two.mara}")
        as_csv, as_json = [await house.admin.get(f"/courses/{two.mara}/ledger.{kind}") for kind in ("csv", "json")]

    assert [one["sequence"] for one in ledger] == list(range(1, len(ledger) + 1))
    assert ledger[2] == {"course_id": two.mara, "sequence": 3, "unreadable": "its time cannot be read"}
    assert all("hash" in one for one in ledger if one["sequence"] != 3)
    assert page.status_code == 200
    assert "Entry 3 cannot be read: its time cannot be read" in page.text
    rows = list(csv.DictReader(StringIO(as_csv.text)))
    assert [row["sequence"] for row in rows] == [str(one["sequence"]) for one in ledger]
    assert [row["not_known"] for row in rows if row["not_known"]] == ["its time cannot be read"]
    assert as_json.json() == ledger


@pytest.mark.parametrize("kind", ["kap.session.booked", "kap.phase.entered", "kap.checkpoint.missed", "", "kap.x"])
async def test_an_entry_that_says_nothing_kapstan_writes_does_not_close_the_story(
    house: House, two: Two, kind: str
) -> None:
    """What was forged in its place is told as what it calls itself; the rest of the story stands."""
    for data in ("{}", '{"starts_at": "soon", "phase": "limbo", "due_at": 7, "by": [1], "session": []}'):
        async with psql(house, may_do_anything=True) as somebody:
            where = f"course_id = '{two.mara}' AND sequence = 3"
            async with (
                somebody.written("ledger", where, "type", f"'{kind}'"),
                somebody.written("ledger", where, "data", f"'{data}'"),
            ):
                page = await house.admin.get(f"/courses/{two.mara}")

        assert page.status_code == 200
        assert "Consent" in page.text


async def test_the_commands_list_the_rest_and_name_what_cannot_be_read(house: House, two: Two) -> None:
    """On stderr, so that a program reads its list as ever; what verify finds makes it fail."""
    data = str(house.floor.data)

    async def says(*words: str) -> Said:
        return await kapstan(*words, "--data", data)

    async with psql(house) as somebody:
        async with (
            somebody.written("courses", two.row("courses"), "started_at", "'-infinity'"),
            somebody.written("escalations", two.row("escalations"), "opened_at", "'infinity'"),
        ):
            courses, work, as_json, verified = await asyncio.gather(
                says("courses"), says("escalations"), says("courses", "--json"), says("verify", two.mara)
            )
        async with somebody.written("courses", two.row("courses"), "site", "'[/]'"):
            marked = await says("courses")

    named = f"{two.mara}: its started_at cannot be read"
    assert (courses.code, work.code, as_json.code, marked.code) == (0, 0, 0, 0)
    assert two.nils in courses.out
    assert named in courses.err
    assert two.mara not in {one["course_id"] for one in json.loads(as_json.out)}
    assert named in as_json.err
    assert two.alarms[1].partition("~")[0] in work.out
    assert f"{two.alarms[0]}: its opened_at cannot be read" in work.err
    assert verified.code == 1
    assert f"courses: {two.mara} cannot be read: its started_at cannot be read" in " ".join(verified.out.split())
    assert "Traceback" not in "".join(one.err for one in (courses, work, as_json, verified, marked))


async def test_a_token_that_cannot_be_read_opens_nothing_and_keeps_no_other_from_the_list(house: House) -> None:
    """Nobody can tell whether it was revoked."""
    token = await house.token(TokenRole.AUDITOR)
    caller = house.client(token.token)
    async with psql(house) as somebody:
        before = await caller.get("/v1/courses")
        async with somebody.written("tokens", f"id = '{token.id}'", "created_at", "'infinity'"):
            broken = await caller.get("/v1/courses")
            listed = await kapstan("token", "list", "--data", str(house.floor.data))

    assert (before.status_code, broken.status_code) == (200, 401)
    assert listed.code == 0
    assert f"{token.id}: its created_at cannot be read" in listed.err


async def test_a_record_store_that_takes_no_writes_is_not_ready(house: House) -> None:
    """It answers, and keeps nothing: people are told; what is recorded is shown, and it is over by itself."""
    connection = await asyncpg.connect(house.stack.database)

    async def becomes(how: str) -> None:
        await connection.execute(f"ALTER SYSTEM {how}")
        await connection.execute("SELECT pg_reload_conf()")

    async def is_ready(wanted: bool) -> bool:
        answer = await house.client().get("/readyz")
        return answer.json()["record_store"] is wanted and (answer.status_code == 200) is wanted

    async def is_not() -> bool:
        return await is_ready(False)

    async def is_again() -> bool:
        return await is_ready(True)

    try:
        await becomes("SET default_transaction_read_only = on")
        assert await eventually(is_not)
        shown = await house.admin.get("/v1/courses")
    finally:
        await connection.execute("SET default_transaction_read_only = off")
        await becomes("RESET default_transaction_read_only")
        await connection.close()

    assert shown.status_code == 200
    assert await eventually(is_again)

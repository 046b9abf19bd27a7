"""Each role on each page: what is theirs is shown, the rest is refused, and what is refused changes nothing."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final, cast

import httpx
import pytest
from fastapi import APIRouter

from console.app import create_app
from console.pages.frame.error_pages import MISTYPED
from console.services import Services
from domain.access import TokenRole
from tests.support.cast import HAS_A_PLAN, cssrs
from tests.support.doc_page import Page, code_in
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.paths import ROOT
from tests.support.rooms import day_of_its_own, in_room
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

CLINIC, OPERATIONS, ONCALL, AUDITOR, ADMIN, WALL = TokenRole
EVERYBODY: Final = frozenset(TokenRole)
SEES_COURSES: Final = EVERYBODY - {WALL}
SEES_ESCALATIONS: Final = SEES_COURSES - {CLINIC}
ACTS: Final = frozenset({ONCALL, OPERATIONS, ADMIN})
RECORDS: Final = frozenset({CLINIC, OPERATIONS, ADMIN})

PAGES: Final[Mapping[tuple[str, str], frozenset[TokenRole]]] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/courses.csv"): SEES_COURSES,
    ("GET", "/sessions"): SEES_COURSES,
    ("GET", "/sessions.csv"): SEES_COURSES,
    ("GET", "/sheet"): SEES_COURSES,
    ("GET", "/rooms"): SEES_COURSES,
    ("GET", "/rooms.csv"): SEES_COURSES,
    ("GET", "/courses/{course_id}"): SEES_COURSES,
    ("GET", "/courses/{course_id}/past"): SEES_COURSES,
    ("GET", "/courses/{course_id}/ledger.{kind}"): frozenset({AUDITOR, ADMIN}),
    ("GET", "/courses/{course_id}/record/{event}"): RECORDS,
    ("POST", "/courses/{course_id}/record/{event}"): RECORDS,
    ("GET", "/courses/{course_id}/correct/{sequence}"): frozenset({CLINIC, ADMIN}),
    ("POST", "/courses/{course_id}/correct/{sequence}"): frozenset({CLINIC, ADMIN}),
    ("GET", "/groups/{group}"): SEES_COURSES,
    ("POST", "/groups/{group}"): RECORDS,
    ("GET", "/refer"): RECORDS,
    ("POST", "/refer"): RECORDS,
    ("GET", "/escalations"): SEES_ESCALATIONS,
    ("GET", "/escalations.csv"): SEES_ESCALATIONS,
    ("GET", "/escalations/{escalation_id}"): SEES_ESCALATIONS,
    ("POST", "/escalations/{escalation_id}/note"): ACTS,
    ("POST", "/escalations/{escalation_id}/{act}"): ACTS,
    ("GET", "/oncall"): SEES_ESCALATIONS,
    ("GET", "/oncall.csv"): SEES_ESCALATIONS,
    ("GET", "/protocols"): SEES_COURSES,
    ("GET", "/protocols.csv"): SEES_COURSES,
    ("GET", "/protocols/{protocol_id}"): SEES_COURSES,
    ("GET", "/protocols/{protocol_id}/rehearsal"): SEES_COURSES,
    ("POST", "/protocols/{protocol_id}/rehearsal"): SEES_COURSES,
    ("GET", "/figures"): frozenset({OPERATIONS, AUDITOR, ADMIN}),
    ("GET", "/figures.csv"): frozenset({OPERATIONS, AUDITOR, ADMIN}),
    ("GET", "/phones"): SEES_COURSES,
    ("POST", "/phones/code"): SEES_COURSES,
    ("POST", "/phones/off"): SEES_COURSES,
    ("GET", "/audit"): frozenset({AUDITOR, ADMIN}),
    ("GET", "/audit/{table}.csv"): frozenset({AUDITOR, ADMIN}),
}
"""Who sees what, and who may send which form. Of a course on-call staff see those behind escalations only.

Operations staff act on what pages them (`test_one_sign_in.py`).
"""

STREAM: Final = ("GET", "/live")
"""Never ends, so it is listened to elsewhere (`test_the_floor_live.py`)."""

OPEN: Final = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("POST", "/sign-out"),
    ("POST", "/theme"),
    ("GET", "/alarm"),
    ("GET", "/alarm/{token}"),
    ("GET", "/ack/{token}"),
    ("POST", "/ack/{token}"),
    ("POST", "/ack/{token}/pass-on"),
}
"""What asks for a token itself, or is opened by the link of a page."""

A_FACT: Final = 3
"""In the ledger of a course: the first is its referral, the second the phase."""

RIGHT: Final[Mapping[str, dict[str, str]]] = {
    "/escalations/{escalation_id}/{act}": {"by": "lind"},
    "/phones/code": {},
}
"""What is sent: a form that is right but for who sends it; elsewhere one that is blank, and so records nothing."""


NO_PAGES: Final = ("/openapi.json", "/codec/")
"""What no person opens: the API's own description, and what Temporal's UI asks."""


def pages_of(routes: Any) -> Iterator[tuple[str, str]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if isinstance(inner, APIRouter):
            yield from pages_of(inner.routes)
        elif getattr(route, "include_in_schema", None) is False and not route.path.startswith(NO_PAGES):
            yield from ((method, route.path) for method in route.methods - {"HEAD"})


async def asks(client: httpx.AsyncClient, method: str, path: str, course: str) -> httpx.Response:
    """The page, about this course."""
    named = path.format(
        course_id=course,
        group=course,
        escalation_id=f"{course}~suicide_risk~0~1",
        protocol_id="kap-im-weekly",
        event="course.held",
        sequence=A_FACT,
        kind="csv",
        table="reads",
        act="acknowledge",
    )
    return await client.request(method, named, data=RIGHT.get(path, {}) if method == "POST" else None)


@pytest.fixture(scope="module")
async def at_risk(house: House) -> str:
    """A course of the site bend with an escalation that is open: its id."""
    course = await house.has(Ward.prepared)
    await house.sends([in_room(course, day_of_its_own(), group=course)])
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_recorded(course)
    return course


def test_the_table_has_a_row_for_every_page() -> None:
    """A new page needs a row before it is let in."""
    app = create_app(cast(Services, SimpleNamespace(metrics=None, tracing=None)))

    assert set(pages_of(app.routes)) == PAGES.keys() | OPEN | {STREAM}


def test_the_documentation_lists_every_page_and_who_sees_it() -> None:
    """docs/pages.md, in its first table; the floor stands there twice, for a wall."""
    rows = next(section for section in Page.read(ROOT / "docs" / "pages.md").sections if section.rows).rows
    told = {code_in(row["page"])[0]: frozenset(map(TokenRole, row["who sees it"].split(", "))) for row in rows}

    assert told == {path: roles for (method, path), roles in PAGES.items() if method == "GET"} | {"/?wall": EVERYBODY}


HOW_TO_ANSWER: Final = ("GET", "/escalations/{escalation_id}")
"""Tells a stranger how to answer, and nothing of what there is (`test_acknowledging_by_link.py`)."""


@pytest.mark.parametrize(("method", "path"), [page for page in PAGES if page != HOW_TO_ANSWER])
async def test_only_who_is_signed_in_sees_a_page(house: House, at_risk: str, method: str, path: str) -> None:
    """A program with no token, or an unknown one, is told so; a person is asked to sign in."""
    for token in (None, "kap_00000000_nothing"):
        answer = await asks(house.client(token), method, path, at_risk)
        assert answer.status_code == 401, token
    stranger = house.client()
    stranger.headers["accept"] = "text/html"
    answer = await asks(stranger, method, path, at_risk)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize(("method", "path"), PAGES)
async def test_a_role_sees_what_is_theirs_and_nothing_else(house: House, at_risk: str, method: str, path: str) -> None:
    """403 for every other role; and the course and its escalation are then as they were."""
    for role in EVERYBODY - PAGES[method, path]:
        client = await house.caller(role)
        before = await house.state_of(at_risk)

        assert (await asks(client, method, path, at_risk)).status_code == 403, role

        assert await house.state_of(at_risk) == before
    if method == "GET":
        for role in PAGES[method, path]:
            assert (await asks(await house.caller(role), method, path, at_risk)).status_code == 200, role
    elif path not in RIGHT:
        for role in PAGES[method, path]:
            assert (await asks(await house.caller(role), method, path, at_risk)).status_code == 422, role


async def test_the_floor_leads_to_a_referral_whoever_may_refer(house: House) -> None:
    """And nobody else: what is not theirs is not offered."""
    for role in EVERYBODY:
        floor = (await (await house.caller(role)).get("/")).text
        assert ('href="/refer"' in floor) is (role in PAGES["GET", "/refer"]), role


@pytest.mark.parametrize(("method", "path"), [page for page in PAGES if "{course" in page[1] or "{esc" in page[1]])
async def test_another_sites_token_sees_and_moves_nothing_here(
    house: House, at_risk: str, method: str, path: str
) -> None:
    """A token that is bound to a site is of no use for a course of another one, in whatever role."""
    before = await house.state_of(at_risk)

    for role in PAGES[method, path]:
        client = await house.caller(role, site="cork")
        answer = await client.request(
            method,
            path.format(
                course_id=at_risk,
                escalation_id=f"{at_risk}~suicide_risk~0~1",
                event="course.held",
                sequence=A_FACT,
                kind="csv",
                act="acknowledge",
            ),
            data={**RIGHT.get(path, {}), **COMPLETE} if method == "POST" else None,
        )
        assert answer.status_code == 403, role

    assert await house.state_of(at_risk) == before


COMPLETE: Final = {"/data/actor/id": "desk", "/data/actor/role": "coordinator", "/data/reason": "A family matter"}


async def test_a_page_lists_the_courses_of_its_own_site_only(house: House) -> None:
    """On the floor and among those who are here."""
    dosed = await house.has(Ward.dosed)
    await house.is_recorded(dosed)

    link = f'href="/courses/{dosed}"'
    for path in (f"/?q={dosed}", "/sessions"):
        assert link in (await (await house.caller(ADMIN, site="bend")).get(path)).text
        assert link not in (await (await house.caller(ADMIN, site="cork")).get(path)).text


async def test_on_call_staff_see_who_is_here_behind_escalations_only(house: House) -> None:
    """Of another patient they learn nothing: neither in the list nor by their address."""
    dosed = await house.has(Ward.dosed)
    await house.is_recorded(dosed)
    nurse = await house.caller(ONCALL)

    assert dosed not in (await nurse.get("/sessions")).text
    assert (await nurse.get(f"/courses/{dosed}")).status_code == 403


async def test_the_ledger_is_an_auditors_to_read(house: House, at_risk: str) -> None:
    """Everybody may know that it is whole; what it says stands there for auditors and admins."""
    for role in (CLINIC, OPERATIONS, AUDITOR, ADMIN):
        page = (await (await house.caller(role)).get(f"/courses/{at_risk}")).text
        assert "chain whole" in page
        assert ("Every entry of the ledger" in page) is (role in {AUDITOR, ADMIN}), role


async def test_what_somebody_may_not_do_is_not_offered(house: House, at_risk: str) -> None:
    """No form that would be refused for their role; and no way to a page that is not theirs."""
    for role in SEES_COURSES:
        page = (await (await house.caller(role)).get(f"/courses/{at_risk}")).text
        assert (f'href="/courses/{at_risk}/record/' in page) is (role in RECORDS), role
        assert ("/record/consent.signed" in page) is (role in {CLINIC, ADMIN}), role
        assert ("If nobody acts" in page) is (role is not CLINIC), role
        assert (f'href="/escalations/{at_risk}' in page) is (role is not CLINIC), role


async def test_every_page_of_a_course_is_kept_as_a_read(house: House, at_risk: str) -> None:
    """Who, what, when, in which request; a page that was refused is none."""
    auditor, cork = await house.caller(AUDITOR), await house.caller(CLINIC, site="cork")
    clinic = await house.caller(CLINIC)
    await auditor.get(f"/courses/{at_risk}", headers={"X-Request-Id": "page-a"})
    await clinic.get(f"/courses/{at_risk}/record/course.held", headers={"X-Request-Id": "page-b"})
    await cork.get(f"/courses/{at_risk}", headers={"X-Request-Id": "page-nosy"})

    reads = await house.reads_of(at_risk, frozenset({"page-a", "page-b"}))

    seen = {(read.request_id, read.what) for read in reads if read.request_id.startswith("page-")}
    assert seen == {("page-a", "course"), ("page-a", "ledger"), ("page-a", "forecast"), ("page-b", "course")}


@pytest.mark.parametrize("path", ["/escalations/nonsense", "/oncall?at=garbage", "/rooms?day=tomorrow"])
async def test_a_mistyped_address_is_told_without_patterns(house: House, path: str) -> None:
    """They are for programs: whoever followed a broken link goes back to the floor."""
    page = await house.admin.get(path, headers={"Accept": "text/html"})

    assert page.status_code == 422
    assert MISTYPED in words_of(page)
    assert "pattern" not in page.text

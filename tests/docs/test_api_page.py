"""docs/api.md against the code: every route, role and problem stands there, and nothing that is not so.

That its blocks print what stands under them is shown in tests/console/openapi/test_the_tutorial.py.
"""

import pytest
from fastapi import FastAPI

from console.api.envelopes import BATCH
from console.app import API
from console.errors.problems import ProblemCode
from console.live.stream import KEPT_ALIVE_EVERY
from console.middleware.body_limit import LONGEST
from console.openapi.document import openapi
from domain.access import STEERING, TokenRole
from domain.course.verdict import VerdictSeverity
from gateway.workflow_calls import ANSWER_WITHIN
from settings import Settings
from tests.support.doc_page import Page, code_in
from tests.support.openapi_document import Document
from tests.support.paths import ROOT

AT_EVERY_DOOR = {ProblemCode.UNAUTHENTICATED, ProblemCode.TOO_MANY, ProblemCode.UNAVAILABLE}


@pytest.fixture(scope="module")
def api() -> Page:
    return Page.read(ROOT / "docs" / "api.md")


@pytest.fixture(scope="module")
def document() -> Document:
    app = FastAPI()
    for part in API:
        app.include_router(part.router)
    return Document(openapi(app)())


def test_the_page_has_a_row_for_every_problem(api: Page) -> None:
    """Each code at its status, in their order, with what to do."""
    rows = api.section("Problems").rows
    assert {(row["status"], *code_in(row["code"])) for row in rows} == {
        (str(code.status.value), code.value) for code in ProblemCode
    }
    assert [row["status"] for row in rows] == sorted(row["status"] for row in rows)
    assert all(row["what to do"] for row in rows)


def test_the_page_says_who_may_call_each_route_and_how_it_may_end(api: Page, document: Document) -> None:
    """A row for each route of the document: its roles, and its problems but for those of every door."""
    rows = api.section("Who may call what").rows
    said = {
        code_in(row["route"])[0]: (
            {role for role in TokenRole if row[f"`{role}`"] == "●"},
            set(code_in(row["problems of its own"])),
        )
        for row in rows
    }
    assert said == {
        str(one): (
            set(one.said.get("x-roles", TokenRole)),
            {code for _, code in one.codes} - AT_EVERY_DOOR,
        )
        for one in document.operations
    }
    text = api.section("Who may call what").text
    assert set(code_in(text)) >= {*AT_EVERY_DOOR, *STEERING}


def test_the_numbers_on_the_page_are_those_of_the_code(api: Page) -> None:
    """How much, how fast, how long."""
    text = " ".join(api.text.split())
    assert f"{LONGEST // 1024} KiB in a body, {BATCH} events in a batch" in text
    assert f"A token may make {Settings.model_fields['rate'].default} requests a second" in text
    assert ANSWER_WITHIN.seconds == 10
    assert "An event is answered within ten seconds" in text
    assert KEPT_ALIVE_EVERY.seconds == 5
    assert "one comes every five seconds" in text


def test_the_page_names_every_severity_of_a_verdict(api: Page) -> None:
    """As the answer spells them."""
    assert set(api.code) >= set(VerdictSeverity)


def test_every_block_is_one_that_is_run_or_shown(api: Page) -> None:
    """A block of another language would be run by nobody."""
    total = api.text.count("```") // 2
    assert total == sum(len(api.blocks(language)) for language in ("bash", "json", "text"))
    assert len(api.blocks("bash")) == len(api.blocks("json")) + len(api.blocks("text"))


def test_the_page_is_found_by_whoever_reads_first() -> None:
    """The README's reading order leads to it, and so do the pages that speak of the API."""
    for first in ("README.md", "docs/events.md", "docs/commands.md"):
        link = "](docs/api.md)" if first == "README.md" else "](api.md)"
        assert link in (ROOT / first).read_text(encoding="utf-8"), first

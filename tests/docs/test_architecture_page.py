"""docs/architecture.md against the tree: a newcomer finds what it names where it says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from domain.course.projection import MOST_MOMENTS
from domain.views.forecast import AHEAD, MOST_PAGES
from tests.support.doc_page import Page
from tests.support.paths import ROOT
from workflows.attributes import KEYS
from workflows.escalation import STEPS_A_RUN
from workflows.run_length import LONG_HISTORY, LONG_WHILE_MONITORED, TOO_LONG_HISTORY


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_path_on_the_page_exists(architecture: Page, contributing: Page) -> None:
    """Each module and folder that is named is there."""
    named = {
        word for page in (architecture, contributing) for word in page.code if re.fullmatch(r"[\w./-]*(/|\.py)", word)
    }
    assert {"domain/", "starter.py"} <= named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_link_leads_to_a_page_and_to_a_heading_of_it() -> None:
    """Of every page of ours: what is linked can be followed, to the very section."""
    pages = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in _anchors(target), f"{page.name}: {link}"


def _anchors(page: Path) -> set[str]:
    """The names under which GitHub makes the headings of a page known."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_shows_every_package_in_the_order_of_imports(architecture: Page, project: dict[str, Any]) -> None:
    """The layers on the page are those that the import contract holds."""
    (drawn,) = architecture.blocks("layers")
    layers = next(one["layers"] for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    assert [line.split() for line in drawn.splitlines()] == [layer.split(" : ") for layer in layers]
    found = (
        folder.parent.relative_to(ROOT)
        for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]
        for folder in (ROOT / pattern.removesuffix("*")).rglob("__init__.py")
    )
    rooms = {f"{package}/" for package in found if len(package.parts) <= 2}
    assert rooms - set(architecture.code) == set()
    assert {f"{module}.py" for module in project["tool"]["setuptools"]["py-modules"]} <= set(architecture.code)


def test_the_numbers_on_the_page_are_those_of_the_code(architecture: Page) -> None:
    """When a course, and when an escalation, continues as new; how far a forecast looks; which search attributes."""
    text = " ".join(architecture.section("How a course goes on for months").text.split())
    assert f"after {LONG_HISTORY:,} events" in text
    assert f"after {LONG_WHILE_MONITORED:,} events" in text
    assert f"after {TOO_LONG_HISTORY:,}" in text
    assert f"after {STEPS_A_RUN} steps" in text
    foretold = " ".join(architecture.section("What happens if nobody acts").text.split())
    assert f"{AHEAD.days} days ahead, at {MOST_MOMENTS} moments" in foretold
    assert f"the first {MOST_PAGES} pages" in foretold
    attributes = [row["what"] for row in architecture.section("What is written where").rows][1]
    assert len(attributes.partition(" (")[0].split(", ")) == len(KEYS)

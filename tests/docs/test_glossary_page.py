"""docs/glossary.md: one word for one thing, and each is where the page says."""

import ast
from importlib import import_module

import pytest

from tests.support.doc_page import Page, code_in
from tests.support.paths import ROOT

GLOSSARY = Page.read(ROOT / "docs" / "glossary.md")
ROWS = GLOSSARY.section("Glossary").rows
PRODUCT = ("domain", "workflows", "activities", "records", "gateway", "stack", "terminal", "console", "simulation")


def test_some_forty_terms_stand_in_their_order() -> None:
    """Each once, by the alphabet."""
    terms = [row["term"] for row in ROWS]

    assert 35 <= len(terms) <= 50
    assert terms == sorted(set(terms), key=str.casefold)


@pytest.mark.parametrize("row", ROWS, ids=[row["term"] for row in ROWS])
def test_a_term_is_in_the_code_where_the_page_says(row: dict[str, str]) -> None:
    """By that name."""
    (place,) = code_in(row["in the code"])
    module, _, name = place.partition(":")

    assert not name or hasattr(import_module(module), name)


def test_a_name_of_the_glossary_means_one_thing() -> None:
    """No other public class of another module bears it."""
    named = {
        name: module for row in ROWS for module, _, name in [code_in(row["in the code"])[0].partition(":")] if name
    }
    others = [
        (node.name, ".".join(file.relative_to(ROOT).with_suffix("").parts))
        for folder in PRODUCT
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name in named
    ]

    assert {(name, module) for name, module in others if named[name] != module} == {
        # As they are sent over HTTP, where /openapi.json calls them so.
        ("Acknowledge", "console.api.escalations"),
        ("ClinicEvent", "console.api.envelopes"),
        ("Snooze", "console.api.escalations"),
    }

"""docs/protocols/: the page of each shipped protocol says what its file says."""

import re

import pytest

from docs.protocol_pages import REST, pages
from domain.protocol.parameters import parameters
from tests.support.paths import PROTOCOL_PAGES
from tests.support.shipped_protocols import SHIPPED_BY_ID

MADE = pages()


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the page's tables, their headings left out."""
    cells = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    )
    return [row for row in cells if row[0] != "what"]


def test_each_page_is_what_the_file_says_today() -> None:
    """`make examples` makes them anew; there is none of a protocol that is no more."""
    there = {file.name: file.read_text(encoding="utf-8") for file in PROTOCOL_PAGES.iterdir()}

    assert there.keys() == MADE.keys()
    assert [name for name, text in MADE.items() if there[name] != text] == []


@pytest.mark.parametrize("protocol_id", SHIPPED_BY_ID)
def test_every_value_has_its_row_under_what_a_clinician_looks_for(protocol_id: str) -> None:
    """Nothing is left out, and nothing is told under a heading that says nothing."""
    page = MADE[f"{protocol_id}.md"]

    assert len(rows(page)) == len(parameters(SHIPPED_BY_ID[protocol_id]))
    assert f"## {REST}" not in page


@pytest.mark.parametrize("protocol_id", SHIPPED_BY_ID)
def test_every_source_that_a_row_names_leads_somewhere(protocol_id: str) -> None:
    """Whoever reads S30 finds beneath what that is, and where it can be read if it can."""
    page = MADE[f"{protocol_id}.md"]

    named = {name for row in rows(page) for name in re.findall(r"\bS\d+\b", " ".join(row[3:]))}
    assert named
    assert named <= set(re.findall(r"^- (S\d+) ", page, re.MULTILINE))
    assert set(re.findall(r"\[(S\d+)\]", page)) == set(re.findall(r"^\[(S\d+)\]: http", page, re.MULTILINE))

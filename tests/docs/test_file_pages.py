"""docs/protocol-format.md and docs/oncall-format.md against the formats and the tests that hold them."""

import pytest

from tests.support.doc_page import Page
from tests.support.file_keys import ON_CALL_KEYS, PROTOCOL_KEYS
from tests.support.paths import ROOT
from tests.support.tests_of_keys import is_shown, rows_by_key, unknown_tests

PAGES = pytest.mark.parametrize(
    ("name", "keys"), [("protocol-format.md", PROTOCOL_KEYS), ("oncall-format.md", ON_CALL_KEYS)]
)


def page(name: str) -> Page:
    return Page.read(ROOT / "docs" / name)


def lies_in(key: str, path: str) -> bool:
    """Whether the key is the one of that path, or one of its table."""
    return key == path or key.startswith(f"{path}.")


@PAGES
def test_the_page_has_a_row_for_every_key(name: str, keys: tuple[str, ...]) -> None:
    """Every key of the file, each under its table's heading; and no key that a file does not have."""
    paths = [path for path, _ in rows_by_key(page(name))]

    assert [key for key in keys if not any(lies_in(key, path) for path in paths)] == []
    assert [path for path in paths if not any(lies_in(key, path) for key in keys)] == []


@PAGES
def test_every_key_says_what_happens_at_its_edge_and_which_test_shows_it(name: str, keys: tuple[str, ...]) -> None:
    """No cell is empty; each test that is named is there and is about that key."""
    rows = list(rows_by_key(page(name)))

    assert [path for path, row in rows if not (row["at its edge"] and row["shown by"])] == []
    assert [test for _, row in rows for test in unknown_tests(row)] == []
    assert [path for path, row in rows if not is_shown(path, row)] == []
    assert len(rows) > len(keys) / 2


def test_both_pages_are_found_by_whoever_reads_first() -> None:
    """The README's reading order and CONTRIBUTING.md lead to them."""
    for first in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / first).read_text(encoding="utf-8")
        assert "](docs/protocol-format.md)" in text, first
        assert "](docs/oncall-format.md)" in text, first

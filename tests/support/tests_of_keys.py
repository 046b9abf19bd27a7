"""The tests that a reference page names beside a key: whether each is there, and whether it is about that key.

`booking::two_doses_are_two_days_apart` stands for `test_two_doses_are_two_days_apart` in `test_booking.py`, wherever
that lies below tests/domain/ or tests/proofs/keys/, and `story` for the key's own in tests/support/file_keys.py.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from tests.support.doc_page import Page, Row, code_in
from tests.support.paths import ROOT

FOLDERS = (ROOT / "tests" / "domain", ROOT / "tests" / "proofs" / "keys")
STORY = "story"
_CHOSEN = re.compile(r"\.[A-Z]+$")
"""The part of a table's name that a clinic chooses, as in `[rotas.NAME]`."""


@cache
def tests_of(module: str) -> Mapping[str, str]:
    """What each test of test_<module>.py says, decorators and all, by its name without `test_`."""
    files = (file for folder in FOLDERS for file in folder.rglob(f"test_{module}.py"))
    text = next(files).read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name.removeprefix("test_"): "\n".join(
            lines[min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1 : node.end_lineno]
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def rows_by_key(page: Page) -> Iterator[tuple[str, Row]]:
    """Each row of the page's tables of keys, by the path of each key that it is about."""
    for section in page.sections:
        table = _table(section.title)
        for row in section.rows:
            if "shown by" in row:
                if row.get("table"):
                    table = _table(row["table"])
                yield from ((f"{table}{key}", row) for key in code_in(row["key"]))


def unknown_tests(row: Row) -> list[str]:
    """The tests of the row that are not there."""
    return [named for named in code_in(row["shown by"]) if not _said_by(named)]


def is_shown(key: str, row: Row) -> bool:
    """Whether one of the row's tests says the key's name, or its story is told."""
    word = re.compile(rf"\b{re.escape(key.rpartition('.')[2])}\b")
    return STORY in re.sub(r"`[^`]*`", "", row["shown by"]) or any(
        word.search(_said_by(named)) for named in code_in(row["shown by"])
    )


def _said_by(named: str) -> str:
    module, _, name = named.partition("::")
    return tests_of(module).get(name, "")


def _table(title: str) -> str:
    found = re.search(r"\[+([\w.]+)\]+", title)
    return f"{_CHOSEN.sub('', found[1])}." if found else ""

"""What failed is tried once more, alone: exactly that, whatever group it ran in (`make test`)."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

CONFTEST = "from tests.conftest import pytest_sessionfinish"
TESTS = """
import pytest

@pytest.mark.xdist_group("pages")
def test_of_a_group():
    assert False

@pytest.mark.xdist_group("pages")
@pytest.mark.parametrize("address", ["osei@clinic", "[osei@clinic]"])
def test_of_each(address):
    assert False

@pytest.fixture
def broken():
    assert False

def test_that_never_began(broken): ...

@pytest.mark.xdist_group("pages")
def test_that_passes(): ...
"""
FAILED = [
    "test_of_a_group",
    "test_of_each[[osei@clinic]]",
    "test_of_each[osei@clinic]",
    "test_that_never_began",
]


def pytest_in(folder: Path, *asked: str) -> str:
    """What another run of pytest says, with xdist's groups as in this house."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), "--dist", "loadgroup", *asked, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout


def test_what_failed_and_nothing_else_is_tried_once_more(tmp_path: Path) -> None:
    """A test of a group, one whose name has an @ of its own, and one whose fixture failed."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")

    assert "3 failed, 1 passed, 1 error" in pytest_in(tmp_path, "-n", "1")
    again = pytest_in(tmp_path, "-n", "0", "--last-failed", "--last-failed-no-failures", "none", "--collect-only")

    assert sorted(line.partition("::")[2] for line in again.splitlines() if "::" in line) == FAILED

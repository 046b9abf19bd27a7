"""The rules of bandit, as ruff has them, are on for all of the code; each exception says why it is none."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

EXCEPTION = re.compile(r"# noqa: (?P<rules>[A-Z0-9, ]*\bS\d{3}[A-Z0-9, ]*?)(?:  (?P<why>\S.*))?$", re.MULTILINE)
SET_ASIDE = re.compile(r'^ +(?P<rules>"S\d*"[^#\n]*)(?:# (?P<why>\S.*))?$', re.MULTILINE)
CODE = sorted(
    file for file in ROOT.rglob("*.py") if not {".venv", ".uv", "histories"} & set(file.relative_to(ROOT).parts)
)


def test_every_exception_in_the_code_says_why() -> None:
    """A line that is excused from such a rule carries the reason behind it."""
    found = [
        (file.relative_to(ROOT), one["rules"], one["why"])
        for file in CODE
        for one in EXCEPTION.finditer(file.read_text(encoding="utf-8"))
    ]

    assert len(found) > 10
    assert [one for one in found if not one[2]] == []


def test_every_rule_that_is_set_aside_says_why() -> None:
    """In pyproject.toml, for everything or for the tests; never all of them at once."""
    found = [(one["rules"], one["why"]) for one in SET_ASIDE.finditer((ROOT / "pyproject.toml").read_text())]

    assert found
    assert [one for one in found if not one[1] or '"S"' in one[0]] == []


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ('import subprocess\n\nsubprocess.run("ls " + name, shell=True)\n', "S602"),
        ("import pickle\n\npickle.loads(told)\n", "S301"),
        ("eval(told)\n", "S307"),
        ("import hashlib\n\nhashlib.md5(told)\n", "S324"),
        ('query = "SELECT * FROM courses WHERE id = " + course\n', "S608"),
        ("import httpx\n\nhttpx.get(url, verify=False)\n", "S501"),
    ],
)
def test_what_is_dangerous_is_seen(tmp_path: Path, code: str, rule: str) -> None:
    """The settings of this repository find it in a file of Kapstan's own."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "gateway.py").write_text(code)

    ruff = Path(sys.executable).with_name("ruff")
    said = subprocess.run(
        [ruff, "check", "--no-cache", "--output-format=concise", "gateway.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f" {rule} " in said.stdout

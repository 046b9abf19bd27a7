"""The commands that tests run begin where all is loaded, and are what a shell runs all the same."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.support.cli import OUTSIDE, Said, kapstan
from tests.support.paths import ROOT

WEEKLY = str(ROOT / "protocols" / "kap-im-weekly.toml")


async def test_a_command_says_what_it_says_in_a_shell(tmp_path: Path) -> None:
    """Its exit code, every word that it prints, and where it prints it."""
    for arguments in (("courses", "--data", str(tmp_path)), ("protocol", "check", WEEKLY), ("protocol", "show", "no")):
        words = [sys.executable, "-m", "starter", *arguments]
        shell = await asyncio.to_thread(subprocess.run, words, cwd=ROOT, env=OUTSIDE, capture_output=True, text=True)

        assert await kapstan(*arguments) == Said(shell.returncode, shell.stdout, shell.stderr)


async def test_commands_side_by_side_know_nothing_of_one_another(tmp_path: Path) -> None:
    """Each has its own environment, its own input and its own words."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    unreachable, without_a_stack, checked, read = await asyncio.gather(
        kapstan("courses", KAPSTAN_DATABASE_URL=nowhere),
        kapstan("courses", "--data", str(tmp_path)),
        kapstan("protocol", "check", WEEKLY),
        kapstan("send", "--data", str(tmp_path), stdin="no json"),
    )

    assert (unreachable.code, "PostgreSQL does not answer" in unreachable.err) == (3, True)
    assert (without_a_stack.code, "no Kapstan runs" in without_a_stack.err) == (3, True)
    assert (checked.code, "kap-im-weekly" in checked.out, checked.err) == (0, True, "")
    assert (read.code, "no Kapstan runs" in read.err) == (3, True)

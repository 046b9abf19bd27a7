"""`kapstan oncall prove` as somebody types it: a table, each gap with its time, and how it ends."""

import asyncio
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from domain.coverage.proof import prove
from domain.oncall.file import parse_on_call
from terminal.coverage import proof_page
from tests.support.cli import kapstan
from tests.support.doc_page import Page
from tests.support.paths import ROOT
from tests.support.printed import is_text

EXAMPLES = ROOT / "examples"
ADVENT = datetime(2026, 11, 29, 16, tzinfo=UTC)


def printed(file: str) -> str:
    """What the command prints of an example on that day, without its margins."""
    on_call = parse_on_call((EXAMPLES / file).read_text(encoding="utf-8"), file)
    text = io.StringIO()
    console = Console(file=text, width=400, soft_wrap=True, highlight=False, emoji=False)
    console.print(proof_page(prove(on_call, ADVENT, ADVENT + timedelta(days=366)), on_call))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def test_the_page_shows_what_is_printed() -> None:
    """The tables and gaps of docs/commands.md are those of the two examples."""
    blocks = Page.read(ROOT / "docs" / "commands.md").blocks("console")
    shown = [block.partition("\n") for block in blocks if block.startswith("$ kapstan oncall prove")]

    assert [command.rpartition("/")[2] for command, _, _ in shown] == ["oncall.toml", "oncall-gap.toml"]
    for command, _, text in shown:
        lines = [line for line in text.splitlines() if not line.startswith("kapstan: ")]
        assert is_text("\n".join(lines), printed(command.rpartition("/")[2])), command


async def test_a_file_is_proved_or_its_gaps_are_named(tmp_path: Path) -> None:
    """Exit code 0 with a table; 1 with each gap; 2 for a file that no start would take."""
    broken = tmp_path / "oncall.toml"
    broken.write_text((EXAMPLES / "oncall.toml").read_text(encoding="utf-8").replace('"person:ward"', '"person:who"'))
    prove_ = ("oncall", "prove")

    whole, gap, told, refused = await asyncio.gather(
        kapstan(*prove_, str(EXAMPLES / "oncall.toml"), "--protocol", "kap-im-weekly"),
        kapstan(*prove_, str(EXAMPLES / "oncall-gap.toml"), "--days", "28"),
        kapstan(*prove_, str(EXAMPLES / "oncall-gap.toml"), "--days", "28", "--json"),
        kapstan(*prove_, str(broken)),
    )

    assert (whole.code, whole.err) == (0, "")
    assert "one who may resolve it is" in whole.out
    assert "✓ no gap" in whole.out
    assert gap.code == 1
    assert "✗ urgent, step 1: nobody is reached from Sat " in gap.out
    assert "19:00 P" in gap.out
    assert told.code == 1
    gaps = json.loads(told.out)["gaps"]
    assert f"{len(gaps)} gaps" in told.err
    assert {(one["wrong"], one["severity"], one["step"], one["why"]) for one in gaps} == {
        ("nobody", "urgent", 1, "Day nurse Lind is out of hours")
    }
    whole_nights = [one for one in gaps if "T19:00:00-0" in one["begins_at"] and "T07:00:00-0" in one["ends_at"]]
    assert len(whole_nights) >= 3
    assert (refused.code, refused.out) == (2, "")
    assert "policies.urgent.steps[3].notify[1]: who is not one of [people]" in refused.err


def test_a_slow_ladder_is_a_finding_of_the_check(tmp_path: Path) -> None:
    """An emergency that nobody answers pages again after eight hours: exit code 1, with the key. A start goes on."""
    slow = tmp_path / "oncall.toml"
    text = (EXAMPLES / "oncall.toml").read_text(encoding="utf-8")
    slow.write_text(re.sub(r'wait = "PT\w+"', 'wait = "PT8H"', text), encoding="utf-8")

    said = asyncio.run(kapstan("oncall", "check", str(slow)))

    assert said.code == 1
    assert "policies.emergency.steps[1].wait: an emergency escalation that nobody answers would page nobody" in said.err
    assert "must be at most PT30M" in said.err

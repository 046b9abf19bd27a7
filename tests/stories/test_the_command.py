"""`kapstan rehearse` as it is typed: what it prints, and how it ends when it cannot read what it is given."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Said, kapstan
from tests.support.paths import PROTOCOLS, ROOT, WEEKLY_FILE
from tests.support.stories import STORIES, read_story

WHOLE_COURSE = "examples/course.jsonl"
SHIPPED = sorted(file.stem for file in PROTOCOLS.glob("*.toml"))
A_FAINT = read_story(STORIES / "018-faints-at-the-door.jsonl")


async def rehearse(*arguments: str, script: str = A_FAINT.script, **environment: str) -> Said:
    assert A_FAINT.until is not None
    return await kapstan("rehearse", *arguments, "--until", A_FAINT.until.isoformat(), stdin=script, **environment)


async def test_a_whole_course_follows_from_its_script() -> None:
    """Every event of the example is accepted, and nobody is paged."""
    said = await kapstan("rehearse", "kap-im-weekly", "--script", WHOLE_COURSE, "--json")

    lines = [json.loads(line) for line in said.lines]
    assert (said.code, said.err) == (0, "")
    assert [line["what"] for line in lines] == ["accepted"] * 79 + ["end"]
    assert lines[-1] == {
        "at": "2026-07-26T20:00:00Z",
        "what": "end",
        "phase": "closed",
        "outcome": "completed",
        "held": False,
        "open": [],
        "pages": {"emergency": 0, "urgent": 0, "routine": 0},
        "next": [],
        "blockers": [],
    }


async def test_each_line_has_what_is_promised_of_it() -> None:
    """The fields of each kind of line, and times that sort as text."""
    said = await rehearse("kap-im-weekly", "--json")

    lines = [json.loads(line) for line in said.lines]
    received = {"at", "what", "event_id", "type", "deviations", "blockers", "phase", "held"}
    fields = {
        "accepted": received,
        "deadline": {"at", "what", "kind", "session", "subject"},
        "escalation": {"at", "what", "change", "kind", "session", "severity", "id"},
        "page": {"at", "what", "person", "kind", "session", "severity", "step"},
        "end": {"at", "what", "phase", "outcome", "held", "open", "pages", "next", "blockers"},
    }
    assert {line["what"] for line in lines} == fields.keys()
    assert all(line.keys() - {"verdict"} == fields[line["what"]] for line in lines)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    faint = next(line for line in lines if line.get("event_id") == "faints")
    assert faint["verdict"]["severity"] == "emergency"


async def test_a_timeline_is_what_people_read() -> None:
    """In the script's own time; a step's people on one line."""
    said = await rehearse("kap-im-weekly")

    assert "2026-01-13 12:20  accepted  vitals: recorded (faints): emergency" in said.out
    assert "2026-01-13 12:20  opened    ▲ emergency vitals emergency, session 1" in said.lines
    assert "2026-01-13 12:20  paged     lind, osei: ▲ emergency vitals emergency, session 1, step 1" in said.lines
    assert "2026-01-13 13:20  the end   integration" in said.lines


async def test_what_is_not_played_to_its_end_is_said() -> None:
    """A ladder that nobody answers never ends; the lines of the rehearsal stay what they are."""
    said = await kapstan("rehearse", "kap-im-weekly", "--json", stdin=A_FAINT.script)

    assert said.code == 0
    assert all(json.loads(line) for line in said.lines)
    assert "--until" in said.err


async def test_a_draft_is_rehearsed_from_its_file_before_anybody_approves_it(tmp_path: Path) -> None:
    """The draft's own values count: here a clearance lasts four minutes, and the dose comes after five."""
    draft = tmp_path / "draft.toml"
    draft.write_text(
        WEEKLY_FILE.read_text(encoding="utf-8").replace('clearance_valid = "PT30M"', 'clearance_valid = "PT4M"'),
        encoding="utf-8",
    )

    said = await rehearse(str(draft), "--json")

    dose = next(json.loads(line) for line in said.lines if '"dose 1"' in line)
    assert (said.code, dose["deviations"]) == (0, ["clearance.expired"])


async def test_the_clinics_own_files_count_where_they_are_set(tmp_path: Path) -> None:
    """By --oncall, else by KAPSTAN_ONCALL; the protocol's id is looked for in KAPSTAN_PROTOCOLS."""
    text = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8").replace("osei", "vega")
    (tmp_path / "oncall.toml").write_text(text, encoding="utf-8")
    shelf = tmp_path / "protocols"
    shelf.mkdir()
    (shelf / "mine.toml").write_text(
        WEEKLY_FILE.read_text(encoding="utf-8").replace('id      = "kap-im-weekly"', 'id      = "mine"'),
        encoding="utf-8",
    )
    script = A_FAINT.script.replace('"kap-im-weekly"', '"mine"')

    by_option = await rehearse("kap-im-weekly", "--json", "--oncall", str(tmp_path / "oncall.toml"))
    by_setting = await rehearse(
        "mine",
        "--json",
        script=script,
        KAPSTAN_ONCALL=str(tmp_path / "oncall.toml"),
        KAPSTAN_PROTOCOLS=str(shelf),
    )

    for said in (by_option, by_setting):
        assert {json.loads(line)["person"] for line in said.lines if '"page"' in line} >= {"lind", "vega"}


@pytest.mark.parametrize(
    ("arguments", "script", "told"),
    [
        (["nobodys"], A_FAINT.script, f"nobodys: must be one of {', '.join(SHIPPED)}, "),
        (["nobodys.toml"], A_FAINT.script, "nobodys.toml: cannot be read"),
        (["README.md"], A_FAINT.script, "README.md: not valid TOML"),
        (["kap-im-weekly"], "hello", "-: line 1: must be a clinic event or an act of somebody on call"),
        (["kap-im-weekly"], "", "-: must have at least one clinic event"),
        (["kap-im-weekly", "--script", "nowhere.jsonl"], "", "nowhere.jsonl: must be a file of clinic events"),
        (["kap-im-weekly", "--until", "tomorrow"], A_FAINT.script, "--until: must be RFC 3339 text"),
        (["kap-im-weekly", "--oncall", "nowhere.toml"], A_FAINT.script, "nowhere.toml: must be an on-call file"),
    ],
)
async def test_what_cannot_be_read_is_one_clear_line(arguments: list[str], script: str, told: str) -> None:
    """Exit code 2, nothing on stdout, and no traceback."""
    said = await kapstan("rehearse", *arguments, "--json", stdin=script)

    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert len(said.err.splitlines()) == 1

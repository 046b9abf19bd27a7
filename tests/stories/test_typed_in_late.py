"""Readings that were taken in time and typed in minutes later, in the whole course of each shipped protocol."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from domain.rehearsal.lines import EscalationChange, EscalationLine, Line
from tests.support.stories import STORIES, each_story, on_call, read_story, recorded, rehearsal

WHOLE = sorted(STORIES.glob("whole-*.jsonl"))

TYPED_AFTER, GOES_HOME_AFTER = timedelta(minutes=6), timedelta(minutes=8)
BEGINS = {"kap.dose.administered", "kap.infusion.started"}
AT_THE_DOOR = {"kap.discharge.assessed", "kap.patient.discharged"}


def typed_in_late(script: str) -> Iterator[str]:
    """The script in which each reading since a dose is typed in late, and what rests on one after it."""
    dosed: set[int] = set()
    for line in script.splitlines():
        told = json.loads(line) if line.strip() and not line.startswith("#") else {}
        type_, session = told.get("type"), told.get("data", {}).get("session")
        if type_ in BEGINS:
            dosed.add(session)
        late = TYPED_AFTER if type_ == "kap.vitals.recorded" else GOES_HOME_AFTER if type_ in AT_THE_DOOR else None
        if late is None or session not in dosed or "received" in told:
            yield line
        else:
            yield json.dumps({**told, "received": (datetime.fromisoformat(told["time"]) + late).isoformat()})


def called(lines: Iterable[Line]) -> set[tuple[str, int | None]]:
    """Of what somebody was called, with the session."""
    told = [line for line in lines if isinstance(line, EscalationLine)]
    return {(line.kind, line.session) for line in told if line.change is EscalationChange.OPENED}


@each_story(WHOLE)
def test_a_timely_reading_that_is_typed_late_calls_nobody(path: Path) -> None:
    """Whatever the route, and however close the readings are: six minutes on paper call for nobody more."""
    story = read_story(path)
    late = story._replace(script="\n".join(typed_in_late(story.script)))

    assert late.script != story.script
    assert called(rehearsal(late, on_call())) == called(recorded(path).lines)

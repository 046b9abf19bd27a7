"""What comes next if nobody acts: the step that the ladder will page, in the names of those whom it calls."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from console.pages.clock import WallClock
from console.pages.needs import needs
from console.pages.viewer import Viewer
from domain.escalation import EscalationState, EscalationView, Kind
from domain.ladder import Climb
from domain.oncall import parse_on_call
from domain.values import Severity
from tests.floor import ROOT

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ON_CALL = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
NURSE = cast(
    Viewer,
    SimpleNamespace(
        door=SimpleNamespace(on_call=SimpleNamespace(now=lambda: ON_CALL)),
        name_of=lambda person: ON_CALL.people[person].name,
    ),
)


@pytest.mark.parametrize(
    ("reached", "named"), [(0, "Duty nurse Lind"), (1, "Dr Osei"), (2, "Dr Ward"), (3, "Duty nurse Lind"), (9, "Duty")]
)
def test_who_is_called_next_is_whom_the_ladder_pages_next(reached: int, named: str) -> None:
    """Before the first page that is its first step, and after the last one the first again."""
    view = EscalationView(
        id="EX-1~vitals_overdue~1~1",
        course_id="EX-1",
        kind=Kind.VITALS_OVERDUE,
        session=1,
        severity=Severity.URGENT,
        state=EscalationState.OPEN,
        opened_at=NOW,
        step=reached,
        revision=1,
        moves_at=NOW,
    )
    policy = ON_CALL.policies[Severity.URGENT]
    next_step = policy.step_after(reached) if reached <= len(policy.steps) else len(policy.steps) + 1
    climb = Climb(severity=Severity.URGENT, step=reached, next_step=next_step, due_at=NOW)
    rung = climb.next_rung(policy)
    assert rung

    (need,) = needs(NURSE, [view], WallClock(ZoneInfo("UTC"), NOW))

    called = [ON_CALL.people[one].name for one in ON_CALL.resolve(policy.steps[rung.step - 1].notify, NOW)]
    assert need.then == f"{', '.join(called)} next"
    assert named in need.then

"""What comes next if nobody acts: the step that the ladder will page, in the names of those whom it calls."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from console.pages.floor.needs import needs
from console.pages.frame.clock import WallClock
from console.pages.frame.viewer import Viewer
from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import EscalationState, EscalationView, Kind, Page
from domain.oncall.file import FALLBACK, parse_on_call
from domain.values import Severity
from tests.support.paths import ROOT

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ON_CALL = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
NURSE = cast(
    Viewer,
    SimpleNamespace(
        services=SimpleNamespace(on_call=SimpleNamespace(now=lambda: ON_CALL)),
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
    progress = EscalationProgress(severity=Severity.URGENT, step=reached, next_step=next_step, due_at=NOW)
    upcoming = progress.upcoming(policy)
    assert upcoming

    (need,) = needs(NURSE, [view], WallClock(ZoneInfo("UTC"), NOW))

    called = [ON_CALL.people[one].name for one in ON_CALL.resolve(policy.steps[upcoming.step - 1].notify, NOW)]
    assert need.then == f"{', '.join(called)} next"
    assert named in need.then


def sent(person: str, *, ok: bool, step: int = 1, minutes: int = 0, channel: str = "json") -> Page:
    """A page that the person's channel took, or not."""
    return Page(at=NOW + timedelta(minutes=minutes), step=step, person=person, channel=channel, ok=ok)


def alarm(*pages: Page) -> EscalationView:
    """An emergency whose first step was paged so."""
    return EscalationView(
        id="EX-1~vitals_emergency~1~1",
        course_id="EX-1",
        kind=Kind.VITALS_EMERGENCY,
        session=1,
        severity=Severity.EMERGENCY,
        state=EscalationState.OPEN,
        opened_at=NOW,
        step=1,
        pages=pages,
        revision=1,
        moves_at=NOW,
    )


@pytest.mark.parametrize(
    ("pages", "asked", "unreached"),
    [
        ([], "nobody was paged yet", ()),
        ([sent("lind", ok=True), sent("osei", ok=True)], "paged Duty nurse Lind, Dr Osei", ()),
        ([sent("lind", ok=True), sent("osei", ok=False)], "paged Duty nurse Lind", ("Dr Osei",)),
        (
            [sent("osei", ok=False), sent("osei", ok=True, channel="mailto"), sent("lind", ok=True)],
            "paged Dr Osei, Duty nurse Lind",
            (),
        ),
        (
            [sent("lind", ok=False), sent(FALLBACK, ok=True, step=0)],
            "paged the fallback channels",
            ("Duty nurse Lind",),
        ),
        (
            [sent("lind", ok=False), sent(FALLBACK, ok=False, step=0)],
            "nobody could be reached yet",
            ("Duty nurse Lind", "the fallback channels"),
        ),
        ([sent("lind", ok=False), sent("lind", ok=True, minutes=1)], "paged Duty nurse Lind", ()),
        ([sent("lind", ok=True), sent("lind", ok=False, minutes=1)], "paged Duty nurse Lind", ("Duty nurse Lind",)),
    ],
)
def test_whoever_could_not_be_reached_is_told_by_name(
    pages: list[Page], asked: str, unreached: tuple[str, ...]
) -> None:
    """Somebody none of whose channels took their last page, whoever else was reached; nobody is said to be paged who
    never was.
    """
    (need,) = needs(NURSE, [alarm(*pages)], WallClock(ZoneInfo("UTC"), NOW))

    assert (need.asked, need.unreached) == (asked, unreached)


def test_what_follows_from_the_pages_travels_with_the_escalation_and_is_read_from_them() -> None:
    """In the API's answers it stands beside them; whatever is written there is not believed."""
    view = alarm(sent("lind", ok=True), sent("osei", ok=False))
    written = view.model_dump(mode="json")

    assert [one["person"] for one in written["unreached"]] == ["osei"]
    assert EscalationView.model_validate({**written, "unreached": []}) == view
    assert EscalationView.model_validate_json(view.model_dump_json()).unreached == view.unreached

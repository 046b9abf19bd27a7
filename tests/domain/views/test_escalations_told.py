"""A course's ledger says of each escalation how it stands; the lists are compared with that, and made anew by it."""

import pytest

from domain.escalation.messages import EscalationState, Kind
from domain.ledger import Entry
from domain.values import Severity
from domain.views.escalations_told import ToldEscalation, escalations_told
from tests.support.record_samples import MARA, MONDAY, ledger, note, view

OPENED = {"id": view().id, "kind": "vitals_overdue", "severity": "urgent"}
BY_OSEI = {"id": view().id, "by": "osei", "note": "on my way"}


def told(*changes: tuple[str, dict[str, str]]) -> tuple[Entry, ...]:
    """A ledger that tells of these changes, one after another."""
    return ledger(note(dict(data)).but(type=f"kap.escalation.{change}", actor=None) for change, data in changes)


def after(*changes: tuple[str, dict[str, str]]) -> ToldEscalation:
    return escalations_told(told(("opened", OPENED), *changes))[view().id]


@pytest.mark.parametrize(
    ("changes", "state", "by"),
    [
        ([], EscalationState.OPEN, None),
        ([("acknowledged", BY_OSEI)], EscalationState.ACKNOWLEDGED, "osei"),
        ([("acknowledged", BY_OSEI), ("reopened", {"id": view().id})], EscalationState.OPEN, None),
        ([("acknowledged", BY_OSEI), ("corrected", OPENED)], EscalationState.ACKNOWLEDGED, "osei"),
        ([("acknowledged", BY_OSEI), ("resolved", {"id": view().id})], EscalationState.RESOLVED, None),
        ([("resolved", BY_OSEI)], EscalationState.RESOLVED, "osei"),
    ],
    ids=["opened", "acknowledged", "reopened", "rests on a correction", "settled by itself", "resolved"],
)
def test_the_newest_entry_about_it_counts(
    changes: list[tuple[str, dict[str, str]]], state: EscalationState, by: str | None
) -> None:
    """Open until somebody has it, over once it is resolved; by nobody where what was missing has arrived."""
    found = after(*changes)

    assert (found.state, found.by, found.kind) == (state, by, Kind.VITALS_OVERDUE)


def test_one_that_was_raised_is_as_grave_as_it_has_become() -> None:
    """An emergency that began as urgent."""
    assert after(("raised", {**OPENED, "severity": "emergency"})).severity is Severity.EMERGENCY


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ("opened", {"id": view().id}),
        ("opened", {**OPENED, "kind": "a kind of another release"}),
        ("acknowledged", BY_OSEI),
        ("undone", OPENED),
    ],
    ids=["nothing but an id", "an unknown kind", "never opened", "an unknown change"],
)
def test_what_no_course_writes_is_passed_over(change: str, data: dict[str, str]) -> None:
    """The chain says what is wrong with it; the other escalations are compared all the same."""
    assert escalations_told(told((change, data))) == {}


def test_once_temporal_has_forgotten_it_its_ledger_says_what_is_listed() -> None:
    """Its pages stay as they are listed; one that is on no list is listed without."""
    resolved = after(("acknowledged", BY_OSEI), ("resolved", {**BY_OSEI, "note": "97 % again"}))
    by_hand = view(state=EscalationState.OPEN, severity=Severity.ROUTINE, resolved_by=None)

    again, anew = resolved.applied_to(by_hand), resolved.applied_to(None)

    for listed in (again, anew):
        assert (listed.state, listed.resolved_by, listed.resolved_at) == (EscalationState.RESOLVED, "osei", MONDAY)
        assert (listed.severity, listed.session, listed.note, listed.moves_at) == (
            Severity.URGENT,
            1,
            "97 % again",
            None,
        )
    assert (len(again.pages), len(anew.pages), anew.course_id) == (1, 0, MARA)

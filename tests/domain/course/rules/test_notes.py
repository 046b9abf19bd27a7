"""A person's note on an escalation, open or resolved: taken at any time, and nothing follows from it."""

from collections.abc import Callable

import pytest

from domain.refusal import RefusalCode
from tests.support.cast import DESK, LIND, MARA, OSEI, PATIENT, correction, note
from tests.support.ward import Ward, is_whole

ALARM = f"{MARA}~suicide_risk~0~1"
PLACES = [Ward.referred, Ward.prepared, Ward.dosed, Ward.in_follow_up, Ward.completed]


@pytest.mark.parametrize("so_far", PLACES)
def test_a_note_is_taken_at_any_time_and_changes_nothing_but_the_ledger(so_far: Callable[[Ward], Ward]) -> None:
    """In every phase, also of a closed course: one entry, and the course is as it was but for that."""
    ward = so_far(Ward())
    before = ward.course

    ward.sends(note(MARA, at=ward.now, by=DESK, says="Their sister rang"))

    assert (ward.entries[-1].type, ward.entries[-1].data) == (
        "kap.note.added",
        {"note": "Their sister rang", "escalation": ALARM},
    )
    assert (ward.course.phase, ward.course.sessions, ward.course.escalations, ward.course.holds) == (
        before.phase,
        before.sessions,
        before.escalations,
        before.holds,
    )
    assert is_whole(ward)


def test_a_note_is_of_an_escalation_of_its_own_course() -> None:
    """One of another course, or what is no escalation's id, is wrong at its field."""
    ward = Ward().prepared()
    ward.sends(note(MARA, at=ward.now, of=ALARM))

    for wrong in ("OTHER~suicide_risk~0~1", f"{MARA}~suicide_risk", MARA):
        refusal = ward.turns_away(note(MARA, at=ward.now, of=wrong).but(id=wrong))
        assert refusal.code is RefusalCode.INVALID
        assert [one.pointer for one in refusal.errors] == ["/data/escalation"]


def test_a_patient_adds_no_note() -> None:
    """It is accepted as any fact is, and is told as a deviation."""
    ward = Ward().prepared()

    answer = ward.sends(note(MARA, at=ward.now, by=PATIENT))

    assert [one.code for one in answer.deviations] == ["actor.role_not_allowed"]
    assert not ward.sends(note(MARA, at=ward.now, by=OSEI)).deviations


def test_a_note_that_was_wrong_is_taken_back() -> None:
    """Both stay in the ledger."""
    ward = Ward().prepared()
    first = note(MARA, at=ward.now, by=LIND)
    ward.sends(first)

    ward.sends(correction(first, at=ward.now, retracted=True))

    assert [one.type for one in ward.entries[-2:]] == ["kap.note.added", "kap.correction.recorded"]

"""Parts of one dose: the devices of a spray, charted one by one, are one dose up to the plan's amount."""

from datetime import timedelta
from typing import Any, Final

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.dosing import DEVIATION_OPEN
from domain.course.session import Stage
from domain.escalation.messages import Kind
from domain.protocol.values import Route
from domain.values import Actor, Role, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EHR,
    LIND,
    MARA,
    OSEI,
    SPRAY,
    THORNE,
    abortion,
    changed,
    correction,
    dose,
    minutes,
    plan,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward

PARTS: Final = {
    **SPRAY,
    "medicine.dose.given_by": None,
    "route": Route.INTRANASAL,
    "medicine.dose.parts_max": 3,
    "medicine.dose.parts_within": minutes(20),
}
APART: Final = weekly({**PARTS, "medicine.dose.parts_apart": minutes(5)})
IN_PARTS: Final = weekly(PARTS)
GIVEN = "kap.dose.administered"


@pytest.fixture
def spray(opens: Opens) -> Ward:
    """A patient for whom 56 mg are planned: two devices."""
    ward = opens(IN_PARTS)
    ward.eligible().reports(plan(MARA, at=ward.now, mg=56))
    return ward.cleared()


def device(ward: Ward, minute: float, **told: object) -> list[str]:
    at = ward.begins() + minutes(minute)
    return ward.hears_against(dose(MARA, at=at, mg=28, route="intranasal", **told))  # type: ignore[arg-type]


def test_two_devices_are_one_dose(spray: Ward) -> None:
    """As they are used, five minutes apart: nobody is paged, and the watch counts from the last one."""
    assert device(spray, 0) == []
    assert GIVEN in spray.course.next_acts(spray.now)
    assert device(spray, 5) == []

    assert spray.pages == []
    assert spray.stage() is Stage.DOSED
    assert spray.session().doses[-1].at == spray.begins() + minutes(5)
    assert [one.due_at - spray.begins() for one in spray.due(DeadlineKind.CHECKPOINT)][-1] >= minutes(5)
    assert (
        spray.due(DeadlineKind.DISCHARGE)[0].due_at == spray.begins() + minutes(5) + IN_PARTS.medicine.discharge_overdue
    )
    assert GIVEN not in spray.course.next_acts(spray.now)


def test_what_is_more_than_the_plan_is_another_dose(spray: Ward) -> None:
    """A third device, where two were planned: as ever, an emergency."""
    device(spray, 0)
    device(spray, 5)

    assert {"dose.booster_not_allowed", "vitals.too_old", "dose.above_first_max"} <= set(device(spray, 10))
    assert spray.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


@EDGES
def test_a_device_much_later_is_another_dose(spray: Ward, edge: timedelta) -> None:
    """`parts_within`: twenty minutes from the first."""
    device(spray, 0)
    told = spray.hears_against(dose(MARA, at=spray.begins() + minutes(20) + edge, mg=28, route="intranasal"))

    assert ("dose.booster_not_allowed" in told) is (edge > timedelta())


def test_a_reading_between_two_devices_is_heeded(spray: Ward) -> None:
    """None is asked for; one that is not normal speaks against the second."""
    device(spray, 0)
    spray.reports(vitals(MARA, at=spray.begins() + minutes(3), systolic=165))

    assert "vitals.not_normal" in device(spray, 5)


def test_one_device_told_by_two_is_asked_about(spray: Ward) -> None:
    """The nurse's, and the system's a minute later: two devices, or one."""
    device(spray, 0, by=LIND)

    assert device(spray, 1, by=EHR) == ["dose.possible_duplicate"]
    assert len(spray.session().doses) == 2


def test_two_devices_of_one_moment_are_asked_about(spray: Ward) -> None:
    """There is a rest between two: one of them may have been sent twice."""
    device(spray, 0)
    again = dose(MARA, at=spray.now, mg=28, route="intranasal").but(id="the second one")

    assert spray.hears_against(again) == ["dose.possible_duplicate"]


def test_a_second_part_beside_a_booster(opens: Opens) -> None:
    """The parts are one dose: the booster that a clinic allows comes after it, on a normal reading."""
    ward = opens(weekly({**PARTS, "medicine.dose.boosters_max": 1, "medicine.dose.first_max": 84.0}))
    ward.eligible().reports(plan(MARA, at=ward.now, mg=56))
    ward.cleared()
    device(ward, 0)
    device(ward, 5)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(6)))

    assert "dose.booster_not_allowed" not in device(ward, 11)
    assert "dose.booster_not_allowed" in device(ward, 17)


def apart(opens: Opens, mg: float = 56) -> Ward:
    """The same, under a file that says how far two devices are apart."""
    ward = opens(APART)
    ward.eligible().reports(plan(MARA, at=ward.now, mg=mg))
    return ward.cleared()


@pytest.mark.parametrize("by", [LIND, OSEI, EHR], ids=lambda by: by.role)
@pytest.mark.parametrize("minute", [0.5, 1, 4, 4.9])
def test_a_device_told_twice_is_asked_about_and_counted_once(opens: Opens, by: Actor, minute: float) -> None:
    """`parts_apart`: whoever tells of it again; the true second device is no third one."""
    ward = apart(opens)
    device(ward, 0)

    assert device(ward, minute, by=by) == ["dose.possible_duplicate"]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.URGENT}
    assert device(ward, 5) == []
    assert len(ward.session().doses) == 3


@pytest.mark.parametrize("by", [LIND, OSEI, EHR], ids=lambda by: by.role)
def test_the_next_device_is_one_whoever_tells_of_it(opens: Opens, by: Actor) -> None:
    """Exactly so long after the first."""
    ward = apart(opens)
    device(ward, 0)

    assert device(ward, 5, by=by) == []
    assert ward.pages == []


def test_each_device_told_by_two_is_within_the_plan(opens: Opens) -> None:
    """The nurse and the system: asked twice, and no emergency."""
    ward = apart(opens)
    told = [device(ward, minute, by=by) for minute, by in ((0, LIND), (0.5, EHR), (5, LIND), (5.5, EHR))]

    assert ["dose.possible_duplicate" in one for one in told] == [False, True, False, True]
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT


def test_a_third_device_of_a_plan_of_two_is_one_too_many(opens: Opens) -> None:
    """Told far enough from the others, it was given."""
    ward = apart(opens)
    device(ward, 0)
    device(ward, 5)

    assert "dose.booster_not_allowed" in device(ward, 10)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


@pytest.mark.parametrize("signs", [{"symptoms": ("dissociation", "dizziness")}, {"systolic": 165}, {"moaas": 3}])
def test_what_is_usual_between_two_devices_speaks_against_neither(opens: Opens, signs: dict[str, Any]) -> None:
    """Six or seven of ten dissociate: a warning."""
    ward = apart(opens)
    device(ward, 0)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(3), **signs))

    assert device(ward, 5) == []


@pytest.mark.parametrize("signs", [{"spo2": 91}, {"systolic": 185}, {"symptoms": ("chest_pain",)}])
def test_what_is_urgent_between_two_devices_speaks_against_the_next(opens: Opens, signs: dict[str, Any]) -> None:
    """However long ago it was measured."""
    ward = apart(opens)
    device(ward, 0)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(1), **signs))

    assert "vitals.not_normal" in device(ward, 18)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_no_further_device_is_used_once_the_session_was_broken_off(opens: Opens) -> None:
    """A part is given without waiting for anything, but not against a word like that."""
    ward = apart(opens)
    device(ward, 0)
    ward.reports(abortion(MARA, at=ward.begins() + minutes(2)))

    assert "session.aborted" in device(ward, 5)


def test_a_slip_that_was_corrected_speaks_against_no_further_device(opens: Opens) -> None:
    """280 for 28, put right two minutes later: its page stays for a human, and the second device is given."""
    ward = apart(opens)
    slip = dose(MARA, at=ward.begins(), mg=280, route="intranasal")
    ward.reports(slip)
    ward.reports(correction(slip, at=ward.begins() + minutes(2), mg=28))
    pages = len(ward.pages)

    assert device(ward, 5) == []
    assert len(ward.pages) == pages


def test_a_slip_that_was_corrected_still_speaks_against_another_dose(opens: Opens) -> None:
    """A device more than was planned is no part: somebody looks at the page of the slip before any booster."""
    ward = apart(opens)
    slip = dose(MARA, at=ward.begins(), mg=280, route="intranasal")
    ward.reports(slip)
    ward.reports(correction(slip, at=ward.begins() + minutes(2), mg=28))
    device(ward, 5)

    assert DEVIATION_OPEN in device(ward, 11)


def test_what_was_no_slip_speaks_against_the_next_device(opens: Opens) -> None:
    """The therapist gave the first one, and may not: somebody looks at that before the nurse gives the second."""
    ward = opens(changed(APART, {"medicine.dose.given_by": (Role.PRESCRIBER, Role.MONITOR)}))
    ward.eligible().reports(plan(MARA, at=ward.now, mg=56))
    ward.cleared()
    device(ward, 0, by=THORNE)

    assert device(ward, 5, by=LIND) == [DEVIATION_OPEN]


def test_a_copy_by_a_system_that_gives_nothing_is_a_question(opens: Opens) -> None:
    """`given_by` does not name it: it is asked whether the device was told twice, and the next one is given."""
    ward = opens(changed(APART, {"medicine.dose.given_by": (Role.PRESCRIBER, Role.MONITOR)}))
    ward.eligible().reports(plan(MARA, at=ward.now, mg=56))
    ward.cleared()
    device(ward, 0, by=LIND)

    assert set(device(ward, 1, by=EHR)) == {"actor.role_not_allowed", "dose.possible_duplicate"}
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    assert device(ward, 5, by=LIND) == []
    assert "actor.role_not_allowed" in device(ward, 11, by=EHR)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY

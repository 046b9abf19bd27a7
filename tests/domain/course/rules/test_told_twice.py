"""The same medicine told twice is asked about; a true second dose keeps its watch."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.escalation.messages import Kind
from domain.protocol.values import Route
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EHR,
    LIND,
    MARA,
    OSEI,
    abortion,
    changed,
    dose,
    hours,
    infusion_started,
    infusion_stopped,
    minutes,
    plan,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward, holds

KNOWN = {
    "medicine.compared.same_dose_percent": 2.0,
    "medicine.compared.same_dose_within": minutes(10),
    "medicine.dose.given_by": None,
}
BOOSTED = weekly({**KNOWN, "medicine.dose.boosters_max": 1, "medicine.dose.first_max": 1.0})
TIMED = weekly({**KNOWN, "route": Route.INTRAVENOUS, "medicine.infusion.least": minutes(30)})


@pytest.fixture
def boosted(opens: Opens) -> Ward:
    """70 mg are planned, 35 were given by the nurse, and a reading was normal since."""
    ward = opens(BOOSTED)
    ward.eligible().reports(plan(MARA, at=ward.now, mg_per_kg=1.0))
    ward.cleared().reports(dose(MARA, at=ward.begins(), by=LIND))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(1)))
    return ward


@pytest.fixture
def timed(opens: Opens) -> Ward:
    """An infusion of 35 mg runs since they were cleared."""
    ward = opens(TIMED).cleared()
    ward.reports(infusion_started(MARA, at=ward.begins()))
    return ward


def told(ward: Ward, minute: float, mg: float = 35, by: Actor = EHR, route: str = "intramuscular") -> list[str]:
    return ward.reasons(dose(MARA, at=ward.begins() + minutes(minute), mg=mg, by=by, route=route))


@pytest.mark.parametrize(
    ("minute", "mg", "by", "is_asked"),
    [
        (1, 35, LIND, True),
        (1, 34.8, LIND, True),
        (1, 34.2, LIND, False),
        (6, 35, EHR, True),
        (6, 34.9, EHR, True),
        (10, 35, EHR, True),
        (10.1, 35, EHR, False),
        (6, 35, LIND, False),
        (6, 20, EHR, False),
    ],
)
def test_the_same_dose_told_twice_is_asked_about(
    boosted: Ward, minute: float, mg: float, by: Actor, is_asked: bool
) -> None:
    """By a second system or person so much later, and rounded; a booster by one hand is none of it."""
    assert told(boosted, minute, mg, by) == (["dose.possible_duplicate"] if is_asked else [])


def test_another_system_of_the_same_person_is_another_teller(boosted: Ward) -> None:
    """The nurse's own charting, forwarded by the EHR under their name."""
    again = dose(MARA, at=boosted.begins() + minutes(6), by=LIND)

    assert boosted.reasons(again.but(source="/clinic/other")) == ["dose.possible_duplicate"]


def test_what_may_be_a_copy_is_watched_as_a_dose(boosted: Ward) -> None:
    """Both are kept: the observation counts from the later one, and people are asked."""
    boosted.reports(dose(MARA, at=boosted.begins() + minutes(6), by=EHR))

    assert [given.mg for given in boosted.session().doses] == [35, 35]
    assert boosted.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    (due,) = boosted.due(DeadlineKind.DISCHARGE)
    assert due.due_at == boosted.begins() + minutes(6) + BOOSTED.medicine.discharge_overdue
    assert holds(boosted)


@pytest.mark.parametrize("minute", [3, 20, 40, 48])
def test_a_dose_that_tells_of_the_infusion_is_asked_about(timed: Ward, minute: float) -> None:
    """What the pump or the EHR says while it runs, or when it is through."""
    if minute >= 40:
        timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))

    assert "dose.possible_duplicate" in told(timed, minute, by=OSEI, route="intravenous")


def test_another_amount_is_no_second_report(timed: Ward) -> None:
    """10 mg on top of 35 are a second dose."""
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))

    assert "dose.possible_duplicate" not in told(timed, 41, 10, route="intravenous")


def test_an_infusion_that_tells_of_a_dose_is_asked_about(opens: Opens) -> None:
    """The pump's dose came first, at the end of it."""
    ward = opens(TIMED).cleared()
    ward.until(ward.begins() + minutes(41))
    ward.sends(dose(MARA, at=ward.begins() + minutes(40), by=EHR, route="intravenous"))

    assert "dose.possible_duplicate" in ward.reasons(infusion_started(MARA, at=ward.begins()))
    assert "dose.possible_duplicate" in ward.reasons(infusion_stopped(MARA, at=ward.begins() + minutes(40)))


def test_a_stop_told_twice_is_one_stop(timed: Ward) -> None:
    """By the nurse and six minutes later by the EHR: asked about, no second dose, and watched from the later."""
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))
    answer = timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(46), by=EHR, mg_given=34.8))

    assert [one.code for one in answer.deviations] == ["dose.possible_duplicate"]
    assert timed.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    assert [(given.mg, given.ended_at - timed.begins()) for given in timed.session().doses] == [(34.8, minutes(46))]
    assert holds(timed)


@pytest.mark.parametrize(("minute", "mg", "by"), [(46, 35, LIND), (51, 35, EHR), (46, 10, EHR)])
def test_a_true_second_infusion_keeps_its_watch(timed: Ward, minute: float, mg: float, by: Actor) -> None:
    """By the same hand, of another amount, or later: a dose of its own, watched from its stop."""
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(minute), by=by, mg_given=mg))

    assert [given.mg for given in timed.session().doses] == [35, mg]
    (due,) = timed.due(DeadlineKind.DISCHARGE)
    assert due.due_at == timed.begins() + minutes(minute) + TIMED.medicine.discharge_overdue


def never_connected(ward: Ward, minute: float = 1, reason: str | None = "Never connected") -> list[str]:
    at = ward.begins() + minutes(minute)
    return ward.hears_against(infusion_stopped(MARA, at=at, mg_given=0, reason=reason))


def test_nobody_is_dosed_by_an_infusion_that_gave_nothing(timed: Ward) -> None:
    """Stopped a minute after its start: they are cleared as before, and what becomes of the clearance is asked."""
    assert never_connected(timed) == []

    assert (timed.stage(), timed.session().doses, timed.course.dosed_sessions) == (Stage.CLEARED, (), ())
    assert timed.due(DeadlineKind.DOSE) != []
    assert timed.reasons(infusion_started(MARA, at=timed.begins() + minutes(4))) == []
    assert holds(timed)


def test_after_an_abort_the_visit_is_over(timed: Ward) -> None:
    """Its number may be booked again: they were not dosed."""
    timed.reports(abortion(MARA, at=timed.begins() + minutes(1)))
    never_connected(timed, 2)

    assert timed.stage() is Stage.ABORTED
    assert timed.session().may_be_booked_again


@EDGES
def test_nothing_given_of_a_longer_infusion_may_be_a_slip(timed: Ward, edge: timedelta) -> None:
    """Once the reading at its start would be late some of it has run in: the patient is watched, whatever was typed."""
    never_connected(timed, (TIMED.medicine.checkpoints.grace + edge) / minutes(1))

    assert timed.session().is_monitored is (edge >= timedelta())


def test_a_nought_after_a_stop_takes_no_dose_back(timed: Ward) -> None:
    """35 mg had run in: the second word is heard, and the patient is watched on."""
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(2)))
    never_connected(timed, 3)

    assert timed.session().is_monitored


def test_a_stop_that_tells_of_more_after_all_is_a_dose(timed: Ward) -> None:
    """Said to have given nothing, and then 35 mg: watched."""
    never_connected(timed)
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))

    assert timed.session().is_monitored
    assert [given.mg for given in timed.session().doses] == [35]


def test_without_the_keys_only_the_same_within_five_minutes_is_asked_about(opens: Opens) -> None:
    """As in the courses of protocols that were written before it could be said."""
    old = weekly(
        {
            "route": Route.INTRAVENOUS,
            "medicine.compared.same_dose_percent": None,
            "medicine.compared.same_dose_within": None,
        }
    )
    ward = opens(old).cleared()
    ward.reports(infusion_started(MARA, at=ward.begins()))

    assert "dose.possible_duplicate" in told(ward, 5, route="intravenous")
    assert "dose.possible_duplicate" not in told(ward, 6, route="intravenous")
    assert "dose.possible_duplicate" not in told(ward, 1, 35.2, route="intravenous")
    never_connected(ward)
    assert ward.stage() is Stage.DOSED


@pytest.mark.parametrize("by", [LIND, EHR], ids=lambda by: by.role)
@pytest.mark.parametrize("minute", [0, 1, 10])
def test_a_start_told_twice_is_one_infusion(timed: Ward, minute: float, by: Actor) -> None:
    """The pump's and the nurse's: the stop ends the one that runs, and nobody is called at night for it."""
    again = infusion_started(MARA, at=timed.begins() + minutes(minute), by=by).but(id="told again")

    assert "infusion.told_twice" in timed.hears_against(again)
    assert timed.open[Kind.PROTOCOL_DEVIATION] is Severity.ROUTINE
    timed.reports(infusion_stopped(MARA, at=timed.begins() + minutes(40)))
    assert [one.is_running for one in timed.session().doses] == [False]
    assert holds(timed)


def test_another_start_beside_a_running_infusion_is_none_told_twice(timed: Ward) -> None:
    """Another amount, or much later: a second one, and an emergency."""
    assert "infusion.running" in timed.reasons(infusion_started(MARA, at=timed.begins() + minutes(1), mg=20))
    assert "infusion.running" in timed.reasons(infusion_started(MARA, at=timed.begins() + minutes(10.1)))


def test_a_stop_told_before_its_start_waits_for_it(opens: Opens) -> None:
    """The pump is quicker than the nurse's tablet: one urgent call, and none that says they were not cleared."""
    ward = opens(TIMED).cleared()
    ward.until(ward.begins() + minutes(20))
    stop = ward.sends(infusion_stopped(MARA, at=ward.now, mg_given=18, reason="the line is blocked"))
    assert {one.code for one in stop.deviations} >= {"infusion.not_running"}
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT

    start = ward.sends(infusion_started(MARA, at=ward.begins()))

    assert [one.code for one in start.deviations] == []
    (given,) = ward.session().doses
    assert (given.at, given.ended_at, given.mg) == (ward.begins(), ward.begins() + minutes(20), 18)
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.URGENT
    assert holds(ward)


def test_a_stop_without_a_start_of_whom_nobody_cleared_is_an_emergency(opens: Opens) -> None:
    """Whatever is told first."""
    ward = opens(TIMED).checked_in()
    told = ward.hears_against(infusion_stopped(MARA, at=ward.now + minutes(20)))

    assert "session.not_cleared" in told
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_a_blocked_line_makes_two_parts_of_one_dose(opens: Opens) -> None:
    """18 mg, and 17 more of the plan's 35: no booster, and nobody is called; 18 more are one."""
    parts = {
        "medicine.dose.parts_max": 3,
        "medicine.dose.parts_within": hours(1),
        "medicine.dose.parts_apart": minutes(5),
    }
    ward = opens(changed(TIMED, parts)).cleared()
    at = ward.begins()
    ward.reports(infusion_started(MARA, at=at))
    ward.reports(vitals(MARA, at=at))
    ward.reports(vitals(MARA, at=at + minutes(15), symptoms=("dissociation",)))
    ward.reports(infusion_stopped(MARA, at=at + minutes(20), mg_given=18, reason="the line is blocked"))

    assert ward.reasons(infusion_started(MARA, at=at + minutes(26), mg=17, over=minutes(20))) == []
    assert "dose.booster_not_allowed" in ward.reasons(infusion_started(MARA, at=at + minutes(26), mg=18))

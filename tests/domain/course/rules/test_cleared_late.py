"""A dose that is told before its clearance: the tablet was offline, and the decision is still to be kept."""

from datetime import timedelta

import pytest

from domain.course.session import Stage
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import MARA, adverse_event, clearance, dose, hold, minutes, over, vitals
from tests.support.ward import EDGES, TICK, Ward


@pytest.fixture
def ward(ward: Ward) -> Ward:
    """Measured, dosed by a nurse's tablet, and the clearance still in the prescriber's."""
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10)))
    ward.reports(dose(MARA, at=ward.begins()))
    return ward


def test_a_clearance_of_before_the_dose_can_be_told_after_it(ward: Ward) -> None:
    """The emergency of a dose without one is open since, and stands in no way of what was decided before it."""
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.EMERGENCY}
    ward.passes(minutes(4))
    ward.sends(clearance(MARA, at=ward.begins() - minutes(5)))

    session = ward.session()
    assert session.clearance is not None
    assert session.stage is Stage.DOSED
    assert session.is_watched
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_one_of_after_the_dose_clears_nothing(ward: Ward) -> None:
    """Nor does a second one."""
    late = ward.refuses(clearance(MARA, at=ward.begins() + minutes(1)))
    assert [one.code for one in late.blockers] == ["session.wrong_stage"]
    ward.sends(clearance(MARA, at=ward.begins() - minutes(5)))

    again = ward.turns_away(clearance(MARA, at=ward.begins() - minutes(4)))
    assert [one.code for one in again.blockers] == ["session.wrong_stage"]


def test_it_is_held_against_what_was_known_by_then(ward: Ward) -> None:
    """A pressure that needed the prescriber needs them still, and theirs is the override."""
    ward.sends(vitals(MARA, at=ward.begins() - minutes(7), systolic=150))
    refused = ward.turns_away(clearance(MARA, at=ward.begins() - minutes(5)))
    assert [one.code for one in refused.blockers] == ["vitals.systolic_above_limit"]

    ward.sends(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("vitals.systolic_above_limit")))
    assert [one.code for one in ward.session().weighed] == ["vitals.systolic_above_limit"]


@EDGES
def test_a_hold_of_after_it_stands_in_no_way_of_it(ward: Ward, edge: timedelta) -> None:
    """One that began with it does."""
    cleared = clearance(MARA, at=ward.begins() - minutes(5))
    ward.sends(hold(MARA, at=cleared.time + edge))
    against = [one.code for one in ward.course.blockers_for(cleared)]

    assert against == (["course.held"] if edge <= timedelta() else [])


@EDGES
def test_an_escalation_of_after_it_stands_in_no_way_of_it(ward: Ward, edge: timedelta) -> None:
    """One that was opened with it does."""
    cleared = clearance(MARA, at=ward.begins() - minutes(5))
    ward.sends(adverse_event(MARA, 1, at=ward.now, grade=3))
    opened = tuple(one.but(opened_at=cleared.time + edge) for one in ward.course.escalations)
    course = ward.course.but(escalations=opened[-1:])

    against = [one.code for one in course.blockers_for(cleared)]
    assert against == (["escalation.adverse_event_open"] if edge <= timedelta() else [])


@EDGES
def test_one_of_the_doses_own_moment_was_given_before_it(ward: Ward, edge: timedelta) -> None:
    """Both were written down to the minute."""
    against = [one.code for one in ward.course.blockers_for(clearance(MARA, at=ward.begins() + edge))]

    assert against == (["session.wrong_stage"] if edge > timedelta() else [])


@pytest.mark.parametrize(
    ("kind", "before", "counts"),
    [
        (Kind.PROTOCOL_DEVIATION, timedelta(), False),
        (Kind.PROTOCOL_DEVIATION, TICK, True),
        (Kind.ADVERSE_EVENT, timedelta(), True),
    ],
    ids=["the dose's own", "one of before the dose", "another one"],
)
def test_what_the_dose_lacked_stands_in_no_way_of_it(
    ward: Ward, kind: Kind, before: timedelta, *, counts: bool
) -> None:
    """The prescriber cleared them in the minute of the dose: its deviation is for want of this very clearance."""
    (deviation,) = ward.course.escalations
    opened = deviation.but(kind=kind, opened_at=ward.begins() - before)

    against = ward.course.but(escalations=(opened,)).blockers_for(clearance(MARA, at=ward.begins()))
    assert [one.code for one in against] == ([f"escalation.{kind}_open"] if counts else [])


def test_nobody_is_asked_to_clear_whoever_was_dosed(ward: Ward) -> None:
    """It may be told, and is wanted no more."""
    assert "kap.session.cleared" not in ward.course.next_acts(ward.now + minutes(1))


def test_a_booster_after_it_is_a_dose_that_was_cleared(ward: Ward) -> None:
    """What is asked of a further dose is asked of the clearance as well."""
    ward.sends(clearance(MARA, at=ward.begins() - minutes(5)))
    found = ward.reasons(dose(MARA, at=ward.begins() + minutes(30), mg=5))

    assert "session.not_cleared" not in found

"""Vitals that stay missing after the last planned checkpoint: whoever has it is asked again ever more rarely."""

from collections.abc import Iterator
from datetime import datetime

from domain.escalation.messages import Change, EscalationState, Kind
from domain.values import Severity
from tests.support.cast import MARA, hours, minutes, vitals
from tests.support.ward import Ward


def calls_for_vitals(ward: Ward) -> int:
    return len([one for one, _ in ward.pages if one is Kind.VITALS_OVERDUE])


def asked(ward: Ward, until: datetime, *, acknowledged: bool = True) -> Iterator[int]:
    """The minutes after the dose at which somebody is called, who has it at once, or who never answers."""
    while ward.now < until:
        told = calls_for_vitals(ward)
        ward.passes(minutes(1))
        if calls_for_vitals(ward) > told:
            yield round((ward.now - ward.begins()) / minutes(1))
            if acknowledged:
                ward.hears(Kind.VITALS_OVERDUE, Change.ACKNOWLEDGED, by="lind")


def test_a_forgotten_discharge_asks_whoever_has_it_ever_more_rarely(ward: Ward) -> None:
    """`again_most`: 190 calls in a day became these, for they have it, and nothing has changed since."""
    ward.watched()
    day = list(asked(ward, ward.begins() + hours(26)))

    # Urgent, an emergency five minutes later, then 15, 30, 60 and 120 minutes apart.
    assert day[:6] == [140, 145, 155, 170, 200, 260]
    assert day[6:] == [260 + 120 * n for n in range(1, len(day) - 5)]
    assert len(day) <= 18


def test_as_long_as_nobody_has_it_each_missing_reading_asks_again(ward: Ward) -> None:
    """Rarer is for whoever has said that they know."""
    ward.watched()
    assert len(list(asked(ward, ward.begins() + hours(4), acknowledged=False))) == 14


def test_planned_checkpoints_ask_each_time_whoever_has_it(ward: Ward) -> None:
    """Until the last offset the medicine works: each reading that is missing is told."""
    ward.dosed().until(ward.begins() + minutes(4))
    overdue = ward.course.protocol.medicine.checkpoints
    told = list(asked(ward, ward.begins() + minutes(126)))

    due = [round((offset + overdue.missed_after) / minutes(1)) for offset in overdue.offsets]
    assert set(due) <= set(told)


def test_a_reading_makes_the_next_missing_one_a_call_at_once(ward: Ward) -> None:
    """What was acknowledged is over: the gap after it is a new one."""
    ward.watched()
    list(asked(ward, ward.begins() + minutes(300)))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(301)))

    first, *_ = asked(ward, ward.begins() + minutes(345))
    assert first <= 301 + 15 + 15


def test_what_somebody_resolved_while_nothing_was_taken_is_asked_at_the_next_checkpoint(ward: Ward) -> None:
    """It is another escalation, which nobody has."""
    ward.watched()
    list(asked(ward, ward.begins() + minutes(300)))
    ward.hears(Kind.VITALS_OVERDUE, Change.RESOLVED, by="lind", note="back soon")

    assert next(asked(ward, ward.begins() + minutes(330))) <= 316


def test_a_ladder_that_reopened_asks_again_at_once(ward: Ward) -> None:
    """The acknowledgement has lapsed: nobody has it."""
    ward.watched()
    list(asked(ward, ward.begins() + minutes(265)))
    ward.hears(Kind.VITALS_OVERDUE, Change.REOPENED)
    assert [one.state for one in ward.course.unresolved if one.kind is Kind.VITALS_OVERDUE] == [EscalationState.OPEN]

    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY
    assert next(asked(ward, ward.begins() + minutes(290))) <= 280

"""The limits of a session, as lines to draw: they say what the verdict on a reading says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.course.rules.vitals import verdict
from domain.course.verdict import VerdictSeverity
from domain.protocol.values import Vital
from domain.views.limits import LimitKind, SessionLimit, session_limits
from tests.support.cast import MARA, WEEKLY, minutes, vitals
from tests.support.ward import Ward

WATCHED = Ward().watched(until=minutes(15))
"""A dosed patient of good health."""


def limits_of(ward: Ward, vital: Vital, kind: LimitKind) -> list[SessionLimit]:
    every = session_limits(ward.course.protocol, ward.session())
    return [one for one in every if (one.vital, one.kind) == (vital, kind)]


def test_the_gate_before_the_dose_is_a_line_above_and_one_below(ward: Ward) -> None:
    """`medicine.clearance.hold`, with the source of each."""
    above, below = limits_of(ward.booked(), Vital.SYSTOLIC, LimitKind.HOLD)

    assert (above.above, above.below, below.above, below.below) == (140, None, None, 90)
    assert above.source == WEEKLY.source_of("medicine.clearance.hold.systolic")


def test_a_limit_that_a_second_reading_confirms_says_so(ward: Ward) -> None:
    """`confirm_within`: the first breach is a recheck."""
    urgent = limits_of(ward.booked(), Vital.SYSTOLIC, LimitKind.URGENT)

    assert [(one.above or one.below, one.is_confirmed) for one in urgent] == [(180, True), (220, False), (90, False)]


def test_a_rise_is_told_as_the_value_that_it_comes_to(ward: Ward) -> None:
    """Over this session's clearance reading; before that there is no such line."""
    ward.checked_in()
    assert [one.rise for one in limits_of(ward, Vital.SYSTOLIC, LimitKind.WARNING)] == [None]

    ward.cleared()
    baseline = ward.session().readings[-1]
    fixed, risen = limits_of(ward, Vital.SYSTOLIC, LimitKind.WARNING)
    assert (fixed.above, risen.above, risen.rise) == (160, (baseline.data.systolic or 0) + 40, 40)


@given(
    systolic=st.integers(60, 200),
    pulse=st.integers(5, 100),
    heart_rate=st.integers(30, 200),
    spo2=st.integers(70, 100),
)
@pytest.mark.parametrize("kind", [LimitKind.URGENT, LimitKind.EMERGENCY])
def test_what_lies_beyond_a_line_is_what_the_verdict_says(
    kind: LimitKind, systolic: int, pulse: int, heart_rate: int, spo2: int
) -> None:
    """No drawing says urgent of a reading that the protocol does not, or calm of one that it calls urgent."""
    diastolic = max(systolic - pulse, 20)
    event = vitals(
        MARA,
        at=WATCHED.now + minutes(1),
        systolic=systolic,
        diastolic=diastolic,
        heart_rate=heart_rate,
        spo2=spo2,
    )
    session = WATCHED.course.accept(event, event.time).course.sessions[0]
    said = verdict(WEEKLY, session, session.readings[-1])
    values = {
        Vital.SYSTOLIC: systolic,
        Vital.DIASTOLIC: diastolic,
        Vital.HEART_RATE: heart_rate,
        Vital.SPO2: spo2,
    }

    drawn = {
        limit.vital
        for limit in session_limits(WEEKLY, session)
        if limit.kind is kind
        and (value := values.get(limit.vital)) is not None
        and (
            (limit.above is not None and (value >= limit.above if limit.rise else value > limit.above))
            or (limit.below is not None and value < limit.below)
        )
    }

    of_kind = {VerdictSeverity(kind), *([VerdictSeverity.RECHECK] if kind is LimitKind.URGENT else [])}
    spoken = {
        Vital(finding.code.split(".")[1].rsplit("_", 2)[0]) for finding in said.findings if finding.severity in of_kind
    }
    assert drawn == spoken

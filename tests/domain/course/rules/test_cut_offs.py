"""A score that reaches its cut-off is told to somebody, as loudly as the protocol says."""

import pytest

from domain.escalation.messages import Change, Kind
from domain.protocol.measures import CutOffRule, MeasureMoment, MeasureRule
from domain.protocol.model import Protocol
from domain.protocol.values import Range
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, WEEKLY, correction, days, measure, weekly

HIGH = Kind.MEASURE_HIGH
BLADDER = "bladder_symptoms"


def with_cut_off(severity: Severity = Severity.URGENT) -> Protocol:
    """A questionnaire of the bladder from 0 to 35 points, of which 8 and more are told."""
    rule = MeasureRule(
        every=MeasureMoment.BASELINE,
        range=Range(low=0, high=35),
        cut_off=CutOffRule(at_least=8, severity=severity),
    )
    return weekly({"measures": {**WEEKLY.measures, BLADDER: rule}})


@pytest.mark.parametrize(("score", "opened"), [(7, None), (8, Severity.URGENT), (35, Severity.URGENT)])
def test_a_score_from_the_cut_off_on_is_told(opens: Opens, score: int, opened: Severity | None) -> None:
    """In treatment, whatever it was before."""
    ward = opens(with_cut_off()).prepared()
    ward.reports(measure(MARA, BLADDER, at=ward.now, score=score))

    assert ward.open.get(HIGH) is opened


def test_it_is_told_each_time_again(opens: Opens) -> None:
    """Whoever resolved it did not know of the next one."""
    ward = opens(with_cut_off(Severity.ROUTINE)).prepared()
    ward.reports(measure(MARA, BLADDER, at=ward.now, score=9))
    ward.hears(HIGH, Change.RESOLVED)
    ward.reports(measure(MARA, BLADDER, at=ward.now + days(7), score=8))

    assert ward.open.get(HIGH) is Severity.ROUTINE


def test_a_slip_below_it_is_told_once_it_is_corrected(opens: Opens) -> None:
    """As what it was all along."""
    ward = opens(with_cut_off()).prepared()
    slip = measure(MARA, BLADDER, at=ward.now, score=1)
    ward.reports(slip)
    assert HIGH not in ward.open
    ward.reports(correction(slip, score=11, at=ward.now))

    assert ward.open.get(HIGH) is Severity.URGENT

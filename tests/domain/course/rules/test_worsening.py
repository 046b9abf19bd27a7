"""A score that is meaningfully worse than the best so far is told to somebody, in any phase."""

from collections.abc import Iterator

import pytest

from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, days, hours, measure, phq9, referral, weekly
from tests.support.ward import Ward

WORSENED = Kind.MEASURE_WORSENED


def points(total: int) -> tuple[int, ...]:
    """PHQ-9 answers of this total, the ninth 0."""
    return (*(min(3, max(0, total - 3 * place)) for place in range(8)), 0)


@pytest.mark.parametrize(("worse", "opened"), [(5, None), (6, Severity.ROUTINE), (7, Severity.ROUTINE)])
def test_a_relapse_in_follow_up_is_told(ward: Ward, worse: int, opened: Severity | None) -> None:
    """The meaningful change is 6 points."""
    ward.in_follow_up()
    best = min(one.scored.score or 0 for one in ward.course.measures if one.scored.instrument == "phq9")
    ward.reports(phq9(MARA, at=ward.now + days(1), items=points(int(best) + worse)))

    assert ward.course.phase is Phase.FOLLOW_UP
    assert ward.open.get(WORSENED) is opened


def test_it_is_counted_from_the_best_score(ward: Ward) -> None:
    """From 17 to 8 and back to 14: still better than at first, and a worsening."""
    ward.screened().reports(phq9(MARA, at=ward.now + days(1), items=points(8)))
    assert WORSENED not in ward.open

    ward.reports(phq9(MARA, at=ward.now + days(1), items=points(14)))
    assert ward.open[WORSENED] is Severity.ROUTINE


def test_the_referrals_score_counts(ward: Ward) -> None:
    """The baseline that was brought along."""
    ward.reports(referral(MARA, at=ward.now, baseline={"phq9": 10}))
    ward.reports(phq9(MARA, at=ward.now + hours(1), items=points(16)))

    assert WORSENED in ward.open


def test_an_old_answer_sent_late_is_no_news(ward: Ward) -> None:
    """It is the newest score that somebody has to look at; a late one may show that it is worse."""
    ward.screened().reports(phq9(MARA, at=ward.now + days(5), items=points(15)))
    ward.reports(phq9(MARA, at=ward.now - days(2), items=points(24)))
    assert WORSENED not in ward.open

    ward.reports(phq9(MARA, at=ward.now - days(1), items=points(9)))
    assert WORSENED in ward.open


def test_a_further_worsening_is_told_after_the_first_was_seen_to(ward: Ward) -> None:
    """Whoever resolved it did not know of this."""
    ward.screened().reports(phq9(MARA, at=ward.now + days(1), items=points(23)))
    ward.hears(WORSENED, Change.RESOLVED)
    assert WORSENED not in ward.open

    ward.reports(phq9(MARA, at=ward.now + days(7), items=points(24)))
    assert WORSENED in ward.open


def _changes() -> Iterator[tuple[dict[str, object], Severity | None]]:
    rule = weekly({}).measures["phq9"]
    yield {"phq9": rule.but(worsened=None)}, Severity.ROUTINE
    yield {"phq9": rule.but(worsened=Severity.URGENT)}, Severity.URGENT
    yield {"phq9": rule.but(worsened=None, meaningful_change=None)}, None


@pytest.mark.parametrize(("rules", "opened"), list(_changes()))
def test_the_protocol_says_how_loudly(opens: Opens, rules: dict[str, object], opened: Severity | None) -> None:
    """`worsened`, routine where it is left out; without `meaningful_change` nothing is a worsening."""
    known = weekly({}).measures
    ward = opens(weekly({"measures": {**known, **rules}})).screened()
    ward.reports(phq9(MARA, at=ward.now + days(1), items=points(24)))

    assert ward.open.get(WORSENED) is opened


def test_an_instrument_known_by_its_score_worsens_too(opens: Opens) -> None:
    """MADRS, rated by a clinician."""
    known = weekly({}).measures
    rules = {**known, "madrs": known["madrs"].but(meaningful_change=6)}
    ward = opens(weekly({"measures": rules})).screened()
    ward.reports(measure(MARA, "madrs", at=ward.now + days(1), score=20))
    ward.reports(measure(MARA, "madrs", at=ward.now + days(1), score=26))

    assert WORSENED in ward.open

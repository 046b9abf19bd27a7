"""Risk screens: from when on an answer or a word asks for one, and which answer is one of long ago."""

from datetime import timedelta

import pytest

from domain.course.rules.risk_screens import earlier, owed_blockers
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, call, days, phq9, weekly
from tests.support.ward import EDGES, Ward

AT = Ward().begins()
HINT = (0, 0, 0, 0, 0, 0, 0, 0, 1)


@EDGES
@pytest.mark.parametrize(
    "says",
    [phq9(MARA, at=AT, items=HINT), call(MARA, None, at=AT, days_after=None, suicidal_ideation=True)],
    ids=["an answer", "a word"],
)
def test_a_screen_is_owed_from_the_moment_on_that_asks_for_it(ward: Ward, says: ClinicEvent, edge: timedelta) -> None:
    """Told before a dose, and said after it, it speaks against nothing of before."""
    ward.checked_in().reports(says)

    owed = [one.code for one in owed_blockers(ward.course, AT + edge)]
    assert owed == (["measure.cssrs_missing"] if edge >= timedelta() else [])


@EDGES
def test_an_earlier_answer_is_one_of_before_the_referral(opens: Opens, edge: timedelta) -> None:
    """Told two months later; one of the referral's own moment is told as any other."""
    ward = opens(weekly({"escalations.risk_history_after": None})).referred()

    told = earlier(ward.course, ward.began_at + edge, ward.began_at + days(60))
    assert told is (Severity.ROUTINE if edge < timedelta() else None)

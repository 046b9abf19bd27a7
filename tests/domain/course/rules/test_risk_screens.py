"""Risk screens: from when on an answer or a word asks for one, and which answer is one of long ago."""

from datetime import timedelta

import pytest

from domain.course.rules.risk_screens import ScreenOwed, earlier, owed_blockers
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, WEEKLY, call, days, phq9, weekly
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


BY_AN_ANSWER = ScreenOwed(
    instrument="cssrs",
    asked_at=AT,
    learned_at=AT,
    due_at=AT + days(1),
    kind=Kind.ITEM9_POSITIVE,
    severity=Severity.ROUTINE,
    waits_for_morning=True,
)


def test_what_two_ask_for_is_one_screen_as_soon_and_as_loud_as_either_asks() -> None:
    """An answer, and a word that wakes somebody: the answer's is due before it."""
    by_a_word = BY_AN_ANSWER.but(
        due_at=AT + days(2), kind=Kind.SUICIDE_RISK, severity=Severity.URGENT, waits_for_morning=False
    )

    for told in (BY_AN_ANSWER.together_with(by_a_word), by_a_word.together_with(BY_AN_ANSWER)):
        assert (told.due_at, told.kind, told.severity) == (AT + days(1), Kind.SUICIDE_RISK, Severity.URGENT)
        assert not told.waits_for_morning
    assert BY_AN_ANSWER.together_with(BY_AN_ANSWER.but(due_at=AT + days(2))).waits_for_morning


def test_a_screen_is_owed_wherever_its_questionnaire_stands_in_the_file(opens: Opens) -> None:
    """Behind one that asks for none."""
    of_none = {"last": WEEKLY.measures["phq9"].but(item9=None)}
    ward = opens(weekly({"measures": {**of_none, **WEEKLY.measures}})).checked_in()
    ward.reports(phq9(MARA, at=AT, items=HINT))

    assert [one.code for one in owed_blockers(ward.course, AT)] == ["measure.cssrs_missing"]

"""Risk screens: from when on an answer or a word asks for one, and which answer is one of long ago."""

from datetime import timedelta

import pytest

from domain.course.measure_history import MeasureTaken
from domain.course.rules.risk_screens import ScreenOwed, earlier, gravest, is_at_risk, owed_blockers, screens_owed
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import HAS_INTENT, MARA, WEEKLY, call, cssrs, days, minutes, phq9, weekly
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


def with_intent(ward: Ward) -> MeasureTaken:
    """A C-SSRS that shows it, which the ward has just taken in."""
    ward.reports(cssrs(MARA, at=ward.now + minutes(5), items=HAS_INTENT))
    return ward.course.measures[-1]


def test_of_two_answers_that_show_the_same_risk_the_one_that_was_news_counts(ward: Ward) -> None:
    """The other one says no more than the prescriber weighed at the decision, whichever was taken last."""
    earlier_one = with_intent(ward.screened())
    for is_known in (False, True):
        before = earlier_one.but(is_known=is_known)
        after = before.but(
            at=before.at + days(1), sequence=before.sequence + 1, is_known=not is_known, since_last_contact=True
        )
        course = ward.course.but(measures=(*ward.course.measures[:-1], before, after))

        assert gravest(course, "cssrs", after.at) == (after if is_known else before)


def test_the_screen_of_whoever_is_known_to_be_at_risk_waits_for_no_morning(ward: Ward) -> None:
    """However well it is known: what was weighed at the decision is a risk."""
    known = with_intent(ward.screened()).but(is_known=True)
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.reports(phq9(MARA, at=ward.now + minutes(5), items=HINT))
    course = ward.course.but(measures=(*ward.course.measures[:-2], known, ward.course.measures[-1]))

    assert [one.waits_for_morning for one in screens_owed(course)] == [False]


def test_a_risk_of_long_ago_is_unseen_until_its_escalation_is_resolved(ward: Ward) -> None:
    """Told last, of more than a month before the newest C-SSRS, which is calm: that one says nothing of it."""
    ward.screened().sends(cssrs(MARA, at=ward.now - days(40), items=HAS_INTENT))
    assert is_at_risk(ward.course)

    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED)
    assert not is_at_risk(ward.course)

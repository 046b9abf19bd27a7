"""What the clinic sees of its questionnaires: when each is due, and how far a score has moved (CLINICAL.md 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.course.measures import Direction
from domain.protocol.measures import AfterDose, Every, MeasureMoment
from domain.views.course import MeasureView, course_view
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    MONDAY,
    WEEKLY,
    cssrs,
    days,
    follow_up,
    gad7,
    hours,
    minutes,
    phq9,
    referral,
    weekly,
)
from tests.support.ward import EDGES, Ward

BETTER = (1, 1, 1, 1, 1, 1, 1, 1, 0)


def due(ward: Ward) -> Mapping[str, tuple[datetime, bool]]:
    """When each instrument is due, and whether it is late."""
    return {one.instrument: (one.due_at, one.late) for one in course_view(ward.course, ward.now).measures_due}


def shown(ward: Ward, instrument: str) -> list[MeasureView]:
    return [one for one in course_view(ward.course, ward.now).measures if one.instrument == instrument]


def asks(opens: Opens, every: Every) -> Ward:
    """A ward that asks for the GAD-7 at another moment."""
    return opens(weekly({"measures": {**WEEKLY.measures, "gad7": WEEKLY.measures["gad7"].but(every=every)}}))


def test_a_baseline_is_due_once_while_the_screening_lasts(opens: Opens) -> None:
    """`every = "baseline"`: by the end of `screening.within`; once taken, never again."""
    ward = asks(opens, MeasureMoment.BASELINE).referred()
    asked = due(ward)["gad7"]
    ward.reports(gad7(MARA, at=ward.now + days(1)))

    assert asked == (MONDAY + days(14), False)
    assert "gad7" not in due(ward)


def test_a_baseline_that_the_referral_brought_is_asked_for_no_more(opens: Opens) -> None:
    """Somebody has asked them already."""
    ward = asks(opens, MeasureMoment.BASELINE)
    ward.reports(referral(MARA, at=MONDAY, baseline={"gad7": 14}))

    assert "gad7" not in due(ward)


def test_a_measure_of_each_session_is_due_by_its_beginning(ward: Ward) -> None:
    """`every = "each_session"`: since the last dose, once the next is booked; for the first the screening's counts."""
    first = due(ward.booked())
    unbooked = due(ward.integrated())
    asked = due(ward.booked(2))
    answered = due(ward.checked_in(2))

    assert "gad7" not in {**first, **unbooked, **answered}
    assert asked["gad7"] == (ward.begins(2), False)


@EDGES
def test_a_measure_of_the_end_is_due_from_the_follow_up_on(opens: Opens, edge: timedelta) -> None:
    """`every = "end"`: when the last session has been talked through; before that nobody asks."""
    ward = asks(opens, MeasureMoment.END)
    before = due(ward.discharged(3))
    entered_at = ward.integrated(3).now
    owed = {one.instrument: one for one in course_view(ward.course, entered_at + edge).measures_due}
    ward.reports(gad7(MARA, at=ward.now + minutes(1)))

    assert "gad7" not in before
    assert (owed["gad7"].due_at, owed["gad7"].late) == (entered_at, edge > timedelta())
    assert "madrs" in due(ward)
    assert "gad7" not in due(ward)


def test_a_measure_may_be_due_again_and_again(opens: Opens) -> None:
    """`every = "P10D"`: ten days after the referral, then after each answer."""
    ward = asks(opens, days(10)).referred()
    first = due(ward)["gad7"]
    ward.screened()

    assert first == (MONDAY + days(10), False)
    assert due(ward)["gad7"] == (MONDAY + days(11) + minutes(25), False)


def test_a_measure_that_nobody_takes_wakes_nobody_and_keeps_no_course_open(ward: Ward) -> None:
    """CONTRACT 5, `follow_up.held`: the course closes all the same, and owes nothing then."""
    owed = due(Ward().in_follow_up())
    ward.completed()

    assert {"phq9", "madrs"} <= owed.keys()
    assert ward.course.is_closed
    assert ward.pages == []
    assert due(ward) == {}


def test_a_score_is_shown_against_the_first_one(ward: Ward) -> None:
    """From 17 to 8: a response of 53 percent, no remission, a change that means something; over two weeks."""
    ward.screened().reports(phq9(MARA, at=ward.now + hours(1), items=BETTER))
    first, second = shown(ward, "phq9")

    assert (first.score, first.trend) == (17, None)
    assert second.trend is not None
    assert (second.trend.baseline, second.trend.difference, second.trend.improvement_percent) == (17, -9, 52.9)
    assert (second.trend.is_response, second.trend.is_remission) == (True, False)
    assert second.trend.direction is Direction.IMPROVED
    assert second.recall == timedelta(weeks=2)


def test_a_score_is_shown_against_the_one_that_the_referral_brought(ward: Ward) -> None:
    """The clinic that sent them knew them before us."""
    ward.reports(referral(MARA, at=MONDAY, baseline={"phq9": 24}))
    ward.screened()

    (first,) = shown(ward, "phq9")
    assert first.trend is not None
    assert (first.trend.baseline, first.trend.difference) == (24, -7)


def test_a_first_score_that_arrives_late_is_the_baseline_after_all(ward: Ward) -> None:
    """Judged by when it was taken: Tuesday's answers, entered on Thursday, come before Wednesday's."""
    ward.screened().reports(phq9(MARA, at=ward.now + days(1), items=BETTER))
    ward.sends(phq9(MARA, at=MONDAY + hours(1), items=(2, 2, 2, 2, 2, 1, 1, 1, 0)))

    assert [one.trend.baseline if one.trend else None for one in shown(ward, "phq9")] == [13, 13, None]


def test_what_has_no_score_has_no_trend(ward: Ward) -> None:
    """The risk screen has a level, and each level stands for itself."""
    ward.screened().reports(cssrs(MARA, at=ward.now + hours(1)))

    assert [one.trend for one in shown(ward, "cssrs")] == [None, None]


def test_a_measure_of_the_follow_up_is_due_at_each_visit(opens: Opens) -> None:
    """`every = "follow_up"`: by the visit; an answer counts from when that may be held, and the next asks again."""
    ward = asks(opens, MeasureMoment.FOLLOW_UP).in_follow_up()
    home = ward.session(3).discharge
    assert home is not None
    first, second = home.at + days(30), home.at + days(90)
    assert due(ward)["gad7"] == (first, False)

    ward.reports(gad7(MARA, at=home.at + days(14)))
    assert due(ward)["gad7"] == (first, False)
    ward.reports(gad7(MARA, at=home.at + days(15)))
    assert "gad7" not in due(ward)
    ward.reports(follow_up(MARA, at=first, days_after=30))
    assert due(ward)["gad7"] == (second, False)


def test_a_measure_is_asked_of_those_it_is_for(opens: Opens) -> None:
    """`indications`: the PCL-5 of who was referred for PTSD, by any code of that family, and of nobody else."""
    for code, is_asked in (("F43.10", True), ("F43.1", True), ("F33.2", False)):
        ward = opens(WEEKLY)
        ward.reports(referral(MARA, at=MONDAY, indications=[code]))
        assert ("pcl5" in due(ward)) is is_asked


def test_a_measure_may_be_due_at_several_moments(opens: Opens) -> None:
    """A baseline and the end: without the first no change is ever known."""
    ward = asks(opens, (MeasureMoment.BASELINE, MeasureMoment.END)).referred()
    assert due(ward)["gad7"][0] == MONDAY + days(14)
    ward.reports(gad7(MARA, at=ward.now))
    assert "gad7" not in due(ward)

    ward.discharged(3)
    ward.integrated(3)
    assert "gad7" in due(ward)


IN_THE_SESSION_AND_NEXT_DAY = (AfterDose(minutes(40)), AfterDose(hours(24)))


@EDGES
def test_a_measure_is_due_so_long_after_a_dose(opens: Opens, edge: timedelta) -> None:
    """`every = "+PT40M"`: of whoever was dosed, and late from then on; an answer of the first minutes is none to it."""
    ward = asks(opens, AfterDose(minutes(40)))
    before = due(ward.cleared())
    dosed_at = ward.dosed().session().doses[0].at
    ward.reports(gad7(MARA, at=dosed_at + minutes(19)))
    owed = {one.instrument: one for one in course_view(ward.course, dosed_at + minutes(40) + edge).measures_due}
    ward.reports(gad7(MARA, at=dosed_at + minutes(20)))

    assert "gad7" not in before
    assert (owed["gad7"].due_at, owed["gad7"].late) == (dosed_at + minutes(40), edge > timedelta())
    assert "gad7" not in due(ward)


def test_what_was_to_be_asked_in_the_session_is_asked_of_nobody_at_home(opens: Opens) -> None:
    """`every = ["+PT40M", "+PT24H"]`: at the door the first is past, and the second to come until the next dose."""
    ward = asks(opens, IN_THE_SESSION_AND_NEXT_DAY).dosed()
    dosed_at = ward.session().doses[0].at
    in_the_session = due(ward)["gad7"][0]
    at_home = due(ward.discharged())["gad7"][0]
    ward.reports(gad7(MARA, at=dosed_at + minutes(12 * 60 + 19)))
    too_soon = due(ward)
    ward.reports(gad7(MARA, at=dosed_at + minutes(12 * 60 + 20)))
    answered = due(ward)
    again = due(ward.dosed(2))["gad7"][0]

    assert (in_the_session, at_home) == (dosed_at + minutes(40), dosed_at + hours(24))
    assert "gad7" in too_soon
    assert "gad7" not in answered
    assert again == ward.session(2).doses[0].at + minutes(40)


def test_a_measure_after_a_dose_is_asked_for_no_more_in_follow_up(opens: Opens) -> None:
    """The day after the last dose lies months behind: nobody can be asked how that was."""
    ward = asks(opens, AfterDose(hours(24)))

    assert "gad7" in due(ward.discharged(3))
    assert "gad7" not in due(ward.in_follow_up())

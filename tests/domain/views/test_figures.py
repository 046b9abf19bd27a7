"""What a course comes to in numbers."""

from domain.views.figures import CourseFigures, MeasureFigures, Punctuality, course_figures
from tests.support.cast import MARA, hours, integration, minutes, phq9
from tests.support.ward import TICK, Ward


def figures(ward: Ward) -> CourseFigures:
    return course_figures(ward.course)


def test_a_good_course_has_met_every_checkpoint(ward: Ward) -> None:
    """Seven in each session, and each session's talk within its window."""
    found = figures(ward.completed(sessions=3))

    assert (found.sessions, found.checkpoints_met, found.checkpoints_late, found.checkpoints_missed) == (3, 21, 0, 0)
    assert (found.integrations_in_time, found.integrations_late, found.integrations_owed) == (3, 0, 0)


def test_a_reading_that_never_came_is_missed(ward: Ward) -> None:
    """From the moment its grace is over, and no sooner."""
    ward.dosed(1)
    rules = ward.course.protocol.medicine.checkpoints
    ward.passes(rules.grace - TICK)
    assert figures(ward).checkpoints_missed == 0

    ward.passes(TICK)

    assert figures(ward).checkpoints_missed == 1


def test_a_talk_is_late_after_its_window(ward: Ward) -> None:
    """In time up to the window's last moment; owed until it is held."""
    ward.discharged(1)
    went_home = ward.now
    assert figures(ward).integrations_owed == 1

    within = ward.course.protocol.integration.within
    for at, expected in ((went_home + within, (1, 0, 0)), (went_home + within + TICK, (0, 1, 0))):
        held = Ward(protocol=ward.course.protocol)
        held.course, held.now = ward.course, at
        held.sends(integration(MARA, 1, at=at))
        found = figures(held)
        assert (found.integrations_in_time, found.integrations_late, found.integrations_owed) == expected


def test_a_measure_counts_against_its_baseline_once_there_is_one(ward: Ward) -> None:
    """The first answer is the baseline; the newest by its time is compared with it, whenever it was sent."""
    ward.referred()
    first = ward.now
    ward.sends(phq9(MARA, at=first, items=(2,) * 9))
    assert figures(ward).measures == ()

    ward.passes(hours(2))
    ward.sends(phq9(MARA, at=ward.now, items=(1, 1, 1, 1, 0, 0, 0, 0, 0)))
    ward.sends(phq9(MARA, at=first + minutes(1), items=(3, 3, 3, 3, 3, 3, 0, 0, 0)))

    assert figures(ward).measures == (
        MeasureFigures(instrument="phq9", baseline=18, latest=4, is_response=True, is_remission=True),
    )


def test_the_share_in_time_is_of_all_that_was_due() -> None:
    """Nothing due has no share."""
    assert Punctuality(in_time=3, late=1, missed=0).share == 0.75
    assert Punctuality(in_time=0, late=0, missed=0).share is None

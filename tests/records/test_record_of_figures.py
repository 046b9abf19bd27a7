"""What all courses come to: counted by site and period, as of the newest that is recorded."""

from datetime import timedelta

import pytest

from domain.values import CourseId, Severity
from domain.views.figures import CourseFigures, FleetFigures, MeasureFigures, Punctuality
from records.figures import Period
from records.store import RecordStore
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

DAY = timedelta(days=1)


def course(met: int, late: int = 0, *measures: MeasureFigures) -> CourseFigures:
    return CourseFigures(
        sessions=1,
        checkpoints_met=met,
        checkpoints_late=late,
        checkpoints_missed=1,
        integrations_in_time=1,
        integrations_late=0,
        integrations_owed=1,
        measures=measures,
    )


def measure(baseline: float, latest: float, *, is_response: bool | None) -> MeasureFigures:
    return MeasureFigures(
        instrument="phq9", baseline=baseline, latest=latest, is_response=is_response, is_remission=False
    )


async def has(store: RecordStore, course_id: CourseId, figures: CourseFigures, **where_it_is: object) -> None:
    await store.append(batch(ledger(readings(1), course_id), **where_it_is).but(figures=figures))


async def asked(store: RecordStore, **period: object) -> FleetFigures:
    return await store.figures(Period.model_validate(period))


async def test_courses_are_counted_by_site_and_period(store: RecordStore) -> None:
    """Begun from `since`, which counts, until `until`, which does not."""
    await has(store, MARA, course(7, 1, measure(18, 9, is_response=True)))
    await has(store, "NILS-7", course(5, 0, measure(20, 15, is_response=False)), site="cork", started_at=MONDAY + DAY)

    everything = await asked(store)
    assert [(one.phase, one.courses) for one in everything.courses] == [("medicine", 2)]
    assert everything.checkpoints == Punctuality(in_time=12, late=1, missed=2)
    assert everything.integrations == Punctuality(in_time=2, late=0, missed=2)
    (phq9,) = everything.measures
    assert (phq9.courses, phq9.mean_baseline, phq9.mean_change) == (2, 19.0, -7.0)
    assert (phq9.response_share, phq9.remission_share) == (0.5, 0.0)

    assert (await asked(store, site="cork")).checkpoints.in_time == 5
    assert (await asked(store, since=MONDAY + DAY)).sessions == 1
    assert (await asked(store, until=MONDAY + DAY)).checkpoints.in_time == 7
    assert (await asked(store, site="nowhere")).measures == ()


async def test_an_older_batch_does_not_bring_old_figures_back(store: RecordStore) -> None:
    """Recorded late and again, it changes nothing."""
    entries = ledger(readings(2))
    await store.append(batch(entries).but(figures=course(9)))

    await store.append(batch(entries[:1]).but(figures=course(2)))

    assert (await asked(store)).checkpoints.in_time == 9


async def test_half_of_the_people_answered_at_least_so_soon(store: RecordStore) -> None:
    """Median and nine in ten, from the opening to the first answer, by severity; whoever never answered is counted."""
    for n, seconds in enumerate((30, 40, 50, 60, 600), start=1):
        opened_at = MONDAY + timedelta(hours=n)
        answered_at = opened_at + timedelta(seconds=seconds)
        await store.record_escalation(view(n=n, opened_at=opened_at, first_acknowledged_at=answered_at))
    await store.record_escalation(view(n=6))
    await store.record_escalation(view(n=7, severity=Severity.EMERGENCY, resolved_at=MONDAY + DAY))

    emergency, urgent = (await asked(store)).waiting

    assert (urgent.severity, urgent.escalations, urgent.acknowledged, urgent.resolved) == (Severity.URGENT, 6, 5, 0)
    assert (urgent.acknowledged_median, urgent.acknowledged_p90) == (timedelta(seconds=50), timedelta(minutes=10))
    assert urgent.resolved_median is None
    assert (emergency.escalations, emergency.acknowledged, emergency.resolved) == (1, 0, 1)


async def test_an_answer_that_was_taken_back_counts_no_more(store: RecordStore) -> None:
    """A correction may leave a course without any answer of an instrument: its old score is no outcome."""
    entries = ledger(readings(2))
    await store.append(batch(entries[:1]).but(figures=course(1, 0, measure(18, 9, is_response=True))))

    await store.append(batch(entries[1:]).but(figures=course(2)))

    assert (await asked(store)).measures == ()
    assert await store.figures_of(MARA) == course(2)

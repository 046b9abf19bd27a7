"""Figures over all courses, from the record store."""

from datetime import datetime

from domain.course.state import Phase
from domain.values import Code, Frozen, Moment
from domain.views.figures import CourseCount, FleetFigures, MeasureOutcome, Punctuality, Waiting
from records.connections import Connections
from records.encrypted_rows import is_erased, opened
from records.measure_outcomes import OneCourse, measure_outcomes
from records.statements import statement
from records.unreadable_rows import Row, Unreadable, model


class Period(Frozen):
    """What is counted: a site's courses and escalations, begun from `since` (included) until `until` (excluded)."""

    site: Code | None = None
    since: Moment | None = None
    until: Moment | None = None


async def fleet_figures(connections: Connections, period: Period) -> FleetFigures:
    """The figures of a site in a period. Raises `RecordStoreUnreachable` or `SchemaTooOld`."""
    asked: tuple[str | None, datetime | None, datetime | None] = (period.site, period.since, period.until)
    async with connections.connection() as connection:
        courses = await connection.fetch(statement("figures_of_courses"), *asked)
        sessions = await connection.fetchrow(statement("figures_of_sessions"), *asked)
        measures = await connection.fetch(statement("figures_of_measures"), *asked)
        waiting = await connection.fetch(statement("figures_of_escalations"), *asked)
        left_out = await connection.fetch(statement("figures_left_out"), *asked, list(Phase))
        sealed = await connection.fetch(statement("sealed_measures"), *asked)
        one_by_one = await opened(connection, connections.keyring, sealed)
    assert sessions is not None
    reading = connections.reading
    scored = reading.all(
        "course_measures", [row for row in one_by_one if not is_erased(row)], OneCourse.of, "course_id"
    )
    uncounted = [row["id"] for row in left_out] + [one.id for one in scored.unreadable]
    return FleetFigures(
        site=period.site,
        since=period.since,
        until=period.until,
        courses=tuple(reading.all("courses", courses, _count, "phase")),
        sessions=sessions["sessions"],
        checkpoints=Punctuality(
            in_time=sessions["checkpoints_met"],
            late=sessions["checkpoints_late"],
            missed=sessions["checkpoints_missed"],
        ),
        integrations=Punctuality(
            in_time=sessions["integrations_in_time"],
            late=sessions["integrations_late"],
            missed=sessions["integrations_owed"],
        ),
        waiting=tuple(reading.all("escalations", waiting, _waiting, "severity")),
        measures=tuple(reading.all("course_measures", measure_outcomes(measures, scored), _measure, "instrument")),
        left_out=tuple(Unreadable(id=one, detail="it cannot be counted").name for one in dict.fromkeys(uncounted)),
    )


def _count(row: Row) -> CourseCount:
    return model(CourseCount, {**row, "phase": Phase(row["phase"])})


def _waiting(row: Row) -> Waiting:
    return model(Waiting, row)


def _measure(row: Row) -> MeasureOutcome:
    return model(MeasureOutcome, row)

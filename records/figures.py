"""What all courses together come to in numbers, as of what is recorded."""

from datetime import datetime

from domain.figures import CourseCount, FleetFigures, MeasureOutcome, Punctuality, Waiting
from domain.values import Code, Frozen, Moment
from records.connections import Connections
from records.statements import statement


class Period(Frozen):
    """What is counted: this site's courses and escalations, begun from `since` (included) until `until` (excluded)."""

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
    assert sessions is not None
    return FleetFigures(
        site=period.site,
        since=period.since,
        until=period.until,
        courses=tuple(CourseCount.model_validate(dict(row)) for row in courses),
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
        waiting=tuple(Waiting.model_validate(dict(row)) for row in waiting),
        measures=tuple(MeasureOutcome.model_validate(dict(row)) for row in measures),
    )

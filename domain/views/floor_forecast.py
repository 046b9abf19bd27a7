"""The forecast of the whole floor: each person's pages within the next hour, about any course, if nobody acts."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from domain.escalation.ids import EscalationId
from domain.escalation.messages import Kind
from domain.values import CourseId, Frozen, Moment, PersonId, Severity
from domain.views.forecast import Forecast, PageToCome


class CoursePage(PageToCome):
    """One page to come, and the course that it is about."""

    course_id: CourseId


class PersonAhead(Frozen):
    """Somebody who will be paged, by the kinds of their channels, and every page in order of time."""

    person: PersonId
    name: str
    channels: tuple[str, ...]
    pages: tuple[CoursePage, ...]

    @property
    def about_each(self) -> tuple[tuple[CoursePage, ...], ...]:
        """The pages by what they are about at one severity: a ladder that nobody answers pages again and again."""
        found: dict[object, list[CoursePage]] = {}
        for page in self.pages:
            found.setdefault((page.course_id, page.kind, page.session, page.severity), []).append(page)
        return tuple(map(tuple, found.values()))


class CourseUnanswered(Frozen):
    """A course, or one of its escalations, that did not answer: what it will do is not in the forecast.

    `course_id` is as it is listed, whatever the list holds.
    """

    course_id: str
    escalation: EscalationId | None = None
    kind: Kind | None = None
    severity: Severity | None = None
    why: str


class CourseCut(Frozen):
    """A course with more pages within the hour than are told: they end at `until`."""

    course_id: CourseId
    until: Moment


class FloorForecast(Frozen):
    """Who will be paged between `at` and `until` if nobody acts; whoever is paged first comes first."""

    at: Moment
    until: Moment
    people: tuple[PersonAhead, ...]
    unanswered: tuple[CourseUnanswered, ...]
    cut: tuple[CourseCut, ...] = Field(description="Courses that page more often than is told")


def floor_forecast(
    forecasts: Iterable[Forecast], silent: Mapping[str, str], at: datetime, until: datetime
) -> FloorForecast:
    """Puts together the forecasts of courses; `silent` says of each course that did not answer why."""
    pages: list[CoursePage] = []
    unanswered = [CourseUnanswered(course_id=course, why=why) for course, why in silent.items()]
    cut: list[CourseCut] = []
    for one in forecasts:
        pages.extend(CoursePage(course_id=one.course_id, **dict(page)) for page in one.pages if page.at < until)
        unanswered.extend(
            CourseUnanswered(
                course_id=one.course_id,
                escalation=left.escalation,
                kind=left.kind,
                severity=left.severity,
                why=left.why,
            )
            for left in one.unanswered
        )
        if one.until < until:
            cut.append(CourseCut(course_id=one.course_id, until=one.until))
    return FloorForecast(at=at, until=until, people=_by_person(pages), unanswered=tuple(unanswered), cut=tuple(cut))


def _by_person(pages: Iterable[CoursePage]) -> tuple[PersonAhead, ...]:
    found: dict[PersonId, list[CoursePage]] = {}
    for page in sorted(pages, key=lambda one: (one.at, -one.severity.rank, one.course_id)):
        found.setdefault(page.person, []).append(page)
    return tuple(
        PersonAhead(person=person, name=theirs[0].name, channels=theirs[0].channels, pages=tuple(theirs))
        for person, theirs in found.items()
    )

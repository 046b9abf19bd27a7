"""The next hour of the whole floor: who will be paged about which course if nobody acts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.escalation.messages import Kind
from domain.values import Severity
from domain.views.floor_forecast import CourseCut, CourseUnanswered, FloorForecast, floor_forecast
from domain.views.forecast import Because, Forecast, NotForetold, PageToCome

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NAMES = {"lind": "Duty nurse Lind", "osei": "Dr Osei"}


def page(person: str, minute: int, severity: Severity = Severity.URGENT) -> PageToCome:
    return PageToCome(
        escalation=None,
        kind=Kind.VITALS_OVERDUE,
        session=1,
        severity=severity,
        at=NOW + minute * MINUTE,
        step=1,
        person=person,
        name=NAMES[person],
        channels=("json",),
        because=Because.OPENED,
    )


def foretold(
    course: str, *pages: PageToCome, until: timedelta = HOUR, unanswered: tuple[NotForetold, ...] = ()
) -> Forecast:
    return Forecast(
        course_id=course,
        at=NOW,
        until=NOW + until,
        cut=until < HOUR,
        changes=(),
        pages=pages,
        unanswered=unanswered,
        fallback=("json",),
    )


def floor(*forecasts: Forecast, silent: Mapping[str, str] | None = None) -> FloorForecast:
    return floor_forecast(forecasts, silent or {}, NOW, NOW + HOUR)


def test_each_person_has_their_pages_of_every_course_in_order_of_time() -> None:
    """Whoever is paged first comes first; at one moment what is worse."""
    told = floor(
        foretold("MARA-1", page("osei", 20), page("lind", 30)),
        foretold("NORA-1", page("lind", 25), page("osei", 20, Severity.EMERGENCY)),
    )

    assert [(one.person, [(said.course_id, said.at - NOW) for said in one.pages]) for one in told.people] == [
        ("osei", [("NORA-1", 20 * MINUTE), ("MARA-1", 20 * MINUTE)]),
        ("lind", [("NORA-1", 25 * MINUTE), ("MARA-1", 30 * MINUTE)]),
    ]
    assert (told.unanswered, told.cut) == ((), ())


def test_a_ladder_that_pages_again_and_again_is_told_once() -> None:
    """By course, kind, session and severity; each with its pages."""
    told = floor(foretold("MARA-1", page("lind", 5), *(page("lind", 10 + n, Severity.EMERGENCY) for n in range(9))))

    (lind,) = told.people
    assert [(pages[0].severity, len(pages)) for pages in lind.about_each] == [
        (Severity.URGENT, 1),
        (Severity.EMERGENCY, 9),
    ]


def test_what_is_not_foretold_is_named() -> None:
    """A course that does not answer, an escalation that does not, and a course with more pages than are told."""
    silent = NotForetold(escalation=None, kind=Kind.SUICIDE_RISK, session=None, severity=Severity.URGENT, why="ended")

    told = floor(
        foretold("NORA-1", until=20 * MINUTE),
        foretold("OLGA-1", unanswered=(silent,)),
        silent={"MARA-1": "no answer within 30 s"},
    )

    assert told.people == ()
    assert told.unanswered == (
        CourseUnanswered(course_id="MARA-1", why="no answer within 30 s"),
        CourseUnanswered(course_id="OLGA-1", kind=Kind.SUICIDE_RISK, severity=Severity.URGENT, why="ended"),
    )
    assert told.cut == (CourseCut(course_id="NORA-1", until=NOW + 20 * MINUTE),)


def test_the_hour_ends_before_its_last_moment() -> None:
    """A page at that moment belongs to the next hour."""
    assert floor(foretold("MARA-1", page("lind", 60), until=2 * HOUR)).people == ()

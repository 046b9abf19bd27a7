"""A course that is played pages whom the forecast says, when it says, if nobody acts."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.course.projection import Ahead, calls_to_come
from domain.escalation.escalation import opened
from domain.escalation.messages import Opening
from domain.rehearsal.lines import PageLine
from domain.rehearsal.played_course import PlayedCourse
from domain.rehearsal.script import EventArrives, parse_script
from domain.views.forecast import forecast
from tests.support.cast import MARA, minutes, pinned, vitals
from tests.support.stories import STORIES, on_call

DOSED_AT = datetime(2026, 1, 13, 18, tzinfo=UTC)


def played(*names: str) -> PlayedCourse:
    script = parse_script(
        "".join((STORIES / "before" / f"{name}.jsonl").read_text(encoding="utf-8") for name in ("prepared", *names))
    )
    course = PlayedCourse(script.course_id, pinned(), on_call(), script.lines[0].at)
    for line in script.lines:
        assert isinstance(line, EventArrives)
        assert line.event is not None
        course.pass_until(line.at)
        course.report(line.event)
    return course


@pytest.mark.parametrize(
    "names",
    [(), ("here", "cleared", "dosed"), ("here", "cleared", "dosed", "watched", "home")],
    ids=["prepared", "dosed", "at home"],
)
def test_whom_it_pages_is_what_the_forecast_says(names: tuple[str, ...]) -> None:
    """The same people, at the same moments, of the same severity and step."""
    course = played(*names)
    foretold = forecast(
        calls_to_come(course.course, Ahead(at=course.now, until=course.now + timedelta(days=30))), {}, on_call(), {}
    )
    tuple(course.drained())

    course.pass_over(foretold.until)

    sent = [one for one in course.drained() if isinstance(one, PageLine) and one.at < foretold.until]
    assert sent
    assert sorted((one.at, one.kind, one.session, one.severity, one.step, one.person) for one in sent) == sorted(
        (one.at, one.kind, one.session, one.severity, one.step, one.person) for one in foretold.pages
    )


def test_an_open_escalation_climbs_as_the_forecast_says() -> None:
    """From where its ladder stands, with an alarm that is under way."""
    course = played("here", "cleared", "dosed")
    course.pass_until(DOSED_AT + minutes(1))
    course.report(vitals(MARA, at=DOSED_AT + minutes(1), spo2=82))
    (alarm,) = course.escalations
    opening = Opening.model_validate(alarm.model_dump(include=set(Opening.model_fields)))
    foretold = forecast(
        calls_to_come(course.course, Ahead(at=course.now, until=course.now + timedelta(days=1))),
        {alarm.id: opened(opening, course.now).progress},
        on_call(),
        {},
    )

    course.pass_over(foretold.until)

    sent = [one for one in course.drained() if isinstance(one, PageLine) and one.at < foretold.until]
    assert sorted((one.at, one.kind, one.step, one.person) for one in sent) == sorted(
        (one.at, one.kind, one.step, one.person) for one in foretold.pages
    )

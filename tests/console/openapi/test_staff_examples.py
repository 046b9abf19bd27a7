"""The examples of a forecast and of who is on call: what the example course and the example file would really say."""

from datetime import UTC, datetime
from itertools import islice

from domain.course.projection import Ahead, calls_to_come
from domain.events.parsing import parse_event
from domain.oncall.on_call_view import Roster, roster
from domain.views.forecast import AHEAD, Forecast, forecast
from tests.support.clinic import ON_CALL
from tests.support.paths import ROOT
from tests.support.ward import Ward

EXAMPLES = ROOT / "console" / "openapi" / "examples"
DOSED = 18
"""Events of the example course until the reading a quarter of an hour after the first dose."""
SHOWN = 3
"""Pages: the rest of the ladder is left out, as where a forecast is cut."""


def foretold() -> Forecast:
    lines = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()
    events = [parse_event(line) for line in islice(lines, DOSED)]
    ward = Ward("EX-1", now=events[0].time.astimezone(UTC))
    for event in events:
        ward.reports(event)
    to_come = calls_to_come(ward.course, Ahead(at=ward.now, until=ward.now + AHEAD))
    whole = forecast(to_come, {}, ON_CALL, {})
    until = whole.pages[SHOWN].at
    changes = tuple(one for one in whole.changes if one.at < until)
    return whole.but(pages=whole.pages[:SHOWN], changes=changes, until=until, cut=True)


def on_call() -> Roster:
    return roster(ON_CALL, datetime(2026, 1, 13, 18, 15, tzinfo=UTC))


def test_the_example_of_a_forecast_is_that_of_the_example_course() -> None:
    """Just measured after their dose: the nurse when the next reading is missed, then everybody."""
    assert Forecast.model_validate_json(_read("Forecast")) == foretold()


def test_the_example_of_who_is_on_call_is_that_of_the_example_file() -> None:
    """On the day of the first dose."""
    assert Roster.model_validate_json(_read("Roster")) == on_call()


def _read(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()

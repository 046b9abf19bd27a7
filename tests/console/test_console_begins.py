"""What the console says when it starts, before anybody asks it anything."""

import logging
import re

import pytest

from console.serving import tell_of_holes, tell_of_slow_ladders
from domain.oncall.file import parse_on_call
from domain.protocol.sources import sources_of
from gateway.protocols import Library, Shelved, load_folder
from tests.support.paths import PROTOCOLS, ROOT, WEEKLY_FILE
from tests.support.protocol_holes import without_limits


def test_a_protocol_that_lets_something_through_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Approved under an earlier checker it starts courses, and whoever runs the clinic is told at each start."""
    open_below = without_limits(lambda limit: limit.vital == "systolic" and limit.below is not None)

    with caplog.at_level(logging.WARNING):
        tell_of_holes(
            Library(
                shelf=(
                    Shelved(file="kap.toml", protocol=open_below, sources=sources_of(WEEKLY_FILE.read_text("utf-8"))),
                )
            )
        )

    (said,) = caplog.messages
    assert said.startswith("kap.toml: medicine.limits.systolic: a systolic pressure of 45 would be normal")


def test_what_is_shipped_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is found, nothing is said."""
    with caplog.at_level(logging.WARNING):
        tell_of_holes(load_folder(PROTOCOLS))

    assert caplog.messages == []


def test_a_slow_ladder_is_named_in_the_log_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """An emergency that nobody answers for eight hours; the example's own ladders are not spoken of."""
    text = (ROOT / "examples" / "oncall.toml").read_text("utf-8")

    with caplog.at_level(logging.WARNING):
        tell_of_slow_ladders(parse_on_call(text, "oncall.toml"))
        tell_of_slow_ladders(parse_on_call(re.sub(r'wait = "PT\w+"', 'wait = "PT8H"', text), "oncall.toml"))

    assert [said.split(": ")[1] for said in caplog.messages] == [
        *(f"policies.emergency.steps[{number}].wait" for number in (1, 2)),
        *(f"policies.urgent.steps[{number}].wait" for number in (1, 2, 3)),
    ]

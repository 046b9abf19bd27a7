"""What the console says when it starts, before anybody asks it anything."""

import logging

import pytest

from console.serving import tell_of_holes
from gateway.protocols import Library, Shelved, load_folder
from tests.support.paths import PROTOCOLS
from tests.support.protocol_holes import without_limits


def test_a_protocol_that_lets_something_through_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Approved under an earlier checker it starts courses, and whoever runs the clinic is told at each start."""
    open_below = without_limits(lambda limit: limit.vital == "systolic" and limit.below is not None)

    with caplog.at_level(logging.WARNING):
        tell_of_holes(Library(shelf=(Shelved(file="kap.toml", protocol=open_below),)))

    (said,) = caplog.messages
    assert said.startswith("kap.toml: medicine.limits.systolic: a systolic pressure of 60 would be normal")


def test_what_is_shipped_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is found, nothing is said."""
    with caplog.at_level(logging.WARNING):
        tell_of_holes(load_folder(PROTOCOLS))

    assert caplog.messages == []

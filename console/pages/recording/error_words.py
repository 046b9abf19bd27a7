"""What is wrong with a field, as a form says it: an event's own errors speak to software, of types and patterns."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from console.pages.frame.clock import WallClock
from domain.codes import spoken

UNREADABLE: Final = "This cannot be read: look at it once more"

_AHEAD: Final = r"must be at most \d+ s ahead of now \((.+)\)"

_NUMBER: Final = r"(-?[0-9.e+]+)"
_WORDS: Final[Mapping[str, str | Callable[[re.Match[str]], str]]] = {
    r"Field required": "This is needed",
    r"Input should be a valid (?:boolean|bool).*": "must be yes or no",
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    rf"Input should be greater than {_NUMBER}": r"must be more than \1{unit}",
    rf"Input should be greater than or equal to {_NUMBER}": r"must be \1{unit} or more",
    rf"Input should be less than {_NUMBER}": r"must be less than \1{unit}",
    rf"Input should be less than or equal to {_NUMBER}": r"must be \1{unit} at most",
    r"Input should be '(.*)'": lambda found: f"must be one of: {_listed(found[1])}",
    r"String should have at most (\d+) characters?": r"must have \1 characters at most",
    r"String should have at least 1 character": "This is needed",
    r"String should match pattern '\^\[A-Za-z0-9\].*": (
        "must begin with a letter or a digit, and have letters, digits, dots and dashes alone, 64 at most"
    ),
    r"String should match pattern .*": "has a character that cannot be kept",
    r"must be exactly one of \{.*mg_per_kg.*": "Give the dose by weight or in mg, not both",
    r"must be at least one value or symptom": "There must be at least one value or symptom",
    r"Tuple should have at least 1 item .*": "must have one at least",
    r"Tuple should have at least (\d+) items .*": r"must have \1 at least",
    r"Tuple should have at most (\d+) items? .*": r"must have \1 at most",
    r"must be a duration.*": "must be a number of minutes",
    r"(?:Input|String|Tuple|List|Value) .*": UNREADABLE,
}
"""What a form says, by what the event's model says of it; everything else is in words already."""


def in_words(detail: str, unit: str = "", zone: ZoneInfo | None = None) -> str:
    """The error as a sentence for whoever fills in the form; a bound has the field's unit, now is told in the zone."""
    if found := re.fullmatch(_AHEAD, detail):
        return still_to_come(datetime.fromisoformat(found[1]), zone)
    of_unit = f" {unit}" if unit and not unit.startswith("of ") else ""  # "5 at most", of what is counted of 5
    for pattern, words in _WORDS.items():
        if found := re.fullmatch(pattern, detail, re.DOTALL):
            return words(found) if callable(words) else found.expand(words.replace("{unit}", of_unit))
    return detail


def still_to_come(now: datetime, zone: ZoneInfo | None) -> str:
    """What is wrong with a time that is ahead of now; the words of `mistakes.js`."""
    by_the_clock = f": it is {WallClock(zone, now).at(now).words} by the site's clock" if zone else ""
    return f"This is still to come{by_the_clock}"


def _listed(quoted: str) -> str:
    return ", ".join(spoken(one) for one in re.split(r"', '|' or '", quoted))

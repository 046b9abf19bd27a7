"""Severity is a shape and a word before it is a colour."""

from collections.abc import Mapping
from typing import Final

from domain.values import Severity

MARKS: Final[Mapping[str, str]] = {
    Severity.EMERGENCY: "▲",
    Severity.URGENT: "◆",
    Severity.ROUTINE: "●",
    "well": "✓",
    "held": "‖",
}

"""The marks of severities: a shape and a word, so that colour is never needed to tell them."""

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

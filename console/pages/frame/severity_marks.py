"""The signs of the pages, each with one meaning: a shape and a word, so that colour is never needed to tell them."""

from collections.abc import Mapping
from typing import Final

from domain.values import Severity

MARKS: Final[Mapping[str, str]] = {
    Severity.EMERGENCY: "▲",
    Severity.URGENT: "◆",
    Severity.ROUTINE: "●",
    "late": "◷",
    "warning": "■",
    "caution": "⚑",
    "well": "✓",
    "held": "‖",
    "waiting": "…",
    "unknown": "?",
}

MEANINGS: Final[Mapping[str, tuple[str, str]]] = {
    Severity.EMERGENCY: ("emergency", "somebody is needed at once"),
    Severity.URGENT: ("urgent", "somebody is needed soon"),
    Severity.ROUTINE: ("routine", "somebody has to see to it"),
    "late": ("late", "it was due, and is not done"),
    "warning": ("warning", "a reading beyond a limit that warns"),
    "caution": ("caution", "to be kept in mind: a caution, a deviation from the protocol"),
    "well": ("well", "as it should be"),
    "held": ("held", "nothing is dosed meanwhile; or closed"),
    "waiting": ("waiting", "on its way to the record"),
    "unknown": ("not known", "nobody can tell now"),
}
"""What the key says of each sign: its word, and what it means."""

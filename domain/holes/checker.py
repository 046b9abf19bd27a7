"""Every hole of a protocol. Holes stand in the way of an approval; no course that runs is asked for them."""

from collections.abc import Callable
from typing import Final

from domain.holes.deadlines import deadline_holes
from domain.holes.evidence import evidence_holes
from domain.holes.hole import Hole, Holes
from domain.holes.idle_limits import idle_limit_holes
from domain.holes.instruments import instrument_holes
from domain.holes.limits import limit_holes
from domain.holes.required_signs import required_sign_holes
from domain.holes.screening_words import screening_word_holes
from domain.holes.second_readings import second_reading_holes
from domain.holes.silence import silence_holes
from domain.holes.staff import staff_holes
from domain.holes.symptom_words import symptom_holes
from domain.protocol.model import Protocol

KINDS: Final[tuple[Callable[[Protocol], Holes], ...]] = (
    limit_holes,
    second_reading_holes,
    idle_limit_holes,
    required_sign_holes,
    staff_holes,
    symptom_holes,
    screening_word_holes,
    instrument_holes,
    deadline_holes,
    silence_holes,
    evidence_holes,
)


def holes(protocol: Protocol) -> tuple[Hole, ...]:
    """The holes of a protocol whose values do not contradict each other, the gravest kinds first."""
    return tuple(dict.fromkeys(hole for kind in KINDS for hole in kind(protocol)))

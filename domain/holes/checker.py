"""Every hole of a protocol. Holes stand in the way of an approval; no course that runs is asked for them."""

from collections.abc import Callable, Collection
from typing import Final

from domain.holes.confirmations import confirmation_holes
from domain.holes.dangers import danger_holes, gate_holes
from domain.holes.deadlines import deadline_holes
from domain.holes.door import comedication_holes, door_holes
from domain.holes.doses import deviation_holes, dose_holes
from domain.holes.evidence import evidence_holes, source_holes
from domain.holes.hole import Hole, Holes
from domain.holes.idle_limits import idle_limit_holes
from domain.holes.indication_needs import indication_need_holes
from domain.holes.infusions import infusion_holes
from domain.holes.instruments import instrument_holes
from domain.holes.left_out import left_out_holes
from domain.holes.limits import limit_holes
from domain.holes.loudness import loudness_remarks
from domain.holes.ordinary import ordinary_remarks
from domain.holes.required_signs import required_sign_holes
from domain.holes.screening_words import excluded_holes, indication_holes, screening_word_holes
from domain.holes.second_readings import second_reading_holes
from domain.holes.silence import silence_holes
from domain.holes.staff import staff_holes
from domain.holes.suicide import suicide_holes
from domain.holes.symptom_words import danger_word_holes, symptom_holes
from domain.holes.unreachable import unreachable_holes
from domain.holes.watch import watch_holes
from domain.holes.windows import window_holes
from domain.protocol.model import Protocol

KINDS: Final[tuple[Callable[[Protocol], Holes], ...]] = (
    limit_holes,
    danger_holes,
    gate_holes,
    second_reading_holes,
    confirmation_holes,
    idle_limit_holes,
    required_sign_holes,
    watch_holes,
    door_holes,
    comedication_holes,
    staff_holes,
    symptom_holes,
    danger_word_holes,
    screening_word_holes,
    excluded_holes,
    indication_holes,
    indication_need_holes,
    dose_holes,
    deviation_holes,
    infusion_holes,
    left_out_holes,
    instrument_holes,
    suicide_holes,
    deadline_holes,
    window_holes,
    silence_holes,
    evidence_holes,
    unreachable_holes,
    loudness_remarks,
    ordinary_remarks,
)


def holes(protocol: Protocol, sources: Collection[str] | None = None) -> tuple[Hole, ...]:
    """The holes of a protocol whose values do not contradict each other, the gravest kinds first; no remark.

    `sources` are the ids of those that the file lists; None where there is no file to ask.
    """
    return tuple(hole for hole in found_in(protocol, sources) if not hole.is_remark)


def found_in(protocol: Protocol, sources: Collection[str] | None = None) -> tuple[Hole, ...]:
    """The holes of a protocol, and after them the remarks: what to look at, and what stands in nobody's way."""
    found = dict.fromkeys(hole for kind in KINDS for hole in kind(protocol))
    if sources is not None:
        found |= dict.fromkeys(source_holes(protocol, sources))
    return tuple(sorted(found, key=lambda hole: hole.is_remark))

"""Words that no verdict reads as they are listed, and grave ones that the protocol does not know at all."""

from functools import lru_cache
from typing import Final

from domain.course.rules import suicidality
from domain.course.rules.symptoms import findings
from domain.course.verdict import VerdictSeverity, verdict_of
from domain.events.clinic_events import VitalsRecorded
from domain.holes.asked import NURSE, every_name
from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS, PLAIN, WORDS
from domain.holes.wording import in_words
from domain.protocol.medicine import SUICIDAL
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity
from domain.values import Code

_GRAVE: Final = "chest_pain"
"""A symptom that goes to emergency care at once, whatever the numbers say (S1, S8)."""


def symptom_holes(protocol: Protocol) -> Holes:
    """A hole for each listed symptom that is read as milder, for no emergency at all, and for each word of suicide."""
    symptoms = protocol.medicine.symptoms
    for severity in LimitSeverity:
        for code in getattr(symptoms, severity):
            for word in every_name(protocol, code):
                read = _read(protocol, word)
                if read.rank < VerdictSeverity(severity).rank:
                    yield Hole(
                        key=f"medicine.symptoms.{severity}",
                        lets_through=f"{word} would be {in_words(read)}, though {code} is in this list",
                        mend=f"{word} must mean {code} alone",
                    )
    if not symptoms.emergency:
        yield Hole(
            key="medicine.symptoms.emergency",
            lets_through=f"no symptom would be an emergency: {_GRAVE} would be {in_words(_read(protocol, _GRAVE))}",
            mend=f"must name the symptoms of one, such as {_GRAVE}",
        )
    for word in SUICIDAL:
        if suicidality.severity_of(protocol, [word]) is None:
            yield Hole(
                key="medicine.symptoms.suicidal",
                lets_through=f"{word} would be read as no word of suicide, and would ask for no C-SSRS",
                mend="must name it, or a code of which [vocabulary] makes it another name",
            )


def danger_word_holes(protocol: Protocol) -> Holes:
    """A hole for each word of danger that the protocol does not know, or reads as milder than it is."""
    for word, least, basis, is_remark in WORDS:
        read = _read(protocol, word)
        if read.rank < VerdictSeverity(least).rank:
            yield Hole(
                key=f"medicine.symptoms.{least}",
                lets_through=f"{word} would be {in_words(read)}",
                mend=f"must name it, or a code of which [vocabulary] makes it another name ({basis})",
                is_remark=is_remark,
            )
    for word in PLAIN:
        known, read = protocol.canonical(word), _read(protocol, word)
        is_known = known != word or protocol.medicine.symptoms.severity_of(word) is not None
        if is_known and read.rank < VerdictSeverity.URGENT.rank:
            yield Hole(
                key=f"vocabulary.{known}" if known != word else "medicine.symptoms.warning",
                lets_through=f"{word} would be {in_words(read)}",
                mend=f"must be another name of a code that is urgent or worse ({OURS})",
            )


def _read(protocol: Protocol, word: Code) -> VerdictSeverity:
    """How severe the word is as a reading bears it; `none` says that there is nothing."""
    return verdict_of(findings(protocol, _told(word))).severity


@lru_cache(maxsize=4096)
def _told(word: Code) -> tuple[Code, ...]:
    """What a reading bears that tells of this word."""
    return VitalsRecorded.Data(actor=NURSE, session=1, moaas=5, symptoms=(word,)).symptoms or ()

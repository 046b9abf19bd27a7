"""Conditions and medications that are listed as excluding, or to be weighed, and would stand in nobody's way."""

from domain.codes import folded
from domain.course.rules import eligibility
from domain.events.clinic_events import ScreeningRecorded
from domain.events.fields import PregnancyTest
from domain.holes.asked import DOSED_AT, NURSE, course, every_name, recorded
from domain.holes.hole import Hole, Holes
from domain.protocol.model import Protocol
from domain.values import Code


def screening_word_holes(protocol: Protocol) -> Holes:
    """A hole for each code, by any of its names, that the screening does not read as its list says."""
    for code in protocol.screening.absolute:
        for word in every_name(protocol, code):
            if "screening.condition_excludes" not in _against(protocol, word):
                yield _hole("absolute", code, word, "would exclude nobody")
    for code in protocol.screening.review:
        for word in every_name(protocol, code):
            if _against(protocol, word).isdisjoint({f"screening.{folded(code)}", "screening.condition_unknown"}):
                yield _hole("review", code, word, "would be weighed by nobody")


def _hole(name: str, code: Code, word: Code, passed: str) -> Hole:
    return Hole(
        key=f"screening.{name}",
        lets_through=f"{word} {passed}, though {code} is in this list",
        mend=f"{word} must mean {code} alone",
    )


def _against(protocol: Protocol, word: Code) -> frozenset[str]:
    """What the screening has against a patient of whom this alone is known."""
    said = ScreeningRecorded.Data(
        actor=NURSE,
        conditions=(word,),
        medications=(),
        systolic=110,
        diastolic=70,
        weight_kg=70,
        age_years=max(protocol.screening.age_min, 40),
        pregnancy_test=PregnancyTest.NEGATIVE,
        escort_available=True,
        prior_adequate_trials=protocol.screening.prior_trials_min,
    )
    screened = course(protocol, screening=recorded(DOSED_AT, said))
    return frozenset(one.code for one in (*eligibility.excluding(screened), *eligibility.undecided(screened)))

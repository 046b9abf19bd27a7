"""Conditions and medications that are listed as excluding, or to be weighed, and would stand in nobody's way."""

import re
from typing import Final

from domain.codes import folded
from domain.course.rules import eligibility
from domain.events.clinic_events import ScreeningRecorded
from domain.events.fields import PregnancyTest
from domain.holes.asked import DOSED_AT, NURSE, course, every_name, recorded
from domain.holes.hole import Hole, Holes
from domain.holes.published import EXCLUDES, WEIGHED
from domain.protocol.model import Protocol
from domain.values import Code

_OF_PREGNANCY: Final = re.compile("pregnan|hcg")


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


def excluded_holes(protocol: Protocol) -> Holes:
    """A hole for each condition that published protocols exclude, or weigh, and this one lets pass."""
    for word, basis in EXCLUDES.items():
        if "screening.condition_excludes" not in _against(protocol, word):
            yield Hole(
                key="screening.absolute",
                lets_through=f"a patient with {word} could be treated",
                mend=f"must name {word}, or a code of which [vocabulary] makes it another name ({basis})",
            )
    for word, basis in WEIGHED.items():
        if not _against(protocol, word):
            yield Hole(
                key="screening.review",
                lets_through=f"{word} would be weighed by nobody",
                mend=f"must name {word}, or screening.absolute must, or no list at all ({basis})",
            )
    tests = (protocol.screening.tests or {}).items()
    is_tested = any(test.before_every is not None and _OF_PREGNANCY.search(folded(name)) for name, test in tests)
    if not (protocol.medicine.pregnancy_test_each_session or is_tested):
        yield Hole(
            key="medicine.pregnancy_test_each_session",
            lets_through="a patient who has become pregnant since the screening would be dosed",
            mend="must be true, or a test of it in screening.tests have before_every (S25: negative before each dose)",
        )


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

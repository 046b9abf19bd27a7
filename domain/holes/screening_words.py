"""Conditions and medications that are listed as excluding, or to be weighed, and would stand in nobody's way."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from domain.codes import folded, is_within
from domain.course.course import Course
from domain.course.recorded import Recorded
from domain.course.rules import eligibility
from domain.durations import iso_8601
from domain.events.clinic_events import ScreeningRecorded
from domain.events.fields import PregnancyTest
from domain.holes.asked import DOSED_AT, NURSE, course, every_name, recorded
from domain.holes.danger_names import OF_AN_ATTEMPT
from domain.holes.hole import Hole, Holes
from domain.holes.published import CAUTIONED, EXCLUDES, NEVER_INDICATIONS, PREGNANCY_TEST_VALID, WEIGHED
from domain.last_answer import keeps_last_answer
from domain.protocol.model import Protocol
from domain.protocol.screening import ScreeningTest
from domain.values import Code

_OF_PREGNANCY: Final = re.compile("pregnan|hcg")
_NEGATIVE: Final = {"negative"}
_POSITIVE: Final = re.compile(
    r"positiv|pregnant|unknown|unclear|not_done|(?<!not_)(?<!un)detected|(?<!not_)present|(?<!non)(?<!non_)(?<!not_)reactive"
)
_OF_AN_OVERDOSE: Final = (
    *("suicide_plan", "overdose", "overdosed", "kill_myself", "kill_herself", "kill_himself", "end_my_life"),
    "took_too_many_pills",
)
_OF_DRUGS: Final = re.compile("drug|toxicolog|tox|alcohol|cocaine|opioid|opiate")
_MOST_HCG: Final = 25
_EXCLUDING: Final = {folded(one) for one in (*EXCLUDES, "psychosis", "schizophrenia", "mania", "bipolar_disorder")}


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
    for word, basis in {**WEIGHED, **dict.fromkeys((*OF_AN_ATTEMPT, *_OF_AN_OVERDOSE), "S47")}.items():
        if not _against(protocol, word):
            yield Hole(
                key="screening.review",
                lets_through=f"{word} would be weighed by nobody",
                mend=f"must name {word}, or screening.absolute must, or no list at all ({basis})",
            )
    for word, basis in CAUTIONED.items():
        if not _is_shown(protocol, word):
            yield Hole(
                key="screening.caution_medications",
                lets_through=f"{word} among a patient's medications would be shown to nobody",
                mend=f"must name {word}, or a code of which [vocabulary] makes it another name, or no list at all, so "
                f"that a prescriber weighs it ({basis})",
            )
    tests = (protocol.screening.tests or {}).items()
    for name, test in tests:
        if _OF_DRUGS.search(folded(name)) and any(_POSITIVE.search(folded(one)) for one in test.wanted or ()):
            yield Hole(
                key=f"screening.tests.{name}.wanted",
                lets_through="a patient with a positive screen would be treated, and one with a negative one not",
                mend="must be negative (S32, S33)",
            )
    if not (protocol.medicine.pregnancy_test_each_session or any(_is_of_pregnancy(name, test) for name, test in tests)):
        yield Hole(
            key="medicine.pregnancy_test_each_session",
            lets_through="a patient who has become pregnant since the screening would be dosed",
            mend="must be true, or a test of it in screening.tests be asked of everybody before each session, with "
            f"wanted = negative, and hold for {iso_8601(PREGNANCY_TEST_VALID)} at most (S25)",
        )


def _is_of_pregnancy(name: Code, test: ScreeningTest) -> bool:
    """Whether it says before each dose that nobody is pregnant."""
    if test.wanted is not None:
        answers = {folded(one) for one in test.wanted}
        is_right = answers >= _NEGATIVE and not any(_POSITIVE.search(one) for one in answers)
    else:
        is_right = test.range is not None and test.range.low == 0 and test.range.high <= _MOST_HCG
    is_each_time = test.before_every == 1 and test.indications is None and test.valid_for <= PREGNANCY_TEST_VALID
    return bool(_OF_PREGNANCY.search(folded(name))) and is_right and is_each_time


def indication_holes(protocol: Protocol) -> Holes:
    """A hole for each indication that is one of those with which nobody is treated, or holds one."""
    for code in protocol.indications:
        named = protocol.canonical(code)
        held = [one for one in NEVER_INDICATIONS if _is_below(named, one) or _is_below(one, named)]
        for family in held[:1]:
            is_itself, basis = _is_below(named, family), NEVER_INDICATIONS[family]
            yield Hole(
                key="indications",
                lets_through=f"a patient referred for {code if is_itself else family} could be treated, and nothing "
                f"would be asked of it{'' if is_itself else f': {code} holds it'}",
                mend=f"must not name {code} ({basis})"
                if is_itself
                else f"must name what is below {code} one by one, without {family} ({basis})",
            )
        for word in (code, named):
            if folded(word) in _EXCLUDING or _listed(protocol, word):
                yield Hole(
                    key="indications",
                    lets_through=f"{word} would be what the treatment is for, and stand in nobody's way",
                    mend=f"must not name {code}: screening.absolute does, or must",
                )
                break


def _is_below(code: Code, family: str) -> bool:
    """Of the ICD-10; a chapter is a family too."""
    return is_within(code, family) or (
        len(family) == 1 and re.fullmatch(rf"{family}\d[0-9A-Z].*", code, re.IGNORECASE) is not None
    )


def _listed(protocol: Protocol, word: Code) -> bool:
    return any(folded(word) == folded(protocol.canonical(one)) for one in protocol.screening.absolute)


def _hole(name: str, code: Code, word: Code, passed: str) -> Hole:
    return Hole(
        key=f"screening.{name}",
        lets_through=f"{word} {passed}, though {code} is in this list",
        mend=f"{word} must mean {code} alone",
    )


def _against(protocol: Protocol, word: Code) -> frozenset[str]:
    """What the screening has against a patient of whom this is known, and not against one of whom nothing is.

    A gate of their indication may ask something of both.
    """
    return frozenset(_findings(protocol, word)) - _of_anybody(protocol)


@keeps_last_answer
def _of_anybody(protocol: Protocol) -> frozenset[str]:
    """What the screening has against a patient of whom nothing is known."""
    return frozenset(_findings(protocol))


def _is_shown(protocol: Protocol, medicine: Code) -> bool:
    """Whether the prescriber who decides sees it: as a caution, or as what they weigh."""
    taking = _screened(protocol, medications=(medicine,))
    against = frozenset(one.code for one in (*eligibility.excluding(taking), *eligibility.undecided(taking)))
    return bool(eligibility.cautions(taking)) or bool(against - _of_anybody(protocol))


def _findings(protocol: Protocol, *conditions: Code) -> Iterator[str]:
    screened = _screened(protocol, conditions=conditions)
    return (one.code for one in (*eligibility.excluding(screened), *eligibility.undecided(screened)))


def _screened(protocol: Protocol, conditions: tuple[Code, ...] = (), medications: tuple[Code, ...] = ()) -> Course:
    rules = protocol.screening
    told = _told(conditions, medications, max(rules.age_min, 40), rules.prior_trials_min)
    return course(protocol, screening=told)


@lru_cache(maxsize=4096)
def _told(
    conditions: tuple[Code, ...], medications: tuple[Code, ...], age_years: int, trials: int
) -> Recorded[ScreeningRecorded.Data]:
    """A screening that says so, and is well otherwise; the same ones are asked about under many rules."""
    said = ScreeningRecorded.Data(
        actor=NURSE,
        conditions=conditions,
        medications=medications,
        systolic=110,
        diastolic=70,
        weight_kg=70,
        age_years=age_years,
        pregnancy_test=PregnancyTest.NEGATIVE,
        escort_available=True,
        prior_adequate_trials=trials,
    )
    return recorded(DOSED_AT, said)

"""What an indication needs beside the treatment: a dependence its look-back, and a measure of what is treated."""

import re
from datetime import timedelta
from typing import Final

from domain.codes import folded, is_within
from domain.course.rules import gates
from domain.events.clinic_events import CourseReferred, ScreeningRecorded
from domain.events.fields import PregnancyTest
from domain.holes.asked import DOSED_AT, NURSE, course, recorded
from domain.holes.hole import Hole, Holes
from domain.holes.published import ASKS_OF_MOOD, OF_SUICIDE_RISK, OURS, SOBER_FOR
from domain.protocol.measures import MeasureMoment, MeasureRule
from domain.protocol.model import Protocol
from domain.values import Code

_DEPENDENCE: Final = tuple(f"F1{one}" for one in range(10) if one != 7)
"""Families of the ICD-10, without that of tobacco."""
_IN_WORDS: Final = re.compile("addict|dependence|substance|(alcohol|opioid|cocaine|stimulant)_use")

_OF_THEIR_OWN: Final = {
    "post-traumatic stress": ("F43.1", "ptsd"),
    "obsession": ("F42", "ocd"),
    "pain": ("G89", "M79.2", "M79.7", "G62", "G90.5", "chronic_pain", "fibromyalgia"),
    "dependence": _DEPENDENCE,
}
"""What a questionnaire of mood does not ask about, and the indications of it."""

_SPEAKS_OF_ANOTHER: Final = {*map(folded, (*ASKS_OF_MOOD, *OF_SUICIDE_RISK, "gad7"))}
_FROM: Final = {MeasureMoment.BASELINE, MeasureMoment.EACH_SESSION}
_TO: Final = {MeasureMoment.END, MeasureMoment.FOLLOW_UP, MeasureMoment.EACH_SESSION}


def indication_need_holes(protocol: Protocol) -> Holes:
    """A hole for each dependence of which nobody asks when they last used, a remark where no measure shows a change."""
    for code in protocol.indications:
        if _is_dependence(protocol, code) and not _is_asked_about(protocol, code):
            yield Hole(
                key="screening.gates",
                lets_through=f"a patient who was referred for {code}, and used {SOBER_FOR.days - 1} days ago, would be "
                "found eligible, and nobody would weigh it",
                mend=f"a gate of {code} must have abstinent_days_min, at least {SOBER_FOR.days} (S26, S32: four weeks; "
                f"S12: none while they use; {SOBER_FOR.days} are {OURS})",
            )
    for what, family in _OF_THEIR_OWN.items():
        codes = [code for code in protocol.indications if _is_of(protocol, code, family)]
        unmeasured = [
            code for code in codes if not any(_shows(protocol, *one, code) for one in protocol.measures.items())
        ]
        if unmeasured:
            yield Hole(
                key="measures",
                lets_through=f"whether it helped a patient who was referred for {unmeasured[0]} nobody could tell: no "
                f"measure of {what} is taken at first and again",
                mend=f"should have one, with every = baseline and end at least, that is asked of {unmeasured[0]}",
                is_remark=True,
            )


def _is_dependence(protocol: Protocol, code: Code) -> bool:
    words = (folded(code), folded(protocol.canonical(code)))
    return _is_of(protocol, code, _DEPENDENCE) or any(_IN_WORDS.search(one) for one in words)


def _is_of(protocol: Protocol, code: Code, family: tuple[Code, ...]) -> bool:
    return any(is_within(named, one) for named in (code, protocol.canonical(code)) for one in family)


def _is_asked_about(protocol: Protocol, code: Code) -> bool:
    """Whether the rules find something against a patient of this indication who used a day too late."""
    said = ScreeningRecorded.Data(
        actor=NURSE,
        conditions=(),
        medications=(),
        systolic=110,
        diastolic=70,
        weight_kg=70,
        age_years=max(protocol.screening.age_min, 40),
        pregnancy_test=PregnancyTest.NEGATIVE,
        escort_available=True,
        abstinent_days=SOBER_FOR.days - 1,
    )
    referred = CourseReferred.Data(actor=NURSE, protocol=protocol.id, site="nowhere", indications=(code,))
    known = course(protocol, referral=recorded(DOSED_AT, referred))
    return any(one.code == "screening.abstinence_below_limit" for one in gates.findings(known, said))


def _shows(protocol: Protocol, name: Code, rule: MeasureRule, code: Code) -> bool:
    """Whether the measure is of their own, and is taken before the treatment and later in it or after it."""
    moments = {*rule.moments}
    is_repeated = any(isinstance(one, timedelta) for one in moments) or bool(moments & _FROM and moments & _TO)
    is_of_their_own = folded(name) not in _SPEAKS_OF_ANOTHER
    return is_of_their_own and is_repeated and protocol.is_asked_of(rule, (code,))

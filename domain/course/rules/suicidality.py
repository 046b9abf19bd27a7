"""Suicidality: however somebody tells of it, it is one thing, and asks for a C-SSRS that is taken after it.

A call that hears of it, a symptom of a call or a reading, and the term of an adverse event raise the same escalation as
a raised C-SSRS. The patient is at risk from then on (`domain.course.rules.risk_screens`).
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.course.rules import symptoms
from domain.course.state import CourseState, RiskTold, WordOfSuicide
from domain.course.transition import Transition
from domain.course.verdict import verdict_of
from domain.escalation.messages import Kind
from domain.protocol.model import Protocol
from domain.values import Code, Severity


def named_in(protocol: Protocol, said: Iterable[Code] | None) -> tuple[Code, ...]:
    """Those of the symptoms that tell of suicide."""
    return tuple(code for code in said or () if symptoms.is_suicidal(protocol, code))


def severity_of(protocol: Protocol, said: Iterable[Code] | None) -> Severity | None:
    """How severe the gravest of the symptoms is that tell of suicide; None if none does."""
    return verdict_of(symptoms.findings(protocol, named_in(protocol, said))).severity.pages_as


def tell(transition: Transition[Any], severity: Severity, at: datetime) -> None:
    """Raises the one escalation of the risk, and keeps that a C-SSRS has to follow."""
    transition.change(**heard(transition.course, at, transition.now, transition.sequence))
    transition.escalate(Kind.SUICIDE_RISK, None, severity, at)


def tell_of_symptoms(transition: Transition[Any], said: Iterable[Code] | None, at: datetime) -> None:
    """Tells of the symptoms that speak of suicide, as severely as the protocol lists the gravest of them."""
    severity = severity_of(transition.course.protocol, said)
    if severity is not None:
        tell(transition, severity, at)


def heard(course: CourseState, at: datetime, recorded_at: datetime, sequence: int) -> dict[str, object]:
    """What the course keeps of one such word, in its place among the others, once a report."""
    words, said = course.words_of_suicide, WordOfSuicide(at=at, recorded_at=recorded_at, sequence=sequence)
    place = bisect_right(words, (at, sequence), key=lambda one: (one.at, one.sequence))
    is_known = place > 0 and words[place - 1] == said
    return {
        "words_of_suicide": words if is_known else (*words[:place], said, *words[place:]),
        "risk_told": learned(course, recorded_at, sequence),
    }


def last_word(course: CourseState, by: datetime | None = None) -> WordOfSuicide | None:
    """The last word of suicide, or the last one by that moment; None if there was none."""
    words = course.words_of_suicide
    place = len(words) if by is None else bisect_right(words, by, key=lambda one: one.at)
    return words[place - 1] if place else None


def learned(course: CourseState, recorded_at: datetime, sequence: int) -> RiskTold:
    """When the course last learned of a risk, once it has learned of this one."""
    told, known = RiskTold(recorded_at=recorded_at, sequence=sequence), course.risk_told
    return told if known is None else max(known, told, key=lambda one: (one.recorded_at, one.sequence))

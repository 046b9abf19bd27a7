"""Symptoms: how severe the protocol calls each, and those that stand in the way of a dose."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from domain.codes import folded, in_words, is_only_denied, is_said
from domain.course.dose_given import DoseGiven
from domain.course.rules.signs import newest_with, value_of
from domain.course.session import Reading, ReadingSeries
from domain.course.verdict import Finding, Verdict, VerdictSeverity
from domain.last_answer import keeps_last_answer
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Vital
from domain.values import Blocker, Code, Severity

UNKNOWN: Final = "vitals.symptom_unknown"
"""The finding of a symptom that no list of the protocol names."""


def findings(protocol: Protocol, symptoms: Iterable[Code], since_dose: timedelta | None = None) -> Iterator[Finding]:
    """A finding for each symptom, however it is spelled; one that no list names is never nothing.

    It is a warning, or what the protocol says of the unknown, so long after the last dose.
    """
    for symptom in symptoms:
        severity = _severity_of(protocol, symptom)
        if severity is None:
            yield Finding(
                code=UNKNOWN,
                message=f"{in_words(symptom)} is reported, a symptom in no list of the protocol",
                observed=symptom,
                limit=None,
                severity=VerdictSeverity.of(_severity_of_unknown(protocol, symptom, since_dose)),
                source=protocol.source_of("medicine.symptoms.unknown"),
            )
        else:
            yield Finding(
                code="vitals.symptom_reported",
                message=f"{in_words(symptom)} is reported",
                observed=symptom,
                limit=None,
                severity=VerdictSeverity(severity),
                source=protocol.source_of(f"medicine.symptoms.{severity}"),
            )


def _severity_of_unknown(protocol: Protocol, symptom: Code, since_dose: timedelta | None) -> Severity:
    """Who hears of a word that no list names; one that denies a symptom, and says nothing more, is nothing new."""
    lists = protocol.medicine.symptoms
    if since_dose is None or lists.unknown_after_dose is None:
        return lists.severity_of_unknown(None)
    listed = (name for code in (*lists.emergency, *lists.urgent, *lists.warning) for name in _names(protocol, code))
    is_new = not any(is_only_denied(name, symptom) for name in listed)
    return lists.severity_of_unknown(since_dose if is_new else None)


def _names(protocol: Protocol, code: Code) -> tuple[Code, ...]:
    return (code, *protocol.vocabulary.get(code, ()))


def since_dose(doses: Iterable[DoseGiven], at: datetime) -> timedelta | None:
    """How long after the last of these doses that moment is; None if there was none by then."""
    given_at = max((dose.at for dose in doses if dose.at <= at), default=None)
    return None if given_at is None else at - given_at


def _severity_of(protocol: Protocol, symptom: Code) -> LimitSeverity | None:
    """What the lists call the symptom; one that tells of suicide is at least urgent, whatever list names it."""
    lists, named = protocol.medicine.symptoms, named_by(protocol, symptom)
    severities = [lists.severity_of(code) for code in named]
    severities += [LimitSeverity.URGENT for code in named if lists.is_suicidal(code)]
    return max((one for one in severities if one is not None), key=lambda one: one.rank, default=None)


def is_suicidal(protocol: Protocol, symptom: Code) -> bool:
    """Whether the protocol reads the symptom, or the term of an adverse event, as telling of suicide."""
    return any(protocol.medicine.symptoms.is_suicidal(code) for code in named_by(protocol, symptom))


def named_by(protocol: Protocol, symptom: Code) -> tuple[Code, ...]:
    """The codes of the protocol's lists that somebody's words mean; empty if they are unknown.

    Words that are no code may have one in them: `severe chest pain`. Only one that is urgent or worse is read out of
    them, for beside anything milder the unknown word may be the graver half.
    """
    lists = protocol.medicine.symptoms
    known = protocol.canonical(symptom)
    if lists.severity_of(known) is not None or lists.is_suicidal(known):
        return (known,)
    return tuple(code for code, names in _read_out(protocol) if any(is_said(name, symptom) for name in names))


@keeps_last_answer
def _read_out(protocol: Protocol) -> tuple[tuple[Code, tuple[Code, ...]], ...]:
    """The codes that are read out of a sentence, each with all its names."""
    lists = protocol.medicine.symptoms
    synonyms = {folded(code): names for code, names in protocol.vocabulary.items()}
    grave = dict.fromkeys((*lists.emergency, *lists.urgent, *lists.of_suicide))
    return tuple((code, (code, *synonyms.get(folded(code), ()))) for code in grave)


def told_as(verdict: Verdict) -> Severity | None:
    """Who hears of this verdict: of an unknown symptom always somebody, in working hours at the latest."""
    is_unknown = any(finding.code == UNKNOWN for finding in verdict.findings)
    return verdict.severity.pages_as or (Severity.ROUTINE if is_unknown else None)


def in_force(protocol: Protocol, series: ReadingSeries, at: datetime) -> tuple[Code, ...]:
    """The symptoms reported last. They stay until a reading names others, or has every required sign and says none.

    So neither the next value of an oxygen sensor nor a monitor's, which asks nobody, takes back their chest pain.
    """
    readings = series.readings[: bisect_right(series.readings, at, key=lambda one: one.at)]
    said = _said_last(readings, protocol.medicine.checkpoints.required).get("symptoms")
    return (said.data.symptoms or ()) if said is not None else ()


def _speaks_of(reading: Reading, required: tuple[Vital, ...]) -> tuple[str, ...]:
    said = reading.data.symptoms
    is_heard = said or (said is not None and all(value_of(reading, vital) is not None for vital in required))
    return ("symptoms",) if is_heard else ()


_said_last: Final = newest_with(_speaks_of)


def blockers(protocol: Protocol, series: ReadingSeries, at: datetime) -> Iterator[Blocker]:
    """A blocker of a dose for each symptom in force: an emergency is absolute, an urgent or unknown one is weighed."""
    for found in findings(protocol, in_force(protocol, series, at)):
        if found.code == UNKNOWN:
            yield Blocker(
                code="vitals.symptom_unknown",
                message=found.message,
                observed=found.observed,
            )
        elif found.severity.pages_as is not None:
            yield Blocker(
                code="vitals.symptom_reported",
                message=found.message,
                absolute=found.severity is VerdictSeverity.EMERGENCY,
                observed=found.observed,
                source=found.source,
            )

"""Readings as the pages show them: each value with its unit, and the protocol's verdict."""

from collections.abc import Mapping
from typing import Final

from console.pages.frame.clock import Clock, WallClock
from console.pages.labels import NOT_FOR_A_DOSE, VERDICTS
from domain.course.rules.vitals import SPOKEN
from domain.course.session import Stage
from domain.course.verdict import Verdict, VerdictSeverity
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.parameters import UNITS
from domain.protocol.values import Vital
from domain.values import Frozen, Severity
from domain.views.limits import unfit_for_a_dose
from domain.views.session import ReadingView, SessionView

MARK_OF: Final[Mapping[VerdictSeverity, str]] = {
    VerdictSeverity.NORMAL: "well",
    VerdictSeverity.WARNING: VerdictSeverity.WARNING.value,
    VerdictSeverity.RECHECK: Severity.URGENT.value,
    VerdictSeverity.URGENT: Severity.URGENT.value,
    VerdictSeverity.EMERGENCY: Severity.EMERGENCY.value,
}
"""The mark of each verdict."""


OTHERS: Final = (Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE, Vital.MOAAS)
"""Vitals other than the blood pressure."""

ALWAYS_SAID: Final = frozenset({SPOKEN[Vital.SPO2], SPOKEN[Vital.MOAAS]})


class Sign(Frozen):
    """One vital sign of a reading; it has a `mark` if it crossed a limit. A blood pressure needs no label beside it."""

    label: str
    value: str
    mark: str | None = None
    is_pressure: bool = False


class ReadingShown(Frozen):
    """One reading: its vital signs in their usual order, the verdict, and each finding as a sentence."""

    at: Clock
    signs: tuple[Sign, ...]
    mark: str
    verdict: str
    findings: tuple[str, ...]
    symptoms: str


def shown(reading: ReadingView, clock: WallClock, session: SessionView | None = None) -> ReadingShown:
    """The reading as the page shows it; one that is normal and beyond a limit for the dose of `session` says so."""
    is_before = session is not None and session.stage is Stage.CHECKED_IN and not session.doses
    unfit = tuple(unfit_for_a_dose(session.limits, reading.vitals)) if session and is_before else ()
    if unfit and reading.verdict.severity is VerdictSeverity.NORMAL:
        told = shown(reading, clock)
        return told.but(mark="caution", verdict=NOT_FOR_A_DOSE, findings=unfit)
    return ReadingShown(
        at=clock.at(reading.at),
        signs=tuple(signs(reading)),
        mark=MARK_OF[reading.verdict.severity],
        verdict=VERDICTS[reading.verdict.severity],
        findings=findings(reading.verdict),
        symptoms=_symptoms(reading),
    )


def findings(verdict: Verdict) -> tuple[str, ...]:
    """Each crossed limit as a sentence, with the source of its rule; the more severe where one sign has two."""
    worst = {
        (one.code, one.observed if isinstance(one.observed, str) else None): one
        for one in sorted(verdict.findings, key=lambda one: one.severity.rank)
    }
    return tuple(f"{one.message} ({one.source})" if one.source else one.message for one in worst.values())


def signs(reading: ReadingView) -> list[Sign]:
    """Each vital sign that was taken, with its unit; the blood pressure is one sign."""
    vitals = reading.vitals
    pressure = max((_crossed(reading, vital) for vital in (Vital.SYSTOLIC, Vital.DIASTOLIC)), key=_rank)
    found = []
    if reading.pressure is not None:
        said = f"{reading.pressure} {UNITS[Vital.SYSTOLIC]}"
        mark = pressure and MARK_OF[pressure]
        found.append(Sign(label="Blood pressure", value=said, mark=mark, is_pressure=True))
    for vital in OTHERS:
        value, crossed = _value(vitals, vital), _crossed(reading, vital)
        if value is not None:
            found.append(Sign(label=SPOKEN[vital], value=f"{value} {UNITS[vital]}", mark=crossed and MARK_OF[crossed]))
    return found


def in_a_line(reading: ReadingView) -> str:
    """Such as `131/82 mmHg, SpO₂ 98 %, MOAA/S 5 of 5`: these three, and any other sign that crossed a limit.

    A reading with none of them tells its other signs, or else its symptoms.
    """
    taken = signs(reading)
    told = [sign for sign in taken if sign.is_pressure or sign.mark or sign.label in ALWAYS_SAID] or taken
    if not told:
        return _symptoms(reading)
    return ", ".join(sign.value if sign.is_pressure else f"{_within(sign.label)} {sign.value}" for sign in told)


def _symptoms(reading: ReadingView) -> str:
    return ", ".join(symptom.replace("_", " ") for symptom in reading.vitals.symptoms or ())


def _value(vitals: VitalsRecorded.Data, vital: Vital) -> int | None:
    value: int | None = getattr(vitals, vital)
    return value


def _crossed(reading: ReadingView, vital: Vital) -> VerdictSeverity | None:
    found = (one.severity for one in reading.verdict.findings if one.code.startswith(f"vitals.{vital}_"))
    return max(found, key=lambda one: one.rank, default=None)


def _rank(severity: VerdictSeverity | None) -> int:
    return -1 if severity is None else severity.rank


def _within(label: str) -> str:
    return label if label[1:] != label[1:].lower() else label[0].lower() + label[1:]

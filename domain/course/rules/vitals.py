"""Verdicts on vital sign readings under the protocol, in order of when they were taken."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, islice

from domain.course.state import Reading, ReadingSeries
from domain.course.verdict import Finding, Verdict, VerdictSeverity
from domain.protocol.model import Limit, LimitSeverity, Protocol, Vital
from domain.values import Moment, Severity


def value_of(reading: Reading, vital: Vital) -> int | None:
    """One vital sign of the reading, in the unit of the event; None if it was not taken."""
    return getattr(reading.data, vital)  # type: ignore[no-any-return]


def verdict(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Verdict:
    """The protocol's verdict on `reading`, which must be one of the session's.

    A limit with `confirm_within` asks for a second reading at its first breach, and is confirmed if the value before
    breached it too. Only the time a reading was taken matters, not the order of arrival.
    """
    findings = (*_limit_findings(protocol, session, reading), *_symptom_findings(protocol, reading))
    severity = max((finding.severity for finding in findings), key=lambda one: one.rank, default=VerdictSeverity.NORMAL)
    return Verdict(severity=severity, findings=findings, recheck_due_at=recheck_due_at(protocol, session, reading))


def recheck_due_at(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Moment | None:
    """When the second reading after `reading` is due, if the protocol wants one."""
    waits = [
        limit.confirm_within
        for limit in _crossed(protocol, session, reading)
        if limit.confirm_within and not _is_confirmed(session, reading, limit)
    ]
    return reading.at + min(waits) if waits else None


def unconfirmed_severity(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Severity | None:
    """The severity to escalate at if the second reading after `reading` is not taken in time; None for a warning."""
    awaiting = (limit for limit in _crossed(protocol, session, reading) if limit.confirm_within)
    worst = max((limit.severity for limit in awaiting), key=lambda one: one.rank)
    return VerdictSeverity(worst).pages_as


def judged_anew(before: ReadingSeries, session: ReadingSeries, arrived: Reading) -> Iterator[Reading]:
    """The readings after `arrived` whose verdict may change, because they are compared with it.

    That is the next one, and for each vital sign the next one that has it; if `arrived` is now the clearance reading,
    all that are compared with that.
    """
    later = islice(session.readings, session.place_of(arrived), None)
    if session.clearance_reading is not before.clearance_reading:
        yield from later
        return
    compared = {vital for vital in Vital if value_of(arrived, vital) is not None}
    for moment, together in groupby(later, key=lambda reading: reading.at):
        for reading in together:
            yield reading
            compared -= {vital for vital in Vital if value_of(reading, vital) is not None}
        if moment > arrived.at and not compared:
            return


def is_not_falling(protocol: Protocol, session: ReadingSeries, reading: Reading) -> bool:
    """Whether the pressure is still above the hold limits, late after the dose, and not lower than before (S1)."""
    hold = protocol.medicine.clearance.hold
    last_dose = session.doses[-1].ended_at if session.doses else None
    if (
        last_dose is None
        or session.running_infusion is not None
        or reading.at - last_dose < protocol.medicine.discharge.bp_not_falling_after
    ):
        return False
    before = session.reading_before(reading.at - timedelta(microseconds=1))
    if before is None or before.at < last_dose:
        return False
    return any(
        (limits := hold.of(vital)) is not None
        and (now := value_of(reading, vital)) is not None
        and (then := value_of(before, vital)) is not None
        and now > limits.high
        and now >= then
        for vital in (Vital.SYSTOLIC, Vital.DIASTOLIC)
    )


def _crossed(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Iterator[Limit]:
    baseline = session.clearance_reading
    if baseline is not None and reading.at <= baseline.at:
        baseline = None
    for limit in protocol.medicine.limits:
        observed = value_of(reading, limit.vital)
        at_clearance = value_of(baseline, limit.vital) if baseline else None
        if observed is not None and limit.is_crossed_by(observed, at_clearance):
            yield limit


def _is_confirmed(session: ReadingSeries, reading: Reading, limit: Limit) -> bool:
    """Whether the value before breached the limit too; readings without that value are skipped."""
    observed = _value_before(session, reading, limit.vital)
    baseline = session.clearance_reading
    at_clearance = value_of(baseline, limit.vital) if baseline else None
    return observed is not None and limit.is_crossed_by(observed, at_clearance)


def _value_before(session: ReadingSeries, reading: Reading, vital: Vital) -> int | None:
    """The last value of the vital sign that was taken before the reading."""
    for place in range(bisect_left(session.readings, reading.at, key=lambda one: one.at) - 1, -1, -1):
        if (value := value_of(session.readings[place], vital)) is not None:
            return value
    return None


def _limit_findings(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Iterator[Finding]:
    for limit in _crossed(protocol, session, reading):
        observed = value_of(reading, limit.vital)
        assert observed is not None
        awaits_second = limit.confirm_within is not None and not _is_confirmed(session, reading, limit)
        bound, words, code = _spoken(limit)
        yield Finding(
            code=f"vitals.{limit.vital}_{code}",
            message=f"{SPOKEN[limit.vital]} {observed} {words} {bound:g}",
            observed=observed,
            limit=bound,
            severity=VerdictSeverity.RECHECK if awaits_second else VerdictSeverity(limit.severity),
            source=protocol.source_of(limit.key),
        )


def _symptom_findings(protocol: Protocol, reading: Reading) -> Iterator[Finding]:
    for symptom in reading.data.symptoms:
        severity: LimitSeverity | None = protocol.medicine.symptoms.severity_of(symptom)
        if severity is not None:
            yield Finding(
                code="vitals.symptom_reported",
                message=f"{symptom.replace('_', ' ').capitalize()} is reported",
                observed=symptom,
                limit=None,
                severity=VerdictSeverity(severity),
                source=protocol.source_of(f"medicine.symptoms.{severity}"),
            )


SPOKEN = {
    Vital.SYSTOLIC: "Systolic",
    Vital.DIASTOLIC: "Diastolic",
    Vital.HEART_RATE: "Heart rate",
    Vital.SPO2: "SpO₂",
    Vital.RESPIRATORY_RATE: "Respiratory rate",
    Vital.MOAAS: "MOAA/S",
}
"""Each vital sign's name in messages."""


def _spoken(limit: Limit) -> tuple[float, str, str]:
    if limit.above is not None:
        return limit.above, "is above the limit of", "above_limit"
    if limit.below is not None:
        return limit.below, "is below the limit of", "below_limit"
    assert limit.rise is not None
    return limit.rise, "has risen over the clearance reading by at least", "risen"

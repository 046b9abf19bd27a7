"""Verdicts on vital sign readings under the protocol, in order of when they were taken."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import NamedTuple

from domain.course.rules import symptoms
from domain.course.rules.signs import at_clearance, newest, newest_first, newest_of_all, value_of
from domain.course.session import Reading, ReadingSeries
from domain.course.verdict import Finding, Verdict, VerdictSeverity, verdict_of
from domain.last_answer import keeps_last_answer
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import Vital
from domain.values import Moment, Severity

_JUST_BEFORE = timedelta(microseconds=1)


class Recheck(NamedTuple):
    """A reading whose second reading is awaited: when it is due, and how severe it is if none is taken.

    The severity is None for a warning.
    """

    reading: Reading
    due_at: Moment
    severity: Severity | None


def verdict(protocol: Protocol, session: ReadingSeries, reading: Reading) -> Verdict:
    """The protocol's verdict on `reading`, which must be one of the session's.

    A limit with `confirm_within` asks for a second reading at its first breach, and is confirmed if the value before
    breached it too, or one of as many as `confirm_of` looks back at. Only the time a reading was taken matters, not the
    order of arrival.
    """
    crossed = tuple(_crossed(protocol, session, reading))
    found = (
        *(_finding(protocol, reading, *one) for one in crossed),
        *symptoms.findings(protocol, reading.data.symptoms or (), symptoms.since_dose(session.doses, reading.at)),
    )
    waits = [limit.confirm_within for limit, is_awaiting in crossed if is_awaiting and limit.confirm_within]
    return verdict_of(found, reading.at + min(waits) if waits else None)


def standing_findings(protocol: Protocol, session: ReadingSeries, at: datetime, since: datetime) -> Iterator[Finding]:
    """What the protocol finds at `at`: on each sign's newest value, none older than `since`, and on the symptoms."""
    for vital, reading in newest(session, at, since=since).items():
        yield from (_finding(protocol, reading, *one) for one in _crossed(protocol, session, reading, of=vital))
    yield from symptoms.findings(
        protocol, symptoms.in_force(protocol, session, at), symptoms.since_dose(session.doses, at)
    )


def rechecks(protocol: Protocol, session: ReadingSeries) -> Iterator[Recheck]:
    """The readings whose second reading is awaited: since then the sign that crossed a limit was not taken again."""
    confirmed_by_a_second = dict.fromkeys(limit.vital for limit in protocol.medicine.limits if limit.confirm_within)
    if not session.readings or not confirmed_by_a_second:
        return
    last_of = newest_of_all(session.readings)
    for reading in {id(last_of[vital]): last_of[vital] for vital in confirmed_by_a_second if vital in last_of}.values():
        crossed = _crossed(protocol, session, reading)
        waiting = [limit for limit, is_awaiting in crossed if is_awaiting and last_of.get(limit.vital) is reading]
        waits = [limit.confirm_within for limit in waiting if limit.confirm_within]
        if waits:
            worst = max((limit.severity for limit in waiting), key=lambda one: one.rank)
            yield Recheck(reading, reading.at + min(waits), VerdictSeverity(worst).pages_as)


def judged_anew(
    protocol: Protocol, before: ReadingSeries, session: ReadingSeries, arrived: Reading
) -> Iterator[Reading]:
    """The readings after `arrived` whose verdict may change, because they are compared with it.

    That is the next one, and for each vital sign the next that have it, as many as a limit looks back at; if `arrived`
    changes what the clearance was based on, all that are compared with that.
    """
    later = session.readings[session.place_of(arrived) :]
    if at_clearance(protocol, session) != at_clearance(protocol, before):
        yield from later
        return
    compared = {vital: _looked_back_at(protocol, vital) for vital in Vital if value_of(arrived, vital) is not None}
    for moment, together in groupby(later, key=lambda reading: reading.at):
        for reading in together:
            yield reading
            left = {vital: left - (value_of(reading, vital) is not None) for vital, left in compared.items()}
            compared = {vital: more for vital, more in left.items() if more > 0}
        if moment > arrived.at and not compared:
            return


def _looked_back_at(protocol: Protocol, vital: Vital) -> int:
    """How many values of the sign before a reading its verdict may rest on."""
    return max((limit.compared_with for limit in protocol.medicine.limits if limit.vital is vital), default=1)


def is_not_falling(protocol: Protocol, session: ReadingSeries, reading: Reading) -> bool:
    """Whether the pressure is still above the hold limits, late after the dose, and not lower than before (S1).

    Of whoever was cleared above them it counts from there, and so much above it as `bp_not_falling_margin`: it need not
    fall below where it came from.
    """
    margin = protocol.medicine.discharge.bp_not_falling_margin or 0
    hold = protocol.medicine.clearance.hold
    last_dose = session.doses[-1].ended_at if session.doses else None
    if (
        last_dose is None
        or session.running_infusion is not None
        or reading.at - last_dose < protocol.medicine.discharge.bp_not_falling_after
    ):
        return False
    cleared_with = at_clearance(protocol, session)
    for vital in (Vital.SYSTOLIC, Vital.DIASTOLIC):
        limits, now, came_with = hold.of(vital), value_of(reading, vital), cleared_with.get(vital)
        if limits is None or now is None:
            continue
        most = limits.high if came_with is None else max(limits.high, came_with + margin)
        then = next(_values_before(session, reading, vital, since=last_dose), None) if now > most else None
        if then is not None and now >= then:
            return True
    return False


def _crossed(
    protocol: Protocol, session: ReadingSeries, reading: Reading, of: Vital | None = None
) -> Iterator[tuple[Limit, bool]]:
    """The limits that the reading crossed, or that this one of its signs did; each with whether it awaits a second."""
    is_after_clearance = session.clearance is not None and reading.at > session.clearance.at
    cleared_with = at_clearance(protocol, session) if is_after_clearance else {}
    limits = protocol.medicine.limits
    taken = {vital: value_of(reading, vital) for vital in (Vital if of is None else (of,))}
    for limit in limits if of is None else _limits_of(limits)[of]:
        observed = taken[limit.vital]
        if observed is not None and limit.is_crossed_by(observed, cleared_with.get(limit.vital)):
            yield limit, limit.confirm_within is not None and not _is_confirmed(protocol, session, reading, limit)


@keeps_last_answer
def _limits_of(limits: tuple[Limit, ...]) -> Mapping[Vital, tuple[Limit, ...]]:
    return {vital: tuple(limit for limit in limits if limit.vital is vital) for vital in Vital}


def _is_confirmed(protocol: Protocol, session: ReadingSeries, reading: Reading, limit: Limit) -> bool:
    """Whether one of the values before that count breached the limit too; readings without that value are skipped."""
    cleared_with = at_clearance(protocol, session).get(limit.vital) if limit.rise is not None else None
    before = islice(_values_before(session, reading, limit.vital), limit.compared_with)
    return any(limit.is_crossed_by(observed, cleared_with) for observed in before)


def _values_before(
    session: ReadingSeries, reading: Reading, vital: Vital, since: datetime | None = None
) -> Iterator[int]:
    """The values of the vital sign that were taken before the reading and not before `since`, the newest first.

    Of two of one moment the later one counts: it stands for the other.
    """
    counted_at: datetime | None = None
    for one in newest_first(session, reading.at - _JUST_BEFORE, since=since):
        value = value_of(one, vital)
        if value is not None and one.at != counted_at:
            counted_at = one.at
            yield value


def _finding(protocol: Protocol, reading: Reading, limit: Limit, is_awaiting: bool) -> Finding:
    """What is said of a limit that the reading crossed, and whether a second one must confirm it yet."""
    observed = value_of(reading, limit.vital)
    assert observed is not None
    bound, words, code = _spoken(limit)
    return Finding(
        code=f"vitals.{limit.vital}_{code}",
        message=f"{SPOKEN[limit.vital]} {observed} {words} {bound:g}",
        observed=observed,
        limit=bound,
        severity=VerdictSeverity.RECHECK if is_awaiting else VerdictSeverity(limit.severity),
        source=protocol.source_of(limit.key),
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

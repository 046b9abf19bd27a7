"""Readings before and after a correction: whose verdict has risen, and whose has fallen."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from domain.course.corrections.retelling import Retelling
from domain.course.rules import symptoms, vitals
from domain.course.session import Reading, ReadingSeries
from domain.course.state import CourseState
from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import Kind
from domain.protocol.model import Protocol
from domain.values import Severity

MOST_JUDGED: Final = 1_000
"""Most readings that one correction judges anew, the newest: more than a day of one a minute while awake."""


class Escalated(NamedTuple):
    """An escalation that a reading asks for."""

    kind: Kind
    severity: Severity


class ReadingCompared(NamedTuple):
    """A reading as judged now: what it escalates that it did not before, and the kinds that it no longer does."""

    session: int | None
    at: datetime
    recorded_at: datetime
    verdict: Verdict | None
    is_corrected: bool
    risen: tuple[Escalated, ...]
    fallen: tuple[Kind, ...]


def compared(retelling: Retelling, corrected: int) -> Iterator[ReadingCompared]:
    """Each reading whose verdict may have changed. `corrected` is the ledger entry of the corrected event."""
    protocol, told = retelling.now.protocol, (retelling.was, retelling.now)
    numbers = {one.number for course in told for one in course.sessions}
    left_behind = {reading.data.session for course in told for reading in course.left_behind}
    for number in sorted({*numbers, *left_behind, None}, key=lambda one: (one is None, one)):
        for was, now in zip(*(every_series_of(course, number) for course in told), strict=True):
            if was != now:
                for before, after in _to_judge(protocol, was, now, corrected):
                    yield _one(protocol, number, (was, before), (now, after), corrected)


def series_of(course: CourseState, number: int | None) -> ReadingSeries:
    """The readings of a session, or those outside all of them."""
    if number is None:
        return course.outside
    return course.session_numbered(number) or ReadingSeries()


def _left_behind(course: CourseState, number: int | None) -> ReadingSeries:
    """The readings of visits of that number that were booked anew: another one stands under it now."""
    return ReadingSeries().with_readings(one for one in course.left_behind if one.data.session == number)


def every_series_of(course: CourseState, number: int | None) -> tuple[ReadingSeries, ReadingSeries]:
    """The readings of a session, or those outside all of them, and those of its visits that were booked anew."""
    return series_of(course, number), _left_behind(course, number)


def _to_judge(
    protocol: Protocol, was: ReadingSeries, now: ReadingSeries, corrected: int
) -> Iterable[tuple[Reading | None, Reading | None]]:
    """The readings that may be judged otherwise now, each as it was and as it is."""
    before = {one.sequence: one for one in was.readings}
    after = {one.sequence: one for one in now.readings}
    is_compared_anew = _moments(was) != _moments(now)
    if is_compared_anew:
        found = before.keys() | after.keys()
    else:
        found = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
        for one in tuple(found):
            for series, reading in ((was, before.get(one)), (now, after.get(one))):
                if reading is not None:
                    without = series.but(readings=tuple(other for other in series.readings if other is not reading))
                    found |= {later.sequence for later in vitals.judged_anew(protocol, without, series, reading)}
    newest = sorted(found)[-MOST_JUDGED:]
    return ((before.get(one), after.get(one)) for one in sorted({*newest, *({corrected} & found)}))


def _moments(series: ReadingSeries) -> tuple[object, ...]:
    """What the verdicts of all readings of a series rest on, beside one another."""
    return series.doses, series.is_monitored, series.clearance


def _one(
    protocol: Protocol,
    number: int | None,
    was: tuple[ReadingSeries, Reading | None],
    now: tuple[ReadingSeries, Reading | None],
    corrected: int,
) -> ReadingCompared:
    before, after = asked_for(protocol, *was), asked_for(protocol, *now)
    reading = now[1] or was[1]
    assert reading is not None
    risen = tuple(
        Escalated(kind, severity)
        for kind, severity in after.items()
        if kind not in before and not _is_lower(kind, before)
    )
    fallen = tuple(kind for kind in before if kind not in after)
    is_corrected = reading.sequence == corrected
    return ReadingCompared(
        session=number,
        at=reading.at,
        recorded_at=(was[1] or reading).recorded_at,
        verdict=vitals.verdict(protocol, *_known(now)) if is_corrected and now[1] is not None else None,
        is_corrected=is_corrected and now[1] is not None,
        risen=risen,
        fallen=fallen,
    )


def _known(one: tuple[ReadingSeries, Reading | None]) -> tuple[ReadingSeries, Reading]:
    assert one[1] is not None
    return one[0], one[1]


def _is_lower(kind: Kind, before: dict[Kind, Severity]) -> bool:
    """Whether a page is already out that is louder than the one for this."""
    return kind is Kind.VITALS_URGENT and Kind.VITALS_EMERGENCY in before


def asked_for(protocol: Protocol, series: ReadingSeries, reading: Reading | None) -> dict[Kind, Severity]:
    """What a reading escalates by itself, by kind."""
    if reading is None:
        return {}
    asked: dict[Kind, Severity] = {}
    verdict = vitals.verdict(protocol, series, reading)
    severity = verdict.severity
    if symptoms.told_as(verdict) is Severity.ROUTINE:
        asked[Kind.ADVERSE_EVENT] = Severity.ROUTINE
    if severity.pages_as is not None:
        is_emergency = severity is VerdictSeverity.EMERGENCY
        asked[Kind.VITALS_EMERGENCY if is_emergency else Kind.VITALS_URGENT] = severity.pages_as
    if series.is_monitored and vitals.is_not_falling(protocol, series, reading):
        asked[Kind.BLOOD_PRESSURE_NOT_FALLING] = Severity.URGENT
    return asked

"""Summary sentence and tables of a session's chart."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, tzinfo

from console.charts.drawing import Table
from console.charts.lanes import bound_of
from console.charts.scale import minutes
from domain.course.rules.checkpoints import Checkpoint, CheckpointStatus
from domain.course.rules.vitals import SPOKEN
from domain.course.verdict import VerdictSeverity
from domain.protocol.values import Vital
from domain.values import count_of
from domain.views.limits import LimitKind, SessionLimit
from domain.views.session import ReadingView, SessionView

NOTHING = "–"
_MOST = {Vital.SPO2: 100, Vital.MOAAS: 5}
"""The highest value of a sign that ends there."""


def sentence(session: SessionView, begins: datetime, now: datetime) -> str:
    """The chart in a sentence."""
    parts = [_last(session, begins), _highest(session, begins), _punctual(session), _next(session, begins, now)]
    return f"Session {session.number}: {'; '.join(part for part in parts if part)}."


def story_table(session: SessionView, begins: datetime, now: datetime, zone: tzinfo) -> Table:
    """Every dose, every reading with its verdict and its checkpoint, and every missed reading."""
    return Table(
        caption=f"Session {session.number}, minute by minute",
        head=("Minute", "Time", "What", "Systolic mmHg", "Diastolic mmHg", "SpO₂ %", "Heart rate /min", "Verdict"),
        rows=tuple(
            (f"{minutes(at - begins):.0f}", f"{at.astimezone(zone):%H:%M}", *cells)
            for at, cells in sorted(_story(session, begins, now), key=lambda told: told[0])
        ),
    )


def limits_table(session: SessionView) -> Table:
    """The limits that apply to the readings, each with its source."""
    return Table(
        caption=f"What the readings of session {session.number} are judged by",
        head=("Vital", "Limit", "Beyond it", "Source"),
        rows=tuple(
            (SPOKEN[limit.vital], _limit_words(limit), _kind_words(limit), limit.source or NOTHING)
            for limit in session.limits
            if not _is_beyond_all(limit)
        ),
    )


def checkpoint_words(point: Checkpoint, begins: datetime, now: datetime) -> str:
    """Such as `due at 45 min: met`."""
    status = _to_come(point, now) if point.status is CheckpointStatus.PENDING else str(point.status)
    return f"due at {minutes(point.due_at - begins):.0f} min: {status}"


def _story(session: SessionView, begins: datetime, now: datetime) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    answered = {point.reading_at: point for point in session.checkpoints if point.reading_at}
    for number, dose in enumerate(session.doses):
        what = "booster" if number else "dose"
        yield dose.at, (f"{what}, {dose.mg:g} mg {dose.route}", *[NOTHING] * 5)
    for reading in session.readings:
        vitals = reading.vitals
        point = answered.get(reading.at)
        what = f"reading ({checkpoint_words(point, begins, now)})" if point else "reading"
        taken = (vitals.systolic, vitals.diastolic, vitals.spo2, vitals.heart_rate)
        cells = (NOTHING if value is None else str(value) for value in taken)
        yield reading.at, (what, *cells, str(reading.verdict.severity))
    for point in session.checkpoints:
        if point.status in {CheckpointStatus.MISSED, CheckpointStatus.PENDING}:
            what = "no reading" if point.status is CheckpointStatus.MISSED else f"reading {_to_come(point, now)}"
            yield point.due_at, (what, *[NOTHING] * 5)


def _to_come(point: Checkpoint, now: datetime) -> str:
    return "not taken yet" if point.due_at < now else "to come"


def _last(session: SessionView, begins: datetime) -> str:
    if not session.readings:
        return "no reading yet"
    last = session.readings[-1]
    vitals = last.vitals
    taken = (
        f"{last.pressure} mmHg" if last.pressure is not None else "",
        f"SpO₂ {vitals.spo2} %" if vitals.spo2 is not None else "",
        f"{vitals.heart_rate} beats/min" if vitals.heart_rate is not None else "",
    )
    said = ", ".join(part for part in taken if part)
    return f"last reading {f'{said} ' if said else ''}at {minutes(last.at - begins):.0f} min, {last.verdict.severity}"


def _highest(session: SessionView, begins: datetime) -> str:
    since = [reading for reading in session.readings if session.doses and reading.at >= begins]
    if not since:
        return ""
    worst = max((reading.verdict.severity for reading in since), key=lambda severity: severity.rank)
    beyond = "" if worst is VerdictSeverity.NORMAL else f", worst verdict {worst}"
    highest = max((one for one in since if one.vitals.systolic is not None), key=_systolic, default=None)
    if highest is None:
        return beyond.removeprefix(", ")
    return f"highest pressure {highest.pressure} mmHg at {minutes(highest.at - begins):.0f} min{beyond}"


def _systolic(reading: ReadingView) -> int:
    return reading.vitals.systolic or 0


def _punctual(session: SessionView) -> str:
    counted = Counter(point.status for point in session.checkpoints)
    judged = sum(counted.values()) - counted[CheckpointStatus.PENDING]
    if not judged:
        return ""
    said = [f"{counted[CheckpointStatus.MET]} of {count_of(judged, 'reading')} on time"]
    said += [
        f"{counted[status]} {status}" for status in (CheckpointStatus.LATE, CheckpointStatus.MISSED) if counted[status]
    ]
    return ", ".join(said)


def _next(session: SessionView, begins: datetime, now: datetime) -> str:
    if session.discharged_at is not None:
        return f"discharged at {minutes(session.discharged_at - begins):.0f} min"
    if session.ended_at is not None:
        return f"ended at {minutes(session.ended_at - begins):.0f} min"
    if session.away_since is not None:
        return f"away since {minutes(session.away_since - begins):.0f} min"
    if session.reading_due_at is None:
        return ""
    minute = f"{minutes(session.reading_due_at - begins):.0f} min"
    return f"reading overdue since {minute}" if session.reading_due_at < now else f"next reading due at {minute}"


def _limit_words(limit: SessionLimit) -> str:
    side = "above" if limit.above is not None else "below"
    if limit.rise is not None:
        return f"{bound_of(limit):g} or more, {limit.rise:g} over the clearance reading"
    return f"{side} {bound_of(limit):g}"


def _is_beyond_all(limit: SessionLimit) -> bool:
    """Whether no value can cross it, such as 100 % of oxygen."""
    return limit.rise is None and limit.above is not None and limit.above == _MOST.get(limit.vital)


def _kind_words(limit: SessionLimit) -> str:
    if limit.kind is LimitKind.HOLD:
        return "no dose, unless a prescriber weighs it"
    return (
        f"{limit.kind}, if a second reading confirms it or none comes in time"
        if limit.is_confirmed
        else str(limit.kind)
    )

"""What a form shows of the session at hand: where, how long since the dose, the last values, the plan's dose."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from console.pages.course.medicine_sessions import stage_of
from console.pages.frame.clock import Clock, WallClock
from console.pages.labels import CLOCKS
from console.pages.recording.form_parsing import Entered
from domain.course.session import HERE
from domain.values import Frozen
from domain.views.course import CourseView
from domain.views.session import SessionView

LAST: Final = "last {value} at {at}"
READING: Final = "kap.vitals.recorded"
DOSE: Final = "kap.dose.administered"


class DoseAtHand(Frozen):
    """What a dose is compared with, in words; `weight_kg` of today, by which the browser tells mg/kg."""

    words: tuple[str, ...]
    weight_kg: float | None


class AtHand(Frozen):
    """The session at hand. `due_words` names the reading that is due next: `60-minute reading`, `second reading`."""

    where: str
    since_dose: Clock | None
    due_words: str
    due: Clock | None
    last: Mapping[str, str]
    dose: DoseAtHand | None


def session_at_hand(view: CourseView | None, entered: Entered) -> SessionView | None:
    """The session that was entered, or else the one whose patient is here."""
    if view is None:
        return None
    (named, *_) = (*entered.get("/data/session", ()), "")
    by_number = {str(one.number): one for one in view.sessions}
    here = [one for one in view.sessions if one.stage in HERE]
    return by_number.get(named.strip()) or next(iter(here), None)


def at_hand(kind: str, view: CourseView, session: SessionView, clock: WallClock) -> AtHand:
    """What the form of this event shows of the session."""
    is_reading = kind == READING
    return AtHand(
        where=" · ".join(_where(session)),
        since_dose=clock.since(session.doses[-1].at) if session.doses and session.ended_at is None else None,
        due_words=_due_words(session),
        due=clock.due(session.reading_due_at) if session.reading_due_at and session.doses else None,
        last=dict(_last(session, clock)) if is_reading else {},
        dose=DoseAtHand(words=tuple(_compared(view, session, clock)), weight_kg=session.weight_kg)
        if kind == DOSE
        else None,
    )


def minutes_since_dose(session: SessionView, at: datetime) -> int:
    """Whole minutes from the dose before that moment, or from the first one; there must be a dose."""
    dose = next((one for one in reversed(session.doses) if one.at <= at), session.doses[0])
    return round((at - dose.at).total_seconds() / 60)


def reading_of(session: SessionView, due_at: datetime) -> str:
    """How people call the reading that is due then: `60-minute reading`, counted from the dose before it."""
    return f"{minutes_since_dose(session, due_at)}-minute reading"


def _where(session: SessionView) -> Iterator[str]:
    yield f"session {session.number}"
    if session.room:
        yield f"room {session.room}"
    yield stage_of(session)


def _due_words(session: SessionView) -> str:
    newest = session.readings[-1] if session.readings else None
    if newest and session.reading_due_at and newest.verdict.recheck_due_at == session.reading_due_at:
        return CLOCKS["second_reading"]
    if session.doses and session.reading_due_at:
        return reading_of(session, session.reading_due_at)
    return CLOCKS["next_reading"]


def _last(session: SessionView, clock: WallClock) -> Iterator[tuple[str, str]]:
    for vital, last in session.last_values.items():
        yield f"/data/{vital}", LAST.format(value=last.value, at=clock.at(last.at).words)


def _compared(view: CourseView, session: SessionView, clock: WallClock) -> Iterator[str]:
    if view.plan is not None:
        dose = view.plan.dose
        planned = f"{dose.mg_per_kg:g} mg/kg" if dose.mg_per_kg is not None else f"{dose.mg:g} mg"
        if dose.mg_per_kg is not None and session.weight_kg is not None:
            planned += f", that is {dose.mg_per_kg * session.weight_kg:.4g} mg"
        yield f"Planned: {planned}"
    yield f"Weight: {session.weight_kg:g} kg at this check-in" if session.weight_kg else "Weight: not taken today"
    before = [(one.number, dose) for one in view.sessions for dose in one.doses]
    if before:
        number, last = before[-1]
        yield f"Last dose: {last.mg:g} mg, session {number}, {clock.at(last.at).words}"
    else:
        yield "Last dose: none yet"

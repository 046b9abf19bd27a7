"""What escalations rest on: which of them a correction has taken the ground from."""

from datetime import datetime
from typing import Any

from domain.course.corrections.corrected_fact import Correction
from domain.course.corrections.retelling import Retelling
from domain.course.corrections.series_compared import asked_for, every_series_of
from domain.course.rules import suicidality
from domain.course.state import CourseEscalation, CourseState
from domain.course.transition import Transition
from domain.escalation.messages import EscalationState, Kind
from domain.protocol.model import RESOLVERS
from domain.values import Severity


class Lost:
    """The escalations that the old value asked for and the right one would not: by kind, session and moment."""

    def __init__(self) -> None:
        self._of: set[tuple[Kind, int | None, datetime]] = set()

    def add(self, kind: Kind, session: int | None, asked_at: datetime) -> None:
        """One more, asked for at that moment."""
        self._of.add((kind, session, asked_at))

    def mark(self, transition: Transition[Any], retelling: Retelling) -> None:
        """Marks the open ones, but for those that something true has asked for since as well."""
        for one in transition.course.unresolved:
            is_lost = (one.kind, one.session, one.opened_at) in self._of and not one.rests_on_corrected
            needs_human = is_lost and not asks_to_measure_nobody(transition.course, one)
            if needs_human and not _is_asked_for(transition.course, retelling, one):
                transition.mark_corrected(one)

    def has_answered_question(self, course: CourseState, retelling: Retelling, correction: Correction) -> bool:
        """Whether one of them is a question of safety that a human has answered, and nothing true asked it as well.

        One that was routine was no question of safety.
        """
        answered = (one for one in course.escalations if one.state is EscalationState.RESOLVED)
        grave = (one for one in answered if one.kind in RESOLVERS and one.severity is not Severity.ROUTINE)
        return any(self._is_groundless(course, retelling, correction, one) for one in grave)

    def _is_groundless(
        self, course: CourseState, retelling: Retelling, correction: Correction, escalation: CourseEscalation
    ) -> bool:
        since, until = escalation.opened_at, _ends(course, escalation)
        named = escalation.kind, escalation.session
        lost = (asked_at for kind, session, asked_at in self._of if (kind, session) == named)
        if not any(_is_within(since, asked_at, until) for asked_at in lost):
            return False
        # What was accepted before the corrected fact is not told once more: it asks for what it has asked for.
        stands = any(
            kept.sequence < correction.corrected.sequence
            and (kept.in_force.recorded_at, kept.in_force.event is None) == (since, False)
            for kept in course.journal
        )
        return not stands and not _is_asked_for(course, retelling, escalation, Severity.URGENT, until)


def asks_to_measure_nobody(course: CourseState, escalation: CourseEscalation) -> bool:
    """Whether it asks for a reading that nobody can take: it is settled, and needs no human."""
    session = course.session_numbered(escalation.session) if escalation.session is not None else None
    return escalation.kind is Kind.VITALS_OVERDUE and (session is None or not session.is_monitored)


def _ends(course: CourseState, escalation: CourseEscalation) -> datetime | None:
    """Since when another one of its kind and session stands in its place; None if there is none."""
    others = (
        one.opened_at
        for one in course.escalations
        if (one.kind, one.session) == (escalation.kind, escalation.session) and one.opened_at > escalation.opened_at
    )
    return min(others, default=None)


def _is_within(since: datetime, moment: datetime, until: datetime | None) -> bool:
    return since <= moment and (until is None or moment < until)


def _is_asked_for(
    course: CourseState,
    retelling: Retelling,
    escalation: CourseEscalation,
    at_least: Severity = Severity.ROUTINE,
    until: datetime | None = None,
) -> bool:
    """Whether an event or a reading, as it reads now, asks for an escalation that was opened before it.

    At least so loudly, and before `until`.
    """
    kind, number, since = escalation.kind, escalation.session, escalation.opened_at
    if kind is Kind.PROTOCOL_DEVIATION:
        silent = course.protocol.deviations.silent
        told = (one for kept in course.deviations if kept.session == number for one in kept.deviations)
        return any(one.code not in silent for one in told)
    for pair in retelling.pairs:
        asked = pair.now.raised.get((kind, number)) if pair.now else None
        if asked and asked[0].rank >= at_least.rank and _is_within(since, pair.kept.recorded_at, until):
            return True
    if kind is Kind.SUICIDE_RISK:
        return any(
            _is_within(since, reading.recorded_at, until)
            and suicidality.named_in(course.protocol, reading.data.symptoms)
            for series in course.series
            for reading in reversed(series.readings)
        )
    return any(
        _is_within(since, reading.recorded_at, until) and kind in asked_for(course.protocol, series, reading)
        for series in every_series_of(course, number)
        for reading in reversed(series.readings)
    )

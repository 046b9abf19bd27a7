"""Selects noteworthy events of a course while it is played: overrides, alarms, who answered, refusals."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from domain.course.answer import Answer
from domain.course.measures import triage
from domain.course.verdict import VerdictSeverity
from domain.durations import in_words
from domain.escalation.ids import EscalationId
from domain.escalation.messages import PHRASES, Kind
from domain.events.clinic_events import (
    ClinicEvent,
    CorrectionRecorded,
    CourseResumed,
    EligibilityDecided,
    EligibilityDecision,
    InfusionPaused,
    MeasureRecorded,
    PatientDischarged,
    PatientWithdrew,
    SessionCleared,
    SessionMissed,
    SessionRebooked,
)
from domain.protocol.instruments import CSSRS, PHQ9
from domain.refusal import Refused
from domain.values import CourseId, Frozen, PersonId
from simulation.course.ward import Ward

ITEM_9 = 8
"""Index of PHQ-9 item 9 in the answers."""


class News(Frozen):
    """One sentence about a course, with its clinical day, counted from the referral."""

    course_id: CourseId
    day: int
    says: str


class Overheard:
    """A `Ward` that passes everything on to another one and reports what is noteworthy."""

    def __init__(self, ward: Ward, course_id: CourseId, tell: Callable[[News], None]) -> None:
        self._ward = ward
        self._course_id = course_id
        self._tell = tell
        self._began_at: datetime | None = None
        self._now: datetime | None = None
        self._was_held = False

    async def until(self, moment: datetime) -> None:
        """As in `Ward`."""
        await self._ward.until(moment)

    async def report(self, event: ClinicEvent) -> Answer:
        """As in `Ward`; a refusal is noteworthy."""
        self._began_at, self._now = self._began_at or event.time, event.time
        try:
            answer = await self._ward.report(event)
        except Refused as refused:
            asked = event.type.removeprefix("kap.").replace(".", " ").replace("_", " ")
            self._say(f"{asked} refused: {refused.refusal.message}")
            raise
        for sentence in _worth_telling(event, answer):
            self._say(sentence)
        if answer.held and not self._was_held:
            self._say("held: nobody is dosed until a prescriber resumes")
        self._was_held = answer.held
        return answer

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """As in `Ward`."""
        escalation = await self._ward.called(kind, session, by)
        self._say(f"paged: {PHRASES[kind]}")
        return escalation

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """As in `Ward`."""
        at = await self._ward.acknowledge(escalation, by, after)
        self._say(f"answered by {by} after {in_words(after)}")
        return at

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """As in `Ward`."""
        at = await self._ward.resolve(escalation, by, after, note)
        self._say(f"resolved by {by}: {note}")
        return at

    async def settled(self, escalation: EscalationId) -> None:
        """As in `Ward`."""
        await self._ward.settled(escalation)

    def _say(self, sentence: str) -> None:
        days = (self._now - self._began_at).days if self._now and self._began_at else 0
        self._tell(News(course_id=self._course_id, day=days, says=sentence))


def _worth_telling(event: ClinicEvent, answer: Answer) -> Iterator[str]:
    match event:
        case EligibilityDecided() | SessionCleared() | PatientDischarged():
            for override in event.data.overrides:
                yield f"over {override.code}: {override.rationale}"
        case MeasureRecorded():
            yield from _of_risk(event)
        case InfusionPaused():
            yield f"infusion paused: {event.data.reason}"
        case SessionMissed():
            yield f"missed session {event.data.session}"
        case SessionRebooked():
            yield f"session {event.data.session} is booked again"
        case CorrectionRecorded():
            yield f"corrected: {event.data.reason}"
        case CourseResumed():
            yield f"resumed: {event.data.reason}"
        case PatientWithdrew():
            yield f"withdrew: {event.data.reason}"
        case _:
            pass
    if isinstance(event, EligibilityDecided) and event.data.decision is EligibilityDecision.INELIGIBLE:
        yield f"ineligible: {event.data.rationale}"
    for deviation in answer.deviations:
        yield f"deviates: {deviation.message}"
    if answer.verdict is not None and answer.verdict.severity is not VerdictSeverity.NORMAL:
        worst = max(answer.verdict.findings, key=lambda finding: finding.severity.rank)
        yield f"{answer.verdict.severity}: {worst.message}"


def _of_risk(event: MeasureRecorded) -> Iterator[str]:
    items = event.data.items or ()
    if event.data.instrument == PHQ9 and items[ITEM_9]:
        yield f"PHQ-9 item 9 is answered with {items[ITEM_9]}"
    if event.data.instrument == CSSRS and any(items):
        yield f"C-SSRS: {triage(items, behavior_lifetime=bool(event.data.behavior_lifetime))} risk"

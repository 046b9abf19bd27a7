"""An alarm that the watch raises by itself, whole: the obligation, and the pages that are on their way."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict, Field

from domain.escalation.escalation import FALLBACK_STEP, Attempt, Escalation, opened
from domain.escalation.ids import EscalationId, EscalationKey, escalation_id
from domain.escalation.messages import Kind, Opening, Order, Page, Reassign, Settlement
from domain.escalation.silence import SilenceReason, words
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery
from domain.values import CourseId, Frozen, Moment, PersonId, Severity

MOVES_AGAIN = "Kapstan moves again"


class DueStep(Frozen):
    """A page that is to go out by one of a person's channels, named by its place among them and never by its address.

    `at` is when its step was called: the pages of one attempt have it in common, those to the fallback too.
    """

    at: Moment
    step: int
    person: PersonId
    channel: int


class WatchdogAlarm(Frozen):
    """An `orchestrator_silent` escalation: it climbs and is answered as every other, but no workflow holds it.

    A page is `due` from its step's being reached until it was tried. So whoever goes on after a sudden end sends what
    is left, and nothing twice but the page that was just going out. `attempt` is the newest one, until somebody acts.
    `found` is what it was raised for, `of` an escalation where it was one's, `is_for_all` where it stands for every
    course that is silent without a dosed patient.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    escalation: Escalation = Field(alias="obligation")  # its name in the record
    due: tuple[DueStep, ...] = ()
    attempt: Attempt | None = None
    found: SilenceReason | None = None
    of: EscalationId | None = None
    is_for_all: bool = False

    @property
    def id(self) -> EscalationId:
        """The escalation's id."""
        return self.escalation.view.id

    @property
    def number(self) -> int:
        """Its number among those of its course and session, from 1."""
        return EscalationKey.parse(self.id).n

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is wanted of anybody any more."""
        return self.escalation.is_resolved

    def advanced(self, on_call: OnCall, now: datetime) -> "WatchdogAlarm":
        """The next step has been reached where it was due, and its people's pages are due. A late promise is over.

        So is an attempt at the step reached before that reached nobody.
        """
        escalation = self.escalation.lapse(now)
        standing = on_call.standing(OnCallQuery(severity=escalation.view.severity, at=now))
        policy, called = standing.policy, standing.called
        next_step = escalation.progress.upcoming(policy)
        if next_step is None or not escalation.progress.is_open:
            return self._moved(escalation, self.due, self.attempt)
        if next_step.at <= now:
            advanced = escalation.advanced(policy, next_step, now)
            return self._called(
                advanced, Attempt(step=next_step.step, at=now), called[next_step.step - 1], on_call, self.due
            )
        if (unheard := escalation.unheard) is not None and escalation.is_to_be_tried_again(policy, now):
            people = (unheard.to,) if unheard.to else called[min(unheard.step, len(called)) - 1]
            again = unheard.but(at=now, number=unheard.number + 1)
            return self._called(escalation.tried_again(), again, people, on_call, self.due)
        return self._moved(escalation, self.due, self.attempt)

    def tried(self, due: DueStep, page: Page, on_call: OnCall) -> "WatchdogAlarm":
        """The page was sent, or could not be. Where none of its attempt was taken, the fallback's pages are due.

        Where none of those was taken either, the attempt is to be repeated, unless another one has begun.
        """
        escalation = self.escalation.paged((page,))
        left = tuple(one for one in self.due if one != due)
        is_last = not any(one.at == due.at for one in left)
        is_reached = any(one.ok for one in escalation.view.pages if one.at == due.at)
        if is_last and not is_reached and escalation.progress.is_open:
            if due.step != FALLBACK_STEP:
                left = (*left, *_pages(on_call, (FALLBACK,), FALLBACK_STEP, due.at))
            elif self.attempt is not None and self.attempt.at == due.at:
                escalation = escalation.nobody_reached(self.attempt, escalation.progress)
        return self._moved(escalation, left, self.attempt)

    def obeyed(self, order: Order, on_call: OnCall, now: datetime) -> "WatchdogAlarm":
        """A human has acted: what has not gone out yet stays, but to whom it was passed on.

        Raises `Refused` as `Escalation` does.
        """
        standing = on_call.standing(OnCallQuery(severity=self.escalation.view.severity, at=now))
        acted = self.escalation.act(order, standing, now)
        if not isinstance(order, Reassign):
            return self._moved(acted)
        attempt = Attempt(step=max(acted.view.step, 1), to=order.to, at=now)
        return self._called(acted, attempt, (order.to,), on_call)

    def settled(self, now: datetime) -> "WatchdogAlarm":
        """What was silent moves again: nobody is paged any more."""
        return self._moved(self.escalation.settle(Settlement(at=now, reason=MOVES_AGAIN), now))

    def _called(
        self,
        escalation: Escalation,
        attempt: Attempt,
        people: Iterable[PersonId],
        on_call: OnCall,
        besides: tuple[DueStep, ...] = (),
    ) -> "WatchdogAlarm":
        """The pages of an attempt are due `besides`; the fallback's, where none of these people has a channel."""
        pages = _pages(on_call, people, attempt.step, attempt.at)
        pages = pages or _pages(on_call, (FALLBACK,), FALLBACK_STEP, attempt.at)
        return self._moved(escalation, (*besides, *pages), attempt)

    def _moved(
        self, escalation: Escalation, due: tuple[DueStep, ...] = (), attempt: Attempt | None = None
    ) -> "WatchdogAlarm":
        # No course is told: it is the course that does not answer.
        return self.but(escalation=escalation.but(notices=()), due=due, attempt=attempt)


def raised(
    course_id: CourseId,
    session: int | None,
    n: int,
    now: datetime,
    *,
    severity: Severity = Severity.EMERGENCY,
    found: SilenceReason | None = None,
    of: EscalationId | None = None,
    is_for_all: bool = False,
) -> WatchdogAlarm:
    """The course's `n`th alarm of that session, whose first step is due at once; its note says what was found."""
    opening = Opening(
        id=escalation_id(course_id, Kind.ORCHESTRATOR_SILENT, session, n),
        course_id=course_id,
        kind=Kind.ORCHESTRATOR_SILENT,
        session=session,
        severity=severity,
        opened_at=now,
    )
    alarm = opened(opening, now)
    if found is not None:
        alarm = alarm.but(view=alarm.view.but(note=words(found, of)))
    return WatchdogAlarm(escalation=alarm, found=found, of=of, is_for_all=is_for_all)


def is_of_the_watch(escalation: EscalationId) -> bool:
    """Whether the watch has raised it, so that no workflow knows of it."""
    return f"~{Kind.ORCHESTRATOR_SILENT}~" in escalation


def _pages(on_call: OnCall, people: Iterable[PersonId], step: int, at: datetime) -> tuple[DueStep, ...]:
    return tuple(
        DueStep(at=at, step=step, person=person, channel=place)
        for person in people
        for place in range(len(on_call.channels_of(person)))
    )

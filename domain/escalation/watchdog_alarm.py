"""The watchdog's alarm: an escalation without a workflow, and its pages that are still to be sent."""

from collections.abc import Iterable
from datetime import datetime

from domain.escalation.escalation import FALLBACK_STEP, Attempt, Escalation, opened
from domain.escalation.ids import RECORD, EscalationId, EscalationKey, escalation_id
from domain.escalation.messages import Kind, Opening, Order, Page, Reassign, Settlement
from domain.escalation.silence import SilenceReason, words
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery
from domain.values import CourseId, Frozen, Moment, PersonId, Severity

MOVES_AGAIN = "Kapstan moves again"


class DueStep(Frozen):
    """A page still to be sent by one of a person's channels, given by its index and never by its address.

    `at` is when the attempt began: all pages of one attempt share it, those to the fallback too.
    """

    at: Moment
    step: int
    person: PersonId
    channel: int


class WatchdogAlarm(Frozen):
    """An `orchestrator_silent` escalation: it pages and is answered like any other, but no workflow holds it.

    A page is `due` from when its step was reached until it was tried. So after a crash the next process sends the rest,
    and at most the page that was just going out twice. `attempt` is the newest one, until somebody acts. `found` is the
    finding it was raised for, `of` the escalation if it concerned one, `is_for_all` if it stands for every course that
    is silent without a dosed patient.
    """

    escalation: Escalation
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
        """Whether the alarm is resolved."""
        return self.escalation.is_resolved

    @property
    def is_noted(self) -> bool:
        """Whether somebody has typed a note on it; the others are Kapstan's own, and say nothing of the patient."""
        return self.escalation.view.note not in {None, MOVES_AGAIN, *_own_words(self.found, self.of)}

    @property
    def is_answered(self) -> bool:
        """Whether a person has answered it: resolved, acknowledged or snoozed it, or passed it on."""
        view, attempt = self.escalation.view, self.attempt
        named = (view.resolved_by, view.acknowledged_by, view.first_acknowledged_at, self.escalation.progress.quiet)
        is_passed_on = self.escalation.passed_on_at is not None or (attempt is not None and attempt.to is not None)
        return is_passed_on or any(one is not None for one in named)

    @property
    def unanswered(self) -> "WatchdogAlarm":
        """The alarm as it was raised."""
        view = self.escalation.view
        return raised(
            view.course_id,
            view.session,
            self.number,
            view.opened_at,
            severity=view.severity,
            found=self.found,
            of=self.of,
            is_for_all=self.is_for_all,
        )

    def advanced(self, on_call: OnCall, now: datetime) -> "WatchdogAlarm":
        """Moves to the next step if that is due, with its people's pages due; a late acknowledgement lapses.

        An attempt that reached nobody is repeated once its time has come.
        """
        escalation = self.escalation.lapse(now)
        snapshot = on_call.standing(OnCallQuery(severity=escalation.view.severity, at=now))
        policy, called = snapshot.policy, snapshot.called
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
        """Records that the page was sent or failed. If all pages of the attempt failed, the fallback's pages are due.

        If those fail too, the attempt will be repeated, unless another one has begun.
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
        """Carries out a person's order. Unsent pages are dropped; a reassignment makes the new person's pages due.

        Raises `Refused` as `Escalation` does.
        """
        snapshot = on_call.standing(OnCallQuery(severity=self.escalation.view.severity, at=now))
        acted = self.escalation.act(order, snapshot, now)
        if not isinstance(order, Reassign):
            return self._moved(acted)
        attempt = Attempt(step=max(acted.view.step, 1), to=order.to, at=now)
        return self._called(acted, attempt, (order.to,), on_call)

    def settled(self, now: datetime) -> "WatchdogAlarm":
        """Resolves the alarm: what was silent moves again."""
        return self._moved(self.escalation.settle(Settlement(at=now, reason=MOVES_AGAIN), now))

    def _called(
        self,
        escalation: Escalation,
        attempt: Attempt,
        people: Iterable[PersonId],
        on_call: OnCall,
        besides: tuple[DueStep, ...] = (),
    ) -> "WatchdogAlarm":
        """Adds the attempt's pages to `besides`; the fallback's, if none of these people has a channel."""
        pages = _pages(on_call, people, attempt.step, attempt.at)
        pages = pages or _pages(on_call, (FALLBACK,), FALLBACK_STEP, attempt.at)
        return self._moved(escalation, (*besides, *pages), attempt)

    def _moved(
        self, escalation: Escalation, due: tuple[DueStep, ...] = (), attempt: Attempt | None = None
    ) -> "WatchdogAlarm":
        # No notice to the course: it is the course that does not answer.
        return self.but(escalation=escalation.but(notices=(), newest=None), due=due, attempt=attempt)


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
    """A new alarm, the `n`th of that course and session; its first step is due at once, its note states the finding."""
    opening = Opening(
        id=escalation_id(course_id, Kind.ORCHESTRATOR_SILENT, session, n),
        course_id=course_id,
        kind=Kind.ORCHESTRATOR_SILENT,
        session=session,
        severity=severity,
        opened_at=now,
    )
    alarm = opened(opening, now)
    for note in _own_words(found, of):
        alarm = alarm.but(view=alarm.view.but(note=note))
    return WatchdogAlarm(escalation=alarm, found=found, of=of, is_for_all=is_for_all)


def _own_words(found: SilenceReason | None, of: EscalationId | None) -> tuple[str, ...]:
    """The note of a new alarm, if it has one."""
    return () if found is None else (words(found, of),)


def is_of_the_watch(escalation: EscalationId) -> bool:
    """Whether it is a watchdog alarm, which no workflow holds; a malformed id is none."""
    try:
        return EscalationKey.parse(escalation).kind == Kind.ORCHESTRATOR_SILENT
    except ValueError:
        return False


def has_no_ledger(escalation: EscalationId) -> bool:
    """Whether no course's ledger tells of it: a watchdog alarm, or one about the record itself."""
    return is_of_the_watch(escalation) or escalation.startswith(f"{RECORD}~")


def _pages(on_call: OnCall, people: Iterable[PersonId], step: int, at: datetime) -> tuple[DueStep, ...]:
    return tuple(
        DueStep(at=at, step=step, person=person, channel=place)
        for person in people
        for place in range(len(on_call.channels_of(person)))
    )

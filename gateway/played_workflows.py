"""One course with its escalations, played on the real workflows with a virtual clock: time passes when it is told to.

It is to a rehearsal what `domain.rehearsal.played_course` is, and prints the same: whoever is paged is reached, nothing
is recorded, and nothing takes any time.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from domain.course.answer import Answer
from domain.course.course import Course
from domain.escalation.ids import EscalationId, course_workflow_id, escalation_workflow_id
from domain.escalation.messages import (
    Acknowledge,
    EscalationState,
    EscalationView,
    Order,
    Page,
    PageOrder,
    Reassign,
    Resolve,
    Snooze,
)
from domain.events.clinic_events import ClinicEvent, CourseReferred
from domain.ledger import Entry
from domain.oncall.file import OnCall, OnCallQuery
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import RefusalCode, Refused
from domain.rehearsal.lines import PageLine, in_utc
from domain.rehearsal.played_course import CHANNEL, Standing, standing_of
from domain.values import CourseId
from domain.views.course import CourseView
from domain.views.summary import Batch
from gateway.virtual_temporal import VirtualTemporal
from workflows import activity_names, course, escalation
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun, Report
from workflows.escalation import EscalationWorkflow

UPDATES = {Acknowledge: "acknowledge", Resolve: "resolve", Snooze: "snooze", Reassign: "reassign"}


class PlayedWorkflows:
    """One course and its escalations at one moment, on their workflows; what happens is kept until it is `drained`."""

    def __init__(
        self,
        course_id: CourseId,
        pinned: PinnedProtocol,
        on_call: OnCall,
        starts_at: datetime,
        timezone: Zone = UTC_ZONE,
    ) -> None:
        self._blank = Course.blank(course_id, pinned, timezone)
        self._id = course_workflow_id(course_id)
        self._on_call = on_call
        self._happened: list[Entry | PageLine] = []
        self._escalations: dict[EscalationId, EscalationView] = {}
        self._pages: Counter[EscalationId] = Counter()
        self._steps: dict[EscalationId, tuple[datetime, int]] = {}
        self._most_pages: int | None = None
        self._temporal = VirtualTemporal(
            {course.WORKFLOW_TYPE: PatientCourse, escalation.WORKFLOW_TYPE: EscalationWorkflow},
            {
                activity_names.append_entries.__name__: (Batch, self._append),
                activity_names.record_escalation.__name__: (EscalationView, self._record),
                activity_names.standing.__name__: (OnCallQuery, on_call.standing),
                activity_names.page.__name__: (PageOrder, self._page),
            },
            starts_at,
        )

    @property
    def now(self) -> datetime:
        """The moment that everybody's clock shows."""
        return self._temporal.now

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""
        return tuple(self._escalations.values())

    @property
    def silenced(self) -> tuple[EscalationId, ...]:
        """The open escalations that page no more, because they have paged often enough."""
        return tuple(one for one in self._escalations if self._is_silenced(one))

    @property
    def standing(self) -> Standing:
        """Where the course stands now."""
        if not self._temporal.is_running(self._id):
            return standing_of(self._blank, self.now)
        view: CourseView = self._temporal.query(self._id, "view", self.now, CourseView)
        return Standing(
            phase=view.phase,
            outcome=view.outcome,
            held=view.held,
            unresolved=view.escalations,
            next=view.next,
            blockers=view.blockers,
        )

    @property
    def next_deadline_at(self) -> datetime | None:
        """When the next deadline passes."""
        return min(self._temporal.timers(self._id), default=None)

    @property
    def next_due_at(self) -> datetime | None:
        """When the next thing happens if nobody acts: a deadline passes, or a ladder moves."""
        dues = [at for at in (self.next_deadline_at, *self._ladders().values()) if at is not None]
        return min(dues, default=None)

    def drained(self) -> Iterator[Entry | PageLine]:
        """What has happened since this was asked last, in order: the ledger's entries, and pages."""
        happened, self._happened = self._happened, []
        yield from happened

    def silence_after(self, pages: int) -> None:
        """From now on each escalation sends so many pages at most; one that becomes worse begins to count anew."""
        self._most_pages = pages
        self._pages.clear()

    def pass_until(self, moment: datetime) -> None:
        """Time passes until the deadlines of that moment have passed. Its ladders wait for what is said then."""
        self._pass(moment, ladders_of_it=False)

    def pass_over(self, moment: datetime) -> None:
        """Time passes until all of that moment has happened."""
        self._pass(moment, ladders_of_it=True)

    def report(self, event: ClinicEvent, offered: PinnedProtocol | None = None) -> Answer:
        """Reports the event now. Raises `Refused` and `AlreadyAnswered` as the course does."""
        is_start = not self._temporal.is_running(self._id)
        if is_start:
            if not isinstance(event, CourseReferred):
                raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {event.subject}")
            self._blank.check(event, self.now)
            self._temporal.start(self._id, course.WORKFLOW_TYPE, CourseRun(course=self._blank, ends=False))
        try:
            answer: Answer = self._temporal.update(self._id, "report", Report(event=event, offered=offered), Answer)
        except Refused:
            if is_start:
                self._temporal.forget(self._id)
            raise
        return answer

    def act(self, escalation_id: EscalationId, order: Order) -> None:
        """Somebody acts on an escalation. Raises `Refused` as the escalation does."""
        workflow_id = escalation_workflow_id(escalation_id)
        if not self._temporal.is_running(workflow_id):
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation_id} is resolved")
        self._temporal.update(workflow_id, UPDATES[type(order)], order, EscalationView)

    def close(self) -> None:
        """Ends every workflow where it stands."""
        self._temporal.close()

    def _pass(self, moment: datetime, *, ladders_of_it: bool) -> None:
        while True:
            deadline_at = self.next_deadline_at
            ladders = {
                one: at for one, at in self._ladders().items() if at < moment or (ladders_of_it and at == moment)
            }
            dues = [at for at in (deadline_at, *ladders.values()) if at is not None and at <= moment]
            if not dues:
                break
            self._temporal.now = max(self.now, min(dues))
            if deadline_at is not None and deadline_at <= self.now:
                self._temporal.fire(self._id)
                continue
            for one, at in ladders.items():
                if at <= self.now:
                    self._temporal.fire(escalation_workflow_id(one))
        self._temporal.now = max(moment, self.now)

    def _ladders(self) -> dict[EscalationId, datetime]:
        """When each escalation moves next, without those that page no more."""
        timers = {one: self._temporal.timers(escalation_workflow_id(one)) for one in self._escalations}
        return {one: min(fire) for one, fire in timers.items() if fire and not self._is_silenced(one)}

    def _is_silenced(self, escalation_id: EscalationId) -> bool:
        is_open = self._escalations[escalation_id].state is EscalationState.OPEN
        return is_open and self._most_pages is not None and self._pages[escalation_id] >= self._most_pages

    def _append(self, batch: Batch) -> None:
        self._happened.extend(batch.entries)

    def _record(self, view: EscalationView) -> None:
        known = self._escalations.get(view.id)
        if known is not None and known.severity is not view.severity:
            del self._pages[view.id]
        self._escalations[view.id] = view

    def _page(self, order: PageOrder) -> tuple[Page, ...]:
        about, step = order.escalation, (self.now, order.step)
        # A repeat makes its workflow page again, also one that is silenced. A step is told whole.
        if not self._is_silenced(about.id) or self._steps.get(about.id) == step:
            self._steps[about.id] = step
            self._pages[about.id] += 1
            self._happened.append(
                PageLine(
                    at=in_utc(self.now),
                    person=order.person,
                    kind=about.kind,
                    session=about.session,
                    severity=order.severity,
                    step=order.step,
                )
            )
        return (Page(at=self.now, step=order.step, person=order.person, channel=CHANNEL, ok=True),)

"""One patient's course as a durable state machine: the chart decides, history remembers, the record follows."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.answer import AlreadyAnswered, Answer
    from domain.calls_to_come import Ahead, CallsToCome, calls_to_come
    from domain.chart import Chart, Decision, PinnedProtocol
    from domain.escalation import Notice
    from domain.events import ClinicEvent
    from domain.ledger import Entry
    from domain.refusal import Refused
    from domain.summary import Batch
    from domain.turn import Again, Call
    from domain.values import CourseId, Frozen
    from domain.view import CourseView, batch_of, course_view
    from workflows.attributes import changed_attributes, story
    from workflows.recorder import Recorder
    from workflows.switchboard import Switchboard

REFERRAL_WITHIN = timedelta(minutes=1)
"""The referral comes with the start. A run without one was refused, and leaves nothing behind."""

LONG_HISTORY = 2_000
"""Events after which a quiet run continues as new: about 400 clinic events, a fifth of what a run may take."""

TOO_LONG_HISTORY = 8_000
"""Events after which it continues as new even while a patient is monitored: the server takes 2,000 updates a run."""


class Report(Frozen):
    """A clinic event on its way to its course, in the call `request_id`.

    `offered` is the protocol that a migration goes to.
    """

    event: ClinicEvent
    offered: PinnedProtocol | None = None
    request_id: str | None = None


class CourseRun(Frozen):
    """Everything that one run hands to the next; the first one starts with a blank chart."""

    chart: Chart
    unrecorded: tuple[Entry, ...] = ()
    calls: tuple[Call, ...] = ()


class LedgerHead(Frozen):
    """The end of the ledger's chain, as the course holds it."""

    course_id: CourseId
    sequence: int
    hash: str


@workflow.defn(failure_exception_types=[Refused, AlreadyAnswered])
class PatientCourse:
    """The one authority over a course: every clinic event is an Update to it, applied in order."""

    @workflow.init
    def __init__(self, run: CourseRun) -> None:
        # Built here and not in `run`: an update may arrive before `run` does.
        self._chart = run.chart
        self._recorder = Recorder(run.unrecorded, self._batch, self._is_behind)
        self._switchboard = Switchboard(run.calls, self._call_anew)

    @workflow.run
    async def run(self, run: CourseRun) -> None:  # noqa: ARG002  `__init__` has taken it
        """Waits for the clinic's next event or the earliest deadline, nothing else, for as long as the course is known.

        A closed course stays: its id is never used again, and what it answered it answers for ever.
        """
        if not await self._is_referred():
            return
        # Never cancelled: what they wait for goes on, and the next run takes over the rest.
        _ongoing = (asyncio.create_task(self._recorder.run()), asyncio.create_task(self._switchboard.run()))
        while not self._may_continue_as_new():
            await self._something_happens()
            self._apply(self._chart.pass_deadlines(workflow.now()))
        self._recorder.leave()
        self._switchboard.leave()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            CourseRun(chart=self._chart, unrecorded=self._recorder.unrecorded, calls=self._switchboard.waiting)
        )

    @workflow.update(description="A clinic event: accepted for good, or refused with reasons")
    def report(self, report: Report) -> Answer:
        """The event is in the ledger; the answer says where the course is now."""
        # Not checked again: between the validator's look at the chart and this one nothing can have moved it, for this
        # is no coroutine; and what history holds was accepted by the rules of its day, which a replay must not ask.
        decision = self._chart.accepted(report.event, workflow.now(), report.offered, report.request_id)
        self._apply(decision)
        assert decision.answer is not None
        return decision.answer

    @report.validator
    def _may_report(self, report: Report) -> None:
        # What is refused, or was answered before, never enters history.
        self._chart.check(report.event, workflow.now(), report.offered)

    @workflow.signal(description="News from one of the course's escalations")
    def escalation_moved(self, notice: Notice) -> None:
        """The ledger says who acknowledged or resolved what."""
        self._apply(self._chart.hear(notice, workflow.now()))

    @workflow.query(description="The course as it is shown at a moment")
    def view(self, at: datetime) -> CourseView:
        """Where the course is, what may come, what blocks it, what is due."""
        return course_view(self._chart, at)

    @workflow.query(description="Whom it will call for if nobody acts")
    def calls_to_come(self, ahead: Ahead) -> CallsToCome:
        """The calls that wait to be made, and those of every deadline that would pass unmet."""
        return calls_to_come(self._chart, ahead, self._switchboard.waiting)

    @workflow.query(description="The end of the ledger's chain")
    def ledger_head(self) -> LedgerHead:
        """What the record store's ledger must end with."""
        return LedgerHead(course_id=self._chart.course_id, sequence=self._chart.sequence, hash=self._chart.ledger_head)

    async def _is_referred(self) -> bool:
        try:
            await workflow.wait_condition(lambda: self._chart.referral is not None, timeout=REFERRAL_WITHIN)
        except TimeoutError:
            return False
        return True

    async def _something_happens(self) -> None:
        """Returns when the earliest deadline is another one, has passed, or the run has grown long."""
        armed = self._passes_at()
        left = None if armed is None else max(armed - workflow.now(), timedelta())
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._passes_at() != armed or self._may_continue_as_new(),
                timeout=left,
                timeout_summary="the next deadline",
            )

    def _batch(self, entries: tuple[Entry, ...]) -> Batch:
        return batch_of(self._chart, entries, workflow.now())

    def _call_anew(self, unheard: Again) -> None:
        self._apply(self._chart.call_anew(unheard, workflow.now()))

    def _is_behind(self) -> None:
        self._apply(self._chart.record_is_behind(workflow.now()))

    def _passes_at(self) -> datetime | None:
        return next((deadline.passes_at for deadline in self._chart.deadlines()), None)

    def _apply(self, decision: Decision) -> None:
        """The one place where the course changes."""
        before, self._chart = self._chart, decision.chart
        self._recorder.add(decision.entries)
        self._switchboard.add(decision.calls)
        if updates := changed_attributes(before, self._chart):  # an upsert is an event of history: only what moved
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(story(self._chart))

    def _may_continue_as_new(self) -> bool:
        length = workflow.info().get_current_history_length()
        # With nothing in flight: an update answered in the very task that ends the run may be lost to its caller.
        is_idle = not (self._switchboard.waiting or self._recorder.unrecorded)
        is_quiet = is_idle and self._chart.monitored is None
        is_long = length > LONG_HISTORY or workflow.info().is_continue_as_new_suggested()
        return length > TOO_LONG_HISTORY or (is_long and is_quiet)

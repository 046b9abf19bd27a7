"""The course workflow: applies clinic events and deadlines to a course, and feeds the ledger and the on-call side."""

from contextlib import suppress
from datetime import datetime, timedelta
from traceback import format_tb
from typing import Final, NamedTuple

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.course.answer import AlreadyAnswered, Answer
    from domain.course.asking import Foretold, Intent
    from domain.course.corrections import corrected_fact
    from domain.course.course import Course, Decision
    from domain.course.projection import Ahead, CallsToCome
    from domain.course.transition import RepeatEscalation
    from domain.escalation.messages import Notice
    from domain.ledger import Entry, LedgerHead
    from domain.refusal import Refused
    from domain.values import Blocker
    from domain.views.course import CourseView, batch_of
    from domain.views.migration import Foreseen
    from domain.views.summary import Batch
    from workflows.attributes import Shown, changed_attributes, story
    from workflows.background_tasks import Alongside
    from workflows.course_end import CourseEnd, is_newest
    from workflows.course_messages import CourseRun, PinnedCourse, Question, Report
    from workflows.course_queries import CourseQueries
    from workflows.escalation_dispatcher import EscalationDispatcher
    from workflows.ledger_outbox import LedgerOutbox
    from workflows.run_length import RunLength
    from workflows.size_limits import BACKLOG_CARRIED, Fullness, History
    from workflows.size_metrics import Sizes
    from workflows.waiting import until

WORKFLOW_TYPE = "PatientCourse"

REFERRAL_WITHIN = timedelta(minutes=1)
"""The referral comes with the start. A run without one was refused, and ends without a trace."""

BUSY = "Busy"
"""The type of the failure that a caller gets for what the next workflow task will decide: they are to send it again."""

DEFECT = "Defect"
"""The type of the failure that a caller gets for a defect of Kapstan."""

NEWS_ONCE: Final = "news is heard once"
"""Patch: a copy of an escalation's news was once written to the ledger too."""


class Prepared(NamedTuple):
    """The validator's decision on an update, which its handler uses if the course is still `before`."""

    update_id: str
    before: Course
    passed: Decision
    decision: Decision


@workflow.defn(name=WORKFLOW_TYPE, failure_exception_types=[Refused, AlreadyAnswered])
class PatientCourse:
    """The workflow of one course: every clinic event is an Update, applied in order.

    A run belongs to the build that it began with. The next one may be another build's (`RunLength.goes_over`).
    """

    @workflow.init
    def __init__(self, run: CourseRun) -> None:
        # Set up here and not in `run`: an update may arrive before `run` starts.
        self._course = run.course
        self._alongside = Alongside()
        self._outbox = LedgerOutbox(run.unrecorded, self._batch, self._is_behind)
        self._dispatcher = EscalationDispatcher(run.calls, self._call_anew, self._hear)
        self._run_length = RunLength(run.course.written_bytes)
        self._fullness = Fullness(run.carried_bytes, self._course)
        self._sizes = Sizes(workflow.metric_meter())
        self._shown = Shown(self._course, self._course.deadlines())
        self._end = CourseEnd(run.ends, lambda: self._shown, self._is_idle)
        self._is_waking = run.is_woken
        self._prepared: Prepared | None = None
        self._updates = 0
        self._retold_at: datetime | None = None

    @workflow.run
    async def run(self, run: CourseRun) -> LedgerHead | None:  # noqa: ARG002  used by `__init__`
        """Waits for the next clinic event or the earliest deadline, until the course is closed and nothing is owed.

        Returns the head of its ledger then, which Temporal remembers for the retention; None if it never began.

        It takes and judges facts for ever: the next one wakes it again from the record. Its id is never used again. One
        that somebody tried to cancel in Temporal goes on.
        """
        return await self._alongside.see_through(self._goes_on(), self._tell)

    async def _goes_on(self) -> LedgerHead | None:
        if not await self._is_referred() or (self._is_waking and not await is_newest(self._course)):
            return None
        self._is_waking = False
        # Never cancelled: their activities complete, and the next run takes over the rest.
        self._alongside.start(self._outbox.run())
        self._alongside.start(self._dispatcher.run())
        self._alongside.start(self._end.run())
        if self._fullness.is_half_used(self._course):
            self._apply(self._course.is_filling(workflow.now()))
        while not self._is_run_over():
            await self._something_happens()
            self._apply(self._course.pass_deadlines(workflow.now(), self._shown.deadlines))
            if self._end.has_come:
                return self._course.head
        await self._go_over()
        return None

    async def _go_over(self) -> None:
        """Continues as new: nothing comes after it."""
        self._outbox.leave()
        self._dispatcher.leave()
        await until(workflow.all_handlers_finished)
        handed_on = self._fullness.measured(self._handed_on())
        self._sizes.carried(handed_on.carried_bytes)
        workflow.continue_as_new(
            handed_on,
            initial_versioning_behavior=(
                workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
                if self._run_length.goes_over(self._course)
                else None
            ),
        )

    @workflow.update(description="A clinic event: accepted for good, or an act refused with reasons")
    def report(self, report: Report) -> Answer:
        """Writes the accepted event to the ledger, and answers with the state of the course."""
        # The validator has decided, and the course cannot have changed since, for this is no coroutine. A replay
        # decides again without today's checks: what history holds was accepted by the rules of its day.
        self._updates += 1
        passed, decision = self._taken_over() or self._decided_anew(report)
        self._apply(passed)
        self._apply(decision)
        assert decision.answer is not None
        return decision.answer

    @report.validator
    def _may_report(self, report: Report) -> None:
        # An event that is refused, was answered before, or fails by a defect of Kapstan never enters history.
        self._check_awake()
        self._check_time_left(report)
        passed, decision = self._decided(report, workflow.now())
        update = workflow.current_update_info()
        assert update is not None
        self._prepared = Prepared(update.id, self._course, passed, decision)

    @workflow.signal(description="News from one of the course's escalations")
    def escalation_moved(self, notice: Notice) -> None:
        """Writes to the ledger who acknowledged or resolved which escalation. What it has heard before is no news."""
        if not self._course.has_heard(notice) or not workflow.patched(NEWS_ONCE):
            self._apply(self._course.hear(notice, workflow.now()))

    @workflow.signal(description="Another build is current")
    def build_changed(self) -> None:
        """Wakes a course that waits for its next event or deadline: it goes over as soon as it may."""
        # Only a workflow task tells a course that another build is current.

    @workflow.query(description="The course as it is shown at a moment")
    def view(self, at: datetime) -> CourseView | None:
        """The view of the course at a moment; None before its referral."""
        return self._queries.view(at)

    @workflow.query(description="What an event would be answered, were it reported at a moment")
    def ask(self, question: Question) -> Foretold:
        """Decides on the report as the course stands, and records nothing."""
        return self._queries.ask(question, self._decided)

    @workflow.query(description="What a change to another version of its protocol would change, at a moment")
    def foresee(self, question: Question) -> Foreseen | None:
        """Decides on the migration as the course stands, and records nothing; None for any other event."""
        return self._queries.foresee(question)

    @workflow.query(description="What stands in the way of an event that is about to be reported")
    def in_the_way(self, intent: Intent) -> tuple[Blocker, ...]:
        """The blockers of an act, or the deviations of a fact, that are known whatever it says."""
        return self._queries.in_the_way(intent)

    @workflow.query(description="Whom it will call for if nobody acts")
    def calls_to_come(self, ahead: Ahead) -> CallsToCome:
        """The escalation commands that are waiting, and those of every deadline that would pass if nobody acts."""
        return self._queries.calls_to_come(ahead)

    @workflow.query(description="The end of the ledger's chain")
    def ledger_head(self) -> LedgerHead:
        """The head that the record store's ledger must have."""
        return self._queries.ledger_head()

    @workflow.query(description="The protocol version and the time zone that it goes by")
    def pinned(self) -> PinnedCourse:
        """What is needed besides its ledger to tell the course again."""
        return self._queries.pinned()

    @workflow.query(description="The course as the record store's lists must show it at a moment")
    def as_listed(self, at: datetime) -> Batch | None:
        """What is written with the ledger, without an entry; None before its referral."""
        return self._queries.as_listed(at)

    @workflow.query(description="What its next run would begin with, as JSON")
    def handed_on(self) -> str:
        """The `CourseRun` of a next run. As text: whoever asks finds out whether another build can read it."""
        return self._handed_on().model_dump_json()

    async def _is_referred(self) -> bool:
        try:
            await until(lambda: self._course.referral is not None, REFERRAL_WITHIN)
        except TimeoutError:
            return False
        return True

    async def _something_happens(self) -> None:
        """Waits until the earliest deadline changes or passes, or the run has grown long."""
        armed = self._wakes_at()
        left = None if armed is None else max(armed - workflow.now(), timedelta())
        with suppress(TimeoutError):
            await until(
                lambda: self._wakes_at() != armed or self._end.has_come or self._is_run_over(),
                left,  # no summary: it would be a payload of its own in each event of every timer
            )

    def _decided(self, report: Report, now: datetime) -> tuple[Decision, Decision]:
        """The deadlines that have passed and the decision on the report, changing nothing. Raises what refuses it."""
        try:
            passed, decision = self._queries.decided(report, now, self._fullness, self._history())
            self._try_out(decision)
        except (Refused, AlreadyAnswered):
            raise
        except Exception as error:  # noqa: BLE001  any error refuses this event only
            raise _defect(error, report.request_id) from None  # a chained message would travel along
        return passed, decision

    @property
    def _queries(self) -> CourseQueries:
        self._check_awake()
        return CourseQueries(self._shown, self._dispatcher.waiting)

    def _check_awake(self) -> None:
        """Raises an error while it is not known whether the course is as the record kept it last."""
        if self._is_waking:
            raise ApplicationError("the course is being woken", type=BUSY, non_retryable=True)

    def _check_time_left(self, report: Report) -> None:
        """Lets one long correction into each workflow task, which has two seconds for all that it is to decide."""
        if not corrected_fact.is_long_to_retell(self._course, report.event):
            return
        if self._retold_at == workflow.now():
            raise ApplicationError("another correction is being decided", type=BUSY, non_retryable=True)
        self._retold_at = workflow.now()

    def _taken_over(self) -> tuple[Decision, Decision] | None:
        prepared, self._prepared = self._prepared, None
        update = workflow.current_update_info()
        if prepared is None or update is None or prepared.update_id != update.id or prepared.before is not self._course:
            return None
        return prepared.passed, prepared.decision

    def _decided_anew(self, report: Report) -> tuple[Decision, Decision]:
        now = workflow.now()
        passed = self._course.pass_deadlines(now, self._shown.deadlines)
        return passed, passed.course.accepted(report.event, now, report.offered, report.request_id, report.sent_by)

    def _try_out(self, decision: Decision) -> None:
        """Computes everything that applying the decision needs, so that an error is raised before anything happens."""
        shown = Shown(decision.course, decision.deadlines)
        changed_attributes(self._shown, shown)
        story(shown)
        batch_of(decision.course, (), workflow.now(), decision.deadlines)

    def _handed_on(self) -> CourseRun:
        return CourseRun(
            course=self._course,
            unrecorded=self._outbox.unrecorded,
            calls=self._dispatcher.waiting,
            ends=self._end.ends,
        )

    def _batch(self, entries: tuple[Entry, ...]) -> Batch:
        self._sizes.recorded(sum(entry.size for entry in entries), workflow.info().get_current_history_length())
        return batch_of(self._course, entries, workflow.now(), self._shown.deadlines)

    def _call_anew(self, unheard: RepeatEscalation) -> None:
        self._apply(self._course.call_anew(unheard, workflow.now()))

    def _hear(self, notice: Notice) -> None:
        self._apply(self._course.hear(notice, workflow.now()))

    def _is_behind(self) -> None:
        self._apply(self._course.record_is_behind(workflow.now()))

    def _wakes_at(self) -> datetime | None:
        return self._shown.passes_at or self._end.comes_at

    def _apply(self, decision: Decision) -> None:
        """Applies a decision. The course changes nowhere else."""
        if decision.course is self._course:
            return
        before, self._course = self._shown, decision.course
        self._shown = Shown(decision.course, decision.deadlines)
        self._outbox.add(decision.entries)
        self._dispatcher.add(decision.calls)
        self._end.move()
        if updates := changed_attributes(before, self._shown):  # an upsert is a history event: only what changed
            workflow.upsert_search_attributes(updates)
        self._tell()

    def _tell(self) -> None:
        """Shows the state of the course in Temporal's UI."""
        workflow.set_current_details(story(self._shown, was_cancelled=self._alongside.was_cancelled))

    def _is_run_over(self) -> bool:
        # Idle only: an update answered in the same task that ends the run may be lost to its caller.
        return self._run_length.is_over(
            self._course,
            is_idle=self._is_idle(),
            has_closed=self._end.has_closed,
            can_be_handed_on=self._can_be_handed_on,
        )

    def _is_idle(self) -> bool:
        return not (self._dispatcher.waiting or self._outbox.unrecorded)

    def _history(self) -> History:
        return History(self._updates, workflow.info().get_current_history_size())

    def _can_be_handed_on(self) -> bool:
        if self._outbox.unrecorded_bytes <= BACKLOG_CARRIED:
            return True
        # A run that is being replayed did not end here: it was too large as measured then, by the library of that day.
        return not workflow.unsafe.is_replaying() and self._fullness.can_be_handed_on(
            self._course, self._outbox.unrecorded
        )


def _defect(error: Exception, request_id: str | None) -> ApplicationError:
    """The error a caller gets for a defect of Kapstan. Logs only type and place: its message may quote a patient."""
    where = "".join(format_tb(error.__traceback__))
    workflow.logger.error(
        "Deciding an event failed with %s\n%s", type(error).__name__, where, extra={"request_id": request_id}
    )
    return ApplicationError("the event could not be decided: nothing has changed", type=DEFECT, non_retryable=True)

"""An obligation that outlives everything: it pages up the ladder until somebody answers, and waits for the promise."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.escalation.escalation import FALLBACK_STEP, Attempt, Escalation, EscalationRun, opened
    from domain.escalation.ids import course_workflow_id
    from domain.escalation.ladder import EscalationProgress
    from domain.escalation.messages import (
        Acknowledge,
        EscalationView,
        Order,
        Page,
        PageOrder,
        Reassign,
        Repeat,
        Resolve,
        Settlement,
        Snooze,
    )
    from domain.oncall.file import FALLBACK, OnCallQuery, OnCallSnapshot
    from domain.refusal import Refused
    from domain.values import PersonId
    from workflows import activity_names
    from workflows.alongside import Alongside
    from workflows.queues import COURSES

WORKFLOW_TYPE: Final = "Escalation"

STEPS_A_RUN: Final = 100
"""An escalation that nobody answers may climb for months, and one that reaches nobody is tried again for as long: its
history begins anew now and then."""

STANDING_WITHIN: Final = timedelta(seconds=10)
STANDING_GIVEN_UP_AFTER: Final = timedelta(seconds=15)
"""How long it is asked who is on call. Then pages go out by the last answer; where there is none it is asked once more,
and then the fallback is called."""
ASKED_AGAIN_AFTER: Final = timedelta(seconds=5)
FALLBACK_AGAIN_AFTER: Final = timedelta(minutes=5)
"""How long the fallback is left in peace that took a page while nobody could say who is on call."""
PAGE_WITHIN: Final = timedelta(seconds=30)
"""All channels are tried side by side and give up earlier by themselves (`gateway.channels.CHANNEL_WITHIN`)."""
PAGE_ALIVE_WITHIN: Final = timedelta(seconds=15)
"""A worker that died while paging is noticed after this; the next one skips the channels that were tried."""
PAGE_RETRIES: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
"""For workers that die. Channels that fail are not retried: the fallback and the next step are the answer to that."""
RECORD_WITHIN: Final = timedelta(seconds=30)
FOR_EVER: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

TRIED_AGAIN: Final = "a step that reached nobody is tried again"
"""Since this patch. Histories from before it hold no timer for that."""


@workflow.defn(name=WORKFLOW_TYPE, failure_exception_types=[Refused])
class EscalationWorkflow:
    """One escalation, on the paging queue: neither a busy record store nor a closed course delays a page."""

    @workflow.init
    def __init__(self, start: EscalationRun) -> None:
        self._opening = start.opening
        # Its own clock, not the course's: under skipped time the course's may be ahead, and the first page would wait.
        self._escalation = start.carried or opened(self._opening, workflow.now())
        self._standing: OnCallSnapshot | None = None
        self._alongside = Alongside()
        self._paging: set[asyncio.Task[None]] = set()
        self._unanswered = 0
        self._fallback_called_at: datetime | None = None
        self._recorded = 0
        self._steps = 0

    @workflow.run
    async def run(self, start: EscalationRun) -> EscalationView:
        """Climbs until resolved, then tells its course and its record, and ends with its last view."""
        self._alongside.start(self._tell_the_course())
        self._alongside.start(self._keep_the_record())
        return await self._alongside.see_through(self._climb_until_resolved(start), self._survive_a_cancellation)

    @workflow.update
    async def acknowledge(self, order: Acknowledge) -> EscalationView:
        """Somebody has promised it: the ladder stops, the promise is timed."""
        return await self._act(order)

    @acknowledge.validator
    def _may_acknowledge(self, order: Acknowledge) -> None:
        self._check(order)

    @workflow.update
    async def resolve(self, order: Resolve) -> EscalationView:
        """Somebody has dealt with it."""
        return await self._act(order)

    @resolve.validator
    def _may_resolve(self, order: Resolve) -> None:
        self._check(order)

    @workflow.update
    async def snooze(self, order: Snooze) -> EscalationView:
        """Nobody is paged for a while."""
        return await self._act(order)

    @snooze.validator
    def _may_snooze(self, order: Snooze) -> None:
        self._check(order)

    @workflow.update
    async def reassign(self, order: Reassign) -> EscalationView:
        """Somebody else is asked, and paged at once."""
        view = await self._act(order)
        self._page_in_the_background(Attempt(step=max(view.step, 1), to=order.to, at=workflow.now()), (order.to,))
        return view

    @reassign.validator
    def _may_reassign(self, order: Reassign) -> None:
        self._check(order)

    @workflow.signal
    def repeat(self, news: Repeat) -> None:
        """It happened again, perhaps worse."""
        self._move(self._escalation.repeat(news, workflow.now()))

    @workflow.signal
    def settle(self, news: Settlement) -> None:
        """What was missing has come."""
        self._move(self._escalation.settle(news, workflow.now()))

    @workflow.signal
    def report_back(self) -> None:
        """The course asks how this escalation stands: it has opened it before, and may have forgotten."""
        self._move(self._escalation.reported_back(workflow.now()))

    @workflow.query
    def view(self) -> EscalationView:
        """The escalation as it stands."""
        return self._escalation.view

    @workflow.query(name="climb")
    def progress(self) -> EscalationProgress:
        """The ladder as it stands, from which `domain.views.forecast` tells who is paged when."""
        return self._escalation.progress

    async def _climb_until_resolved(self, start: EscalationRun) -> EscalationView:
        while not self._is_over():
            await self._until_something_is_due()
            if self._is_ready_for_a_new_run():
                workflow.continue_as_new(start.but(carried=self._escalation))
            if not self._escalation.is_resolved:
                await self._learn_who_is_on_call()
                self._climb()
        return self._escalation.view

    def _survive_a_cancellation(self) -> None:
        self._show()
        workflow.logger.warning("Somebody cancelled this escalation. It goes on: people end it, by resolving it")

    async def _until_something_is_due(self) -> None:
        """Until a rung or a lapse is due, or this run has nothing left to do. Only a moved one sets a new timer."""
        while not (self._is_due() or self._is_over() or self._is_ready_for_a_new_run()):
            expected = self._wakes_at()
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    partial(self._has_news, expected), timeout=expected - workflow.now() if expected else None
                )

    def _has_news(self, expected: datetime | None) -> bool:
        return self._wakes_at() != expected or self._is_over() or self._is_ready_for_a_new_run()

    def _wakes_at(self) -> datetime | None:
        """When the clock next matters: at once while it is not known who is on call, never once resolved."""
        if self._escalation.is_resolved:
            return None
        return self._escalation.wakes_at(self._standing.policy) if self._standing else workflow.now()

    def _is_due(self) -> bool:
        wakes_at = self._wakes_at()
        return wakes_at is not None and wakes_at <= workflow.now()

    def _is_over(self) -> bool:
        is_told = not self._escalation.notices and self._recorded == self._escalation.view.revision
        return self._escalation.is_resolved and is_told and self._is_quiet()

    def _is_ready_for_a_new_run(self) -> bool:
        is_long = self._steps >= STEPS_A_RUN or workflow.info().is_continue_as_new_suggested()
        return is_long and not self._escalation.is_resolved and not self._escalation.notices and self._is_quiet()

    def _is_quiet(self) -> bool:
        """Nothing is under way that the end of this run would cut off."""
        return not self._paging and workflow.all_handlers_finished()

    async def _learn_who_is_on_call(self) -> None:
        """Asked before each rung, so that an edit of the rota counts for the very next page.

        Where nobody can say, the last answer counts; where there never was one, the fallback is called meanwhile.
        """
        duty = OnCallQuery(severity=self._escalation.progress.severity, at=workflow.now())
        try:
            standing = await workflow.execute_activity(
                activity_names.standing,
                duty,
                start_to_close_timeout=STANDING_WITHIN,
                schedule_to_close_timeout=STANDING_GIVEN_UP_AFTER,
                retry_policy=FOR_EVER,
            )
        except ActivityError:
            workflow.logger.exception("Nobody can say who is on call")
            self._unanswered += 1
            if self._standing is None:
                self._call_the_fallback()
                await workflow.sleep(ASKED_AGAIN_AFTER)
            return
        self._unanswered = 0
        # It may have become worse while we asked: then this is the answer for the milder policy, and we ask again.
        if duty.severity is self._escalation.progress.severity:
            self._standing = standing

    def _call_the_fallback(self) -> None:
        """Calls those who need no rota, unless they were called just now, or nobody is to be called."""
        now, progress = workflow.now(), self._escalation.progress
        # Once may be a worker that ended just then: who is on call is known as soon as another one is asked.
        is_certain = self._unanswered > 1
        is_called = self._fallback_called_at is not None and now < self._fallback_called_at + FALLBACK_AGAIN_AFTER
        is_due = progress.is_open and progress.moves_at is not None and progress.moves_at <= now
        if is_due and is_certain and not (is_called or self._paging):
            self._steps += 1
            self._begin_to_page(self._call_only_the_fallback())

    async def _call_only_the_fallback(self) -> None:
        called_at = workflow.now()
        if await self._page(FALLBACK_STEP, FALLBACK):
            self._fallback_called_at = called_at

    def _climb(self) -> None:
        """Pages the rung that is due, if one still is: somebody may have answered while we asked who is on call."""
        now = workflow.now()
        self._move(self._escalation.lapse(now))
        if not self._standing or not self._escalation.progress.is_open:
            return
        policy, called = self._standing.policy, self._standing.called
        next_step = self._escalation.progress.upcoming(policy)
        if next_step and next_step.at <= now:
            self._steps += 1
            self._move(self._escalation.advanced(policy, next_step, now))
            self._page_in_the_background(Attempt(step=next_step.step, at=now), called[next_step.step - 1])
        elif (unheard := self._escalation.unheard) and self._escalation.is_to_be_tried_again(policy, now):
            self._steps += 1
            self._move(self._escalation.tried_again())
            # The policy may have been shortened since: then its last step is called.
            people = (unheard.to,) if unheard.to else called[min(unheard.step, len(called)) - 1]
            self._page_in_the_background(unheard.but(at=now, number=unheard.number + 1), people)

    def _page_in_the_background(self, attempt: Attempt, people: Sequence[PersonId]) -> None:
        """A channel that takes its time never delays the next rung. The attempt is kept if nobody hears it."""
        self._begin_to_page(self._page_everybody(attempt, people, self._escalation.progress))

    def _begin_to_page(self, paging: Coroutine[Any, Any, None]) -> None:
        task = self._alongside.start(paging)
        self._paging.add(task)
        task.add_done_callback(self._paging.discard)

    async def _page_everybody(self, attempt: Attempt, people: Sequence[PersonId], progress: EscalationProgress) -> None:
        if any(await asyncio.gather(*(self._page(attempt.step, person) for person in people))):
            return
        if not self._escalation.progress.is_open or await self._page(FALLBACK_STEP, FALLBACK):
            return
        if workflow.patched(TRIED_AGAIN):
            self._escalation = self._escalation.nobody_reached(attempt, progress)

    async def _page(self, step: int, person: PersonId) -> bool:
        """Whether any channel of the person took the page. Every attempt is on the record."""
        now = workflow.now()
        severity = self._escalation.view.severity
        order = PageOrder(escalation=self._opening, severity=severity, step=step, person=person, at=now)
        try:
            pages = await workflow.execute_activity(
                activity_names.page,
                order,
                start_to_close_timeout=PAGE_WITHIN,
                heartbeat_timeout=PAGE_ALIVE_WITHIN,
                retry_policy=PAGE_RETRIES,
            )
        except ActivityError:
            pages = (Page(at=now, step=step, person=person, channel="none", ok=False, error="the page was not sent"),)
        self._move(self._escalation.paged(pages))
        return any(page.ok for page in pages)

    async def _tell_the_course(self) -> None:
        course = workflow.get_external_workflow_handle(course_workflow_id(self._opening.course_id))
        while True:
            await workflow.wait_condition(lambda: bool(self._escalation.notices))
            try:
                await course.signal("escalation_moved", self._escalation.notices[0])
            except FailureError:
                workflow.logger.info("The course is no longer there to be told; the escalation goes on")
            self._escalation = self._escalation.told()

    async def _keep_the_record(self) -> None:
        """The newest view, for as long as the record store takes. Views in between need not be kept."""
        while True:
            await workflow.wait_condition(lambda: self._recorded != self._escalation.view.revision)
            view = self._escalation.view
            try:
                await workflow.execute_activity(
                    activity_names.record_escalation,
                    view,
                    task_queue=COURSES,
                    start_to_close_timeout=RECORD_WITHIN,
                    retry_policy=FOR_EVER,
                )
            except ActivityError:
                workflow.logger.exception("The record store refuses this escalation")
            self._recorded = view.revision

    async def _act(self, order: Order) -> EscalationView:
        """Decides once it is known who is on call; an act may come before that."""
        while (standing := self._standing) is None:
            self._escalation.check_open()
            await workflow.wait_condition(lambda: self._standing is not None or self._escalation.is_resolved)
        self._move(self._escalation.act(order, standing, workflow.now()))
        return self._escalation.view

    def _check(self, order: Order) -> None:
        if self._standing is None:
            self._escalation.check_open()
        else:
            self._escalation.act(order, self._standing, workflow.now())

    def _move(self, escalation: Escalation) -> None:
        if escalation.progress.severity is not self._escalation.progress.severity:
            self._standing = None
        self._escalation = escalation
        self._show()

    def _show(self) -> None:
        view = self._escalation.view
        survived = "; cancelled in Temporal, and goes on all the same" if self._alongside.was_cancelled else ""
        workflow.set_current_details(f"{view.severity}, {view.state}, step {view.step}{survived}")

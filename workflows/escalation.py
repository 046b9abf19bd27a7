"""The escalation workflow: pages step by step until somebody acknowledges, and again if it is not resolved in time."""

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
    from workflows.background_tasks import Alongside
    from workflows.queues import COURSES
    from workflows.waiting import until

WORKFLOW_TYPE: Final = "Escalation"

STEPS_A_RUN: Final = 100
"""Steps after which a run continues as new: an escalation that nobody answers, or that reaches nobody, may page for
months."""

STANDING_AT_ONCE: Final = timedelta(seconds=2)
"""Time limit of the first query for who is on call, by a local activity: the page goes out in the same task."""
STANDING_WITHIN: Final = timedelta(seconds=10)
STANDING_GIVEN_UP_AFTER: Final = timedelta(seconds=15)
"""How long the query for who is on call is retried. Then pages go out by the last snapshot; if there is none, the query
is repeated once, and then the fallback is paged."""
ASKED_AGAIN_AFTER: Final = timedelta(seconds=5)
FALLBACK_AGAIN_AFTER: Final = timedelta(minutes=5)
"""How long the fallback is not paged again after it took a page while it was not known who is on call."""
PAGE_WITHIN: Final = timedelta(seconds=30)
"""Time limit of a page: all channels are tried in parallel and time out earlier (`gateway.channels.CHANNEL_WITHIN`)."""
PAGE_ALIVE_WITHIN: Final = timedelta(seconds=15)
"""Heartbeat timeout after which a dead worker is noticed; the next one skips the channels that were tried."""
PAGE_RETRIES: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
"""Retries for dead workers. A failed channel is not retried: the fallback and the next step follow instead."""
RECORD_WITHIN: Final = timedelta(seconds=30)
FOR_EVER: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

NO_WAIT_STARTS_AGAIN: Final = "passing on starts no wait again"
"""Patch: it once did, so that whoever passed an alarm on every minute kept its next step from being paged."""

HEARD_ONCE: Final = "what a course asks is heard once"
"""Patch: a copy of it once paged again, or resolved what had been opened again since."""


@workflow.defn(name=WORKFLOW_TYPE, failure_exception_types=[Refused])
class EscalationWorkflow:
    """One escalation's workflow, on the paging queue: neither a busy record store nor a closed course delays a page.

    It stays with the build that its course was with, until it is resolved.
    """

    @workflow.init
    def __init__(self, start: EscalationRun) -> None:
        self._opening = start.opening
        # Its own clock, not the course's: with time skipping the course's may be ahead, and the first page would wait.
        self._escalation = start.carried or opened(self._opening, workflow.now())
        self._snapshot: OnCallSnapshot | None = None
        self._alongside = Alongside()
        self._paging: set[asyncio.Task[None]] = set()
        self._unanswered = 0
        self._fallback_called_at: datetime | None = None
        self._recorded = 0
        self._steps = 0

    @workflow.run
    async def run(self, start: EscalationRun) -> EscalationView:
        """Pages until resolved, notifies its course and the record store, and returns its last view."""
        self._alongside.start(self._tell_the_course())
        self._alongside.start(self._keep_the_record())
        return await self._alongside.see_through(self._climb_until_resolved(start), self._survive_a_cancellation)

    @workflow.update
    async def acknowledge(self, order: Acknowledge) -> EscalationView:
        """Acknowledges it: the ladder stops, and `resolve_within` runs."""
        return await self._act(order)

    @acknowledge.validator
    def _may_acknowledge(self, order: Acknowledge) -> None:
        self._check(order)

    @workflow.update
    async def resolve(self, order: Resolve) -> EscalationView:
        """Resolves it."""
        return await self._act(order)

    @resolve.validator
    def _may_resolve(self, order: Resolve) -> None:
        self._check(order)

    @workflow.update
    async def snooze(self, order: Snooze) -> EscalationView:
        """Stops paging for a while."""
        return await self._act(order)

    @snooze.validator
    def _may_snooze(self, order: Snooze) -> None:
        self._check(order)

    @workflow.update
    async def reassign(self, order: Reassign) -> EscalationView:
        """Passes it to somebody else, who is paged at once."""
        view = await self._act(order)
        self._page_in_the_background(Attempt(step=max(view.step, 1), to=order.to, at=workflow.now()), (order.to,))
        return view

    @reassign.validator
    def _may_reassign(self, order: Reassign) -> None:
        self._check(order)

    @workflow.signal
    def repeat(self, news: Repeat) -> None:
        """The cause happened again, perhaps worse. What was heard before is nothing new."""
        if self._is_new(news):
            self._move(self._escalation.repeat(news, workflow.now()))

    @workflow.signal
    def settle(self, news: Settlement) -> None:
        """What was missing has arrived, or is wanted no more. What was heard before is nothing new."""
        if self._is_new(news):
            self._move(self._escalation.settle(news, workflow.now()))

    @workflow.signal
    def report_back(self) -> None:
        """Queues its state as news for the course, which has opened it before and may have forgotten."""
        self._move(self._escalation.reported_back(workflow.now()))

    @workflow.query
    def view(self) -> EscalationView:
        """The escalation's current view."""
        return self._escalation.view

    @workflow.query
    def progress(self) -> EscalationProgress:
        """The escalation's progress, from which `domain.views.forecast` computes who is paged when."""
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
        """Waits until a step or lapse is due, or this run has nothing left to do. Only a moved one sets a new timer."""
        while not (self._is_due() or self._is_over() or self._is_ready_for_a_new_run()):
            expected = self._wakes_at()
            with suppress(TimeoutError):
                await until(partial(self._has_news, expected), expected - workflow.now() if expected else None)

    def _has_news(self, expected: datetime | None) -> bool:
        return self._wakes_at() != expected or self._is_over() or self._is_ready_for_a_new_run()

    def _wakes_at(self) -> datetime | None:
        """When to wake next: at once while it is not known who is on call; None once resolved."""
        if self._escalation.is_resolved:
            return None
        return self._escalation.wakes_at(self._snapshot.policy) if self._snapshot else workflow.now()

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
        """Whether nothing is under way that the end of this run would cut off."""
        return not self._paging and workflow.all_handlers_finished()

    async def _learn_who_is_on_call(self) -> None:
        """Queries who is on call before each step, so that an edit of the rota counts for the next page.

        If the query fails, the last snapshot counts; if there is none, the fallback is paged meanwhile.
        """
        duty = OnCallQuery(severity=self._escalation.progress.severity, at=workflow.now())
        try:
            snapshot = await _on_call(duty)
        except ActivityError:
            workflow.logger.exception("Nobody can say who is on call")
            self._unanswered += 1
            if self._snapshot is None:
                self._call_the_fallback()
                await workflow.sleep(ASKED_AGAIN_AFTER)
            return
        self._unanswered = 0
        # If the severity rose meanwhile, this is the answer for the milder policy, and the query is repeated.
        if duty.severity is self._escalation.progress.severity:
            self._snapshot = snapshot

    def _call_the_fallback(self) -> None:
        """Pages the fallback channels if a step is due, unless they were paged just before."""
        now, progress = workflow.now(), self._escalation.progress
        # A single failure may be a worker that has just ended; another one will answer.
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
        """Pages the step that is due, if one still is: somebody may have acted during the query."""
        now = workflow.now()
        self._move(self._escalation.lapse(now))
        if not self._snapshot or not self._escalation.progress.is_open:
            return
        policy, called = self._snapshot.policy, self._snapshot.called
        next_step = self._escalation.progress.upcoming(policy)
        if next_step and next_step.at <= now:
            self._steps += 1
            self._move(self._escalation.advanced(policy, next_step, now))
            self._page_in_the_background(Attempt(step=next_step.step, at=now), called[next_step.step - 1])
        elif (unheard := self._escalation.unheard) and self._escalation.is_to_be_tried_again(policy, now):
            self._steps += 1
            self._move(self._escalation.tried_again())
            # The policy may have fewer steps now: then its last step is paged.
            people = (unheard.to,) if unheard.to else called[min(unheard.step, len(called)) - 1]
            self._page_in_the_background(unheard.but(at=now, number=unheard.number + 1), people)

    def _page_in_the_background(self, attempt: Attempt, people: Sequence[PersonId]) -> None:
        """Pages in a background task: a slow channel never delays the next step. A failed attempt is remembered."""
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
        self._escalation = self._escalation.nobody_reached(attempt, progress)

    async def _page(self, step: int, person: PersonId) -> bool:
        """Pages one person, and records every attempt. True if any of their channels took the page."""
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
            await until(lambda: bool(self._escalation.notices))
            try:
                await course.signal("escalation_moved", self._escalation.notices[0])
            except FailureError:
                workflow.logger.info("The course is no longer there to be told; the escalation goes on")
            self._escalation = self._escalation.told()

    async def _keep_the_record(self) -> None:
        """Records the newest view, however long the record store takes. Views in between may be skipped."""
        while True:
            await until(lambda: self._recorded != self._escalation.view.revision)
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
        """Carries out an order once it is known who is on call; it may arrive before that."""
        self._escalation = self._escalation.took(order)
        while (snapshot := self._snapshot) is None:
            self._escalation.check_open()
            await until(lambda: self._snapshot is not None or self._escalation.is_resolved)
        if isinstance(order, Reassign) and not workflow.patched(NO_WAIT_STARTS_AGAIN):
            self._move(self._escalation.reassign_as_of_old(order, snapshot, workflow.now()))
        else:
            self._move(self._escalation.act(order, snapshot, workflow.now()))
        return self._escalation.view

    def _is_new(self, news: Repeat | Settlement) -> bool:
        """Whether it was not heard before; it is remembered from then on."""
        if self._escalation.has_heard(news) and workflow.patched(HEARD_ONCE):
            return False
        self._escalation = self._escalation.having_heard(news)
        return True

    def _check(self, order: Order) -> None:
        self._escalation.check_new(order)
        if self._snapshot is None:
            self._escalation.check_open()
        else:
            self._escalation.act(order, self._snapshot, workflow.now())

    def _move(self, escalation: Escalation) -> None:
        if escalation.progress.severity is not self._escalation.progress.severity:
            self._snapshot = None
        self._escalation = escalation
        self._show()

    def _show(self) -> None:
        view = self._escalation.view
        survived = "; cancelled in Temporal, and goes on all the same" if self._alongside.was_cancelled else ""
        workflow.set_current_details(f"{view.severity}, {view.state}, step {view.step}{survived}")


async def _on_call(duty: OnCallQuery) -> OnCallSnapshot:
    """Who is on call. Raises `ActivityError` if nobody can say for a while."""
    with suppress(FailureError):  # of a local activity the SDK raises the cause itself
        return await workflow.execute_local_activity(
            activity_names.standing,
            duty,
            start_to_close_timeout=STANDING_AT_ONCE,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
    return await workflow.execute_activity(
        activity_names.standing,
        duty,
        start_to_close_timeout=STANDING_WITHIN,
        schedule_to_close_timeout=STANDING_GIVEN_UP_AFTER,
        retry_policy=FOR_EVER,
    )

"""Liveness: asks the workflow of a course or escalation when it next moves, since the record alone may be behind.

Temporal is asked first whether the workflow is running: one that it has ended still answers with its last state.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import Final

from temporalio.client import Client

from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import ExpectedMove, NextMove, NoAnswer
from domain.refusal import Refused
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.stuck_workflows import trouble
from gateway.workflow_calls import ANSWER_WITHIN, Ended, TooMany, Unavailable

ASKED_WITHIN: Final = ANSWER_WITHIN
"""The same time limit as for reporting a clinic event: whatever takes longer serves nobody."""

log = logging.getLogger(__name__)


class Liveness:
    """Asks courses and escalations when they next move by themselves."""

    def __init__(self, client: Client, courses: Courses, escalations: Escalations) -> None:
        self._client = client
        self._courses = courses
        self._escalations = escalations

    async def of(self, expected: ExpectedMove) -> NextMove | NoAnswer:
        """Its answer. Any error counts as `NoAnswer`."""
        try:
            async with asyncio.timeout(ASKED_WITHIN.total_seconds()):
                if found := await trouble(self._client, expected.course_id, expected.escalation):
                    return NextMove(moves_at=None) if await self._is_over(expected, found) else NoAnswer(why=found)
                return NextMove(moves_at=await self._moves_at(expected))
        except (Refused, Unavailable, TooMany, TimeoutError):
            return NoAnswer()
        except Exception as error:  # noqa: BLE001  a defect of Kapstan must not keep a page back
            log.error("Asking a course failed with %s", type(error).__name__)  # noqa: TRY400  its words may quote a patient
            return NoAnswer()

    async def _is_over(self, expected: ExpectedMove, found: SilenceReason) -> bool:
        """Whether its course has ended as it was to, with nothing owed, and not by somebody's hand in Temporal."""
        if found is not SilenceReason.ENDED or expected.escalation is not None:
            return False
        with suppress(Ended):
            return await self._courses.has_ended(expected.course_id)
        return False

    async def _moves_at(self, expected: ExpectedMove) -> datetime | None:
        if expected.escalation is not None:
            return (await self._escalations.progress(expected.escalation)).moves_at
        view = await self._courses.view(expected.course_id)
        return min((deadline.passes_at for deadline in view.deadlines), default=None)

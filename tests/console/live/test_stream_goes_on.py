"""A stream that has gone deaf looks like a quiet night: whatever goes wrong while telling, the next change is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from console.live.stream import Stream
from domain.access import Caller, TokenRole
from domain.escalation.ids import EscalationId
from domain.values import CourseId
from domain.views.course import CourseView
from gateway.workflow_calls import TooMany
from records.changes import ChangeKind, ChangeListener, Changes, RecordChange
from tests.support.eventually import WITHIN
from tests.support.record_samples import view

NURSE = Caller(token_id="00000001", name="a nurse", roles=(TokenRole.ONCALL,))


class NewsTwin(ChangeListener):
    """Rings when the test says so."""

    def __init__(self) -> None:
        self.next_step = asyncio.Event()

    async def wait(self) -> None:
        await self.next_step.wait()
        self.next_step.clear()


class ChangesTwin(Changes):
    """Changes in memory; while there are `faults`, each look fails with the next of them."""

    def __init__(self) -> None:
        self.all: list[RecordChange] = []
        self.faults: list[Exception] = []
        self.is_there = asyncio.Event()
        self.is_there.set()

    async def newest(self) -> int:
        await self.is_there.wait()
        return max((one.number for one in self.all), default=0)

    async def after(self, number: int, limit: int) -> list[RecordChange]:
        if self.faults:
            raise self.faults.pop()
        return [one for one in self.all if one.number > number][:limit]

    async def revoked(self, tokens: set[str]) -> set[str]:  # noqa: ARG002  none ever is
        return set()


class Floor:
    """A stream over the twins; `asked` fails for whoever asks a course where it is."""

    def __init__(self, asked: Sequence[Exception] = ()) -> None:
        self.news, self.changes = NewsTwin(), ChangesTwin()
        self._asked = list(asked)
        self.stream = Stream(self.changes, self._view, self._listening, self._recorded)

    def opens(self, number: int) -> EscalationId:
        """An escalation is recorded, before its course is."""
        opened = view(n=number)
        self.changes.all.append(
            RecordChange(
                number=number,
                kind=ChangeKind.ESCALATION,
                course_id=opened.course_id,
                site=None,
                is_behind_escalations=True,
                data=opened,
            )
        )
        self.news.next_step.set()
        return opened.id

    async def _view(self, _course: CourseId) -> CourseView:
        raise self._asked.pop()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[NewsTwin]:
        yield self.news

    def _recorded(self, _at: datetime) -> None:
        """Counts nothing."""


async def heard(floor: Floor, number: int) -> str:
    """What a nurse is told first after an escalation was opened."""
    within = asyncio.timeout(WITHIN.total_seconds())
    async with floor.stream.kept(), floor.stream.listener(NURSE, None) as nurse, within:
        await nurse.waiting.get()
        opened = floor.opens(number)
        while opened not in (message := (await nurse.waiting.get()).decode()):
            pass
        return message


async def test_a_course_that_is_too_busy_to_say_its_site_silences_nobody() -> None:
    """Ten questions at a time are as many as Temporal takes: who is bound to no site hears of it all the same."""
    assert "vitals_overdue" in await heard(Floor(asked=[TooMany("busy")]), 1)


@pytest.mark.parametrize("fault", [ValueError("a row that nobody understands"), KeyError("kind"), RuntimeError()])
async def test_a_fault_while_telling_is_logged_and_the_next_change_is_told(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """What went wrong is logged by its kind, without what it quotes."""
    floor = Floor(asked=[TooMany("busy")])
    floor.changes.faults = [fault]

    assert "vitals_overdue" in await heard(floor, 1)
    assert type(fault).__name__ in caplog.text
    assert "nobody understands" not in caplog.text


async def test_who_comes_before_the_first_look_is_told_from_which_number_on() -> None:
    """A console that has just started: what is recorded before its first look would else be told to nobody."""
    floor = Floor(asked=[TooMany("busy")])
    floor.changes.is_there.clear()
    async with floor.stream.kept(), asyncio.timeout(WITHIN.total_seconds()), asyncio.TaskGroup() as floors:

        async def comes() -> str:
            async with floor.stream.listener(NURSE, None) as nurse:
                return (await nurse.waiting.get()).decode()

        first = floors.create_task(comes())
        await asyncio.sleep(0)
        floor.opens(7)
        floor.changes.is_there.set()
        assert "id: 7" in await first

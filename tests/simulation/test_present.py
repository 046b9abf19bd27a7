"""A story in real time: the past is told at once, the rest is waited for, and whoever watches may act as well."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.course.state import Outcome
from domain.escalation.messages import EscalationState, Kind, Resolve
from domain.events.clinic_events import (
    ClinicEvent,
    CourseDiscontinued,
    CourseReferred,
    MeasureRecorded,
)
from domain.protocol.approval import content_hash
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from gateway.courses import Reported
from gateway.workflow_calls import TooMany, Unavailable
from simulation.course.reporter import Reporter
from simulation.course.staff import DESK, PRESCRIBER
from simulation.live.real_time import RealTimeWard, RealWall
from simulation.patients import questionnaires
from tests.support.virtual_floor import (
    Charts,
    Diary,
    Ladders,
    VirtualFloor,
    VirtualWall,
    on_call_at,
)

NOW = datetime(2026, 11, 25, 9, 37, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REFERRAL = CourseReferred.Data(actor=DESK, protocol="kap-im-weekly", site="bend", indications=("F33.1",))
AT_RISK = MeasureRecorded.Data(actor=DESK, instrument="cssrs", items=questionnaires.high_risk())


class Away:
    """A system that answers nothing a few times, and then as ever."""

    def __init__(self, charts: Charts, *troubles: Exception) -> None:
        self._charts = charts
        self._troubles = list(troubles)
        self.view = charts.view

    async def report(self, event: ClinicEvent) -> Reported:
        if self._troubles:
            raise self._troubles.pop()
        return await self._charts.report(event)


class Room:
    """One course on a chart, its ward, and the wall."""

    def __init__(self, protocol: Protocol, *troubles: Exception) -> None:
        self.wall = VirtualWall(NOW)
        pinned = PinnedProtocol(protocol=protocol, hash=content_hash(protocol))
        self.charts = Charts(pinned, on_call_at(NOW), self.wall)
        self.ladders = Ladders(self.charts, self.wall)
        self.ward = RealTimeWard("C-1", Away(self.charts, *troubles), self.ladders, self.wall, Diary(self.wall))
        self.teller = Reporter(self.ward, "C-1", NOW)

    async def passes(self, length: timedelta) -> None:
        await self.wall.moves_to(self.wall.now() + length, self.charts.passes)


async def test_what_is_past_is_told_at_once_and_what_comes_is_waited_for(protocol: Protocol) -> None:
    """Two events of yesterday are there without a moment passing; one of the next minute comes in the next minute."""
    room = Room(protocol)

    await room.teller.tell(NOW - timedelta(days=1), REFERRAL)
    coming = asyncio.create_task(room.teller.tell(NOW + MINUTE, AT_RISK))
    await asyncio.sleep(0)

    assert not coming.done()
    assert room.ward.is_in_the_present.is_set()
    await room.passes(MINUTE)
    assert (await coming).held


async def test_what_was_called_for_long_ago_was_answered_then(protocol: Protocol) -> None:
    """An hour's old alarm is acknowledged and resolved while it is told, and nobody waits."""
    room = Room(protocol)
    await room.teller.tell(NOW - timedelta(hours=2), REFERRAL)
    called_at = NOW - timedelta(hours=1)
    await room.teller.tell(called_at, AT_RISK)

    escalation = await room.ward.called(Kind.SUICIDE_RISK, None, by=called_at)
    answered_at = await room.ward.acknowledge(escalation, PRESCRIBER.id, after=MINUTE)
    done_at = await room.ward.resolve(escalation, PRESCRIBER.id, after=9 * MINUTE, note="seen")

    assert (answered_at, done_at) == (called_at + MINUTE, called_at + 9 * MINUTE)
    assert not room.ward.is_in_the_present.is_set()
    assert (await room.ladders.view(escalation)).state is EscalationState.RESOLVED


async def test_what_is_called_for_now_is_answered_after_its_time(protocol: Protocol) -> None:
    """The reply comes so long after the page as somebody takes, by the wall."""
    room = Room(protocol)
    await room.teller.tell(NOW, REFERRAL)
    await room.teller.tell(NOW, AT_RISK)
    escalation = await room.ward.called(Kind.SUICIDE_RISK, None, by=NOW)

    answering = asyncio.create_task(room.ward.acknowledge(escalation, PRESCRIBER.id, after=2 * MINUTE))
    await room.passes(MINUTE)
    assert (await room.ladders.view(escalation)).state is EscalationState.OPEN
    await room.passes(MINUTE)

    assert await answering == NOW + 2 * MINUTE
    assert (await room.ladders.view(escalation)).acknowledged_by == PRESCRIBER.id


async def test_a_call_that_never_comes_is_given_up(protocol: Protocol) -> None:
    """No deadline is learned so late that it would pass later than this."""
    room = Room(protocol)
    await room.teller.tell(NOW, REFERRAL)

    waiting = asyncio.create_task(room.ward.called(Kind.VITALS_OVERDUE, 1, by=NOW))
    await room.passes(16 * MINUTE)

    with pytest.raises(TimeoutError, match="no vitals_overdue"):
        await waiting


@pytest.mark.parametrize("trouble", [Unavailable("Temporal is away"), TooMany("ten at once")])
async def test_a_system_that_is_away_for_a_while_is_told_later(protocol: Protocol, trouble: Exception) -> None:
    """The same event again until it is answered: nothing that happened is left out."""
    room = Room(protocol, trouble, trouble)

    telling = asyncio.create_task(room.teller.tell(NOW, REFERRAL))
    await room.passes(MINUTE)

    assert (await telling).course_id == "C-1"
    assert room.charts.courses["C-1"].ledger[0].time == NOW


async def test_whoever_watches_may_deal_with_a_page_and_the_session_goes_on(protocol: Protocol) -> None:
    """The alarm is resolved by another one before its story does: their readings are taken all the same."""
    async with VirtualFloor(protocol, on_call_at(NOW), NOW, seed=1) as living:
        alarmed = living.named("alarm that nobody answered")
        (alarm,) = [one.id for one in living.escalations if one.course_id == alarmed.course_id]

        await living.ladders.act(alarm, Resolve(by="ward", note="I was next door"))
        await living.passes(20 * MINUTE)

        assert (await living.ladders.view(alarm)).resolved_by == "ward"
        assert living.in_other_hands == []
        since = living.named("alarm that nobody answered")
        assert len(since.sessions[-1].readings) > len(alarmed.sessions[-1].readings)


async def test_a_course_that_somebody_takes_over_is_left_to_him_and_the_others_live_on(protocol: Protocol) -> None:
    """Their own story ends at the first answer that is not its own, and is told of; nobody else's does."""
    async with VirtualFloor(protocol, on_call_at(NOW), NOW, seed=1) as living:
        taken = living.named("session today").course_id
        reason = CourseDiscontinued.Data(actor=PRESCRIBER, reason="somebody tried out the form")
        await living.charts.report(CourseDiscontinued(id="1", source="/form", subject=taken, time=NOW, data=reason))
        told = len(living.diary.accepted)
        await living.passes(10 * MINUTE)

        assert living.charts.courses[taken].view.outcome is Outcome.DISCONTINUED
        assert [course_id for course_id, _ in living.in_other_hands] == [taken]
        assert "closed" in living.in_other_hands[0][1]
        assert len(living.diary.accepted) - told > 10


async def test_the_wall_is_this_machines_clock() -> None:
    """It waits until a moment has come, and not for one that is over."""
    wall, before = RealWall(), datetime.now(UTC)

    await wall.until(before)
    await wall.until(before + timedelta(milliseconds=20))

    assert wall.now() - before >= timedelta(milliseconds=20)

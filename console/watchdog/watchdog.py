"""The independent watchdog: pages by itself when a course is no longer looked after, dosed patients first.

It depends on neither Temporal nor the workers, and runs in a process of its own, which no flood of requests takes
along; a console stands in while there is none. The one that holds the watchdog lock reads the record store: dosed
patients every few seconds, everything else in slower rounds. It asks a course only if the record shows that something
did not move in time, or if Temporal lists the course as failing or ended. While all is well, it asks Temporal for those
two lists and no course for anything.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from console.watchdog.alarms import AlarmPager
from domain.escalation import watchdog, watchdog_rounds
from domain.escalation.silence import Silence, SilenceReason
from domain.escalation.watchdog import (
    ExpectedMove,
    Move,
    NextMove,
    NoAnswer,
    RaiseAlarm,
    SettleAlarm,
    Suspect,
    Tick,
    WatchedSession,
)
from domain.escalation.watchdog_alarm import WatchdogAlarm
from domain.oncall.file import OnCall
from domain.values import Severity
from gateway.workflow_calls import ANSWER_WITHIN, Unavailable
from records.errors import GivesWay, RecordStoreError
from records.watchdog import WatchdogLock, WatchdogStore

LOOKS_EVERY: Final = timedelta(seconds=5)
ROUNDS_EVERY: Final = timedelta(seconds=15)
CLIMBS_EVERY: Final = timedelta(seconds=2)
BEATS_EVERY: Final = timedelta(minutes=1)
AGAIN_AFTER: Final = timedelta(seconds=5)
"""Wait before reconnecting to PostgreSQL."""

MOST_ON_A_ROUND: Final = 500
"""Most courses in one round, longest overdue first; the rest follows when those have moved."""

ASKED_AT_ONCE: Final = 16
"""Courses asked at a time. If none of these answers, Temporal or the workers are away, and the rest is not asked."""

Ask = Callable[[ExpectedMove], Awaitable[NextMove | NoAnswer]]
Suspects = Callable[[], Awaitable[Sequence[Suspect]]]

log = logging.getLogger(__name__)


async def _nobody() -> Sequence[Suspect]:
    return ()


async def _no_beat() -> None:
    """No dead man's switch is set."""


class Watchdog:
    """Watches over courses while this process holds the watchdog lock. It asks for overdue moves after `grace`.

    `suspects` returns what Temporal itself lists as failing or ended; without it the record alone counts. `beat` is
    called every `beats_every` for as long as it watches.
    """

    def __init__(
        self,
        store: WatchdogStore,
        turn: Callable[[], AbstractAsyncContextManager[WatchdogLock]],
        ask: Ask,
        alarms: AlarmPager,
        on_call: Callable[[], OnCall],
        grace: timedelta,
        suspects: Suspects = _nobody,
        beat: Callable[[], Awaitable[None]] = _no_beat,
        beats_every: timedelta = BEATS_EVERY,
    ) -> None:
        self._store = store
        self._turn = turn
        self._ask = ask
        self._suspects = suspects
        self._suspected: tuple[ExpectedMove, ...] = ()
        self._lists_are_away = False
        self._alarms = alarms
        self._on_call = on_call
        self._grace = grace
        self._beat = beat
        self._beats_every = beats_every

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While this is open, this process competes for the watchdog lock and watches when it holds it."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await self._alarms.leave()

    async def look(self) -> None:
        """Raises an alarm for each overlooked dosed patient, and settles the others. Raises as `WatchdogStore` does."""
        now = datetime.now(UTC)
        look = watchdog.look(await self._store.last_look(), now)
        expected, suspected = await self._store.expected(), self._suspected
        last = {
            visit: alarm
            for visit, alarm in watchdog_rounds.newest(await self._store.incidents()).items()
            if visit.session is not None
        }
        visits = {*last, *(one.visit for one in (*expected, *suspected) if one.session is not None)}
        found = await asyncio.gather(
            *(
                self._judge(
                    visit,
                    [one for one in expected if one.visit == visit],
                    [one for one in suspected if one.visit == visit],
                    last.get(visit),
                    look,
                )
                for visit in visits
            )
        )
        await self._store.silent([one for one in found if one is not None], dosed=True)
        # Last, since a look that fails has checked nobody, and readiness goes by this time.
        await self._store.look(look)

    async def go_round(self) -> None:
        """Raises or settles alarms for everything other than dosed patients. Raises as `WatchdogStore` does."""
        now = datetime.now(UTC)
        by = watchdog_rounds.Measure(
            watchdog.look(await self._store.last_look(), now), self._grace, self._on_call().policies
        )
        since = now - by.policies[Severity.URGENT].resolve_within
        await self._suspect(now)
        alarmed = watchdog_rounds.newest(await self._store.incidents_of_rounds(since, ()))
        courses = {visit.course_id for visit, alarm in alarmed.items() if not alarm.is_resolved}
        due = await self._store.overdue(now - self._grace, courses, MOST_ON_A_ROUND)
        asked_for = {
            (one.course_id, one.escalation): one
            for one in (*due, *(one for one in self._suspected if one.session is None))
            if one in self._suspected
            or one.course_id in courses
            or watchdog_rounds.is_late(one, alarmed.get(one.visit), by)
        }
        asked = await self._asked(list(asked_for.values()))
        now = datetime.now(UTC)
        visits = {one.expected.visit for one in asked}
        incidents = await self._store.incidents_of_rounds(since, {visit.course_id for visit in visits})
        judged = [
            watchdog_rounds.judged(visit, [one for one in asked if one.expected.visit == visit], incidents, by, now)
            for visit in visits
        ]
        for move in watchdog_rounds.moves(judged, incidents, by.policies, now):
            await self._make(move, now)
        silent = [one for one in judged if one.found.is_silent]
        await self._store.silent([_silence(one, now) for one in silent], dosed=False)

    async def _go_round(self) -> None:
        """Runs a round. One that fails never stops the looks at dosed patients, and the next is tried on time."""
        try:
            await self.go_round()
        except Exception as fault:  # noqa: BLE001  the look at dosed patients itself reports that the record store is away
            log.error("A round of the watch failed with %s", type(fault).__name__)  # noqa: TRY400  its message may hold more

    async def _suspect(self, now: datetime) -> None:
        """Updates the suspects from Temporal's lists, for the next look as well; none while Temporal is away."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                listed = await self._suspects()
        except (Unavailable, TimeoutError) as away:
            if not self._lists_are_away:
                log.warning("Temporal does not list the courses that fail (%s): only what is due is asked", away)
            self._lists_are_away, self._suspected = True, ()
            return
        self._lists_are_away = False
        self._suspected = tuple(await self._store.suspected(listed, now)) if listed else ()

    async def _asked(self, expected: Sequence[ExpectedMove]) -> list[watchdog_rounds.Asked]:
        """Asks each of them, most severe first. If a whole first batch does not answer, the rest counts as silent."""
        ordered = sorted(expected, key=lambda one: (-one.severity.rank, one.moves_at))
        asked: list[watchdog_rounds.Asked] = []
        for first in range(0, len(ordered), ASKED_AT_ONCE):
            some = ordered[first : first + ASKED_AT_ONCE]
            answers = await asyncio.gather(*map(self._ask, some))
            asked += map(watchdog_rounds.Asked, some, answers)
            if all(answer == NoAnswer() for answer in answers):
                asked += (watchdog_rounds.Asked(one, NoAnswer()) for one in ordered[first + ASKED_AT_ONCE :])
                break
        return asked

    async def _judge(
        self,
        visit: WatchedSession,
        expected: Sequence[ExpectedMove],
        suspected: Sequence[ExpectedMove],
        last: WatchdogAlarm | None,
        look: Tick,
    ) -> Silence | None:
        by = watchdog_rounds.Measure(look, self._grace, self._on_call().policies)
        # The cause of such an alarm may not show in the record: before it is settled, the course is asked.
        is_doubtful = (
            last is not None
            and not last.is_resolved
            and last.found in {SilenceReason.KEEPS_FAILING, SilenceReason.ENDED}
        )
        patient = watchdog.patience(look, last, self._grace)
        late = expected if is_doubtful else watchdog.overdue(expected, patient, look.looked_at)
        named = {(one.course_id, one.escalation): one for one in (*suspected, *late)}
        answers = await asyncio.gather(*map(self._ask, named.values()))
        now = datetime.now(UTC)
        one = watchdog_rounds.judged(
            visit, list(map(watchdog_rounds.Asked, named.values(), answers)), [last] if last else [], by, now
        )
        move = watchdog.move(visit, one.found, last, by.policies[Severity.EMERGENCY], now, of=one.of)
        if move is not None:
            await self._make(move, now)
        return _silence(one, now) if one.found.is_silent else None

    async def _make(self, move: Move, now: datetime) -> None:
        match move:
            case RaiseAlarm(incident=incident, finding=found):
                await self._store.add(incident)
                whom = "a course" if incident.escalation.view.session is None else "a dosed patient"
                log.error("Nobody watches over %s (%s): alarm %s", whom, found, incident.id)
            case SettleAlarm(id=escalation):
                await self._store.move(escalation, lambda incident: incident.settled(now))
                log.warning("Kapstan moves again: alarm %s is over", escalation)

    async def _watch(self) -> None:
        trouble = ""
        while True:
            try:
                async with self._turn() as turn, asyncio.TaskGroup() as watching:
                    log.info("This process watches over dosed patients, and over every course")
                    trouble = ""
                    watching.create_task(_every(LOOKS_EVERY, turn, self.look))
                    watching.create_task(_every(ROUNDS_EVERY, turn, self._go_round))
                    watching.create_task(_every(CLIMBS_EVERY, turn, self._alarms.progress))
                    watching.create_task(_every(self._beats_every, turn, self._beat))
            except* GivesWay as giving:
                log.info("This process watches no more: %s", giving.exceptions[0])
                found = trouble
            except* RecordStoreError as away:
                found = f"Nobody watches over dosed patients from this process: {away.exceptions[0]}"
            except* Exception as fault:  # noqa: BLE001  a watchdog that has ended looks like a quiet night
                found = f"Nobody watches over dosed patients from this process: {type(fault.exceptions[0]).__name__}"
            if found != trouble:
                log.error(found)
                trouble = found
            await asyncio.sleep(AGAIN_AFTER.total_seconds())


async def _every(length: timedelta, turn: WatchdogLock, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        await turn.check()
        await do()
        await asyncio.sleep(length.total_seconds())


def _silence(one: watchdog_rounds.Judged, now: datetime) -> Silence:
    return Silence(course_id=one.visit.course_id, session=one.visit.session, found=one.found, of=one.of, since=now)

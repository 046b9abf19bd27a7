"""The clinic of a soak: patients who are watched, patients at home, and a sender that sends each event many times."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import httpx

from domain.events.clinic_events import ClinicEvent
from domain.values import CourseId
from tests.support.cast import dose, phq9, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import TLS, House, on_the_wire
from tests.support.soak.account import Danger, Planted, Sent
from tests.support.ward import Ward

CHECKPOINTS: Final = timedelta(seconds=12)
"""Between two readings, by the protocol in seconds."""

DANGERS: Final = {Danger.MISSED: 0.06, Danger.BREACH: 0.06}
"""How often a reading is left out, or tells of an emergency."""

DECIDED_WITHIN: Final = timedelta(minutes=10)

COPIES: Final = (2, 5)
ASKS_FOR: Final = 15.0
AT_HOME_EVERY: Final = (8.0, 20.0)


def now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Sends each event two to five times, each at a moment of its own, until each was decided."""

    def __init__(self, house: House, chance: random.Random) -> None:
        headers = {"Authorization": f"Bearer {house.admin_token}"}
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=100)
        self.client = httpx.AsyncClient(
            base_url=house.url, headers=headers, timeout=ASKS_FOR, verify=TLS, limits=limits
        )
        self.sent: list[Sent] = []
        self._chance = chance

    async def sends(self, event: ClinicEvent) -> Sent:
        """What was answered to each copy, once each is."""
        one = Sent(course=event.subject, event=event.id, sent_at=now())
        self.sent.append(one)
        written, copies = on_the_wire(event), self._chance.randint(*COPIES)
        await asyncio.gather(*(self._copy(written, one, self._chance.uniform(0, 1)) for _ in range(copies)))
        return one

    async def _copy(self, written: object, one: Sent, after: float) -> None:
        await asyncio.sleep(after)
        answer = await eventually(partial(self._answer, written), DECIDED_WITHIN)
        one.statuses[answer.status_code] += 1
        if answer.is_success:
            told = answer.json()
            one.accepted_at = one.accepted_at or now()
            one.sequences.add(told["sequence"])
            one.escalations.update(told["escalations"])

    async def _answer(self, written: object) -> httpx.Response | None:
        try:
            answer = await self.client.post("/v1/events", json=written)
        except httpx.TransportError:
            return None
        return None if answer.status_code in {429, 503} else answer

    async def resolves(self, escalation: str) -> None:
        """Somebody has seen to it."""

        async def is_resolved() -> bool:
            said = {"by": "osei", "note": "Seen"}
            try:
                answer = await self.client.post(f"/v1/escalations/{escalation}/resolve", json=said)
            except httpx.TransportError:
                return False
            return answer.status_code in {200, 409}

        await eventually(is_resolved, DECIDED_WITHIN)

    async def close(self) -> None:
        await self.client.aclose()


class Clinic:
    """Everybody's courses, and what was planted in them."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house = house
        self.sender = Sender(house, chance)
        self.planted: list[Planted] = []
        self.watched: list[CourseId] = []
        self.at_home: list[CourseId] = []
        self.is_closing = False
        self._chance = chance

    async def admits(self, number: int) -> None:
        """One more patient at home: decided on, prepared, or booked."""
        points: Sequence[Callable[[Ward], Ward]] = (Ward.eligible, Ward.prepared, Ward.booked)
        self.at_home.append(await self.house.has(points[number % len(points)], "HOME"))

    async def doses(self) -> tuple[CourseId, datetime]:
        """One more patient has their medicine, now."""
        course = await self.house.has(Ward.cleared, "DOSED")
        self.watched.append(course)
        given = dose(course, 1, at=now())
        await self.sender.sends(given)
        return course, given.time

    async def watches(self, course: CourseId, dosed_at: datetime) -> None:
        """Takes their readings at each checkpoint, but for those that are left out, until the clinic closes."""
        number, on_time = 0, 0
        while not self.is_closing:
            due = dosed_at + number * CHECKPOINTS
            await _until(due + timedelta(seconds=self._chance.uniform(0, 1)))
            number += 1
            if on_time >= 2 and self._chance.random() < DANGERS[Danger.MISSED]:
                self.planted.append(Planted(Danger.MISSED, course, due))
                on_time = 0
                continue
            is_breach = on_time >= 2 and self._chance.random() < DANGERS[Danger.BREACH]
            event = vitals(course, 1, at=now(), spo2=84 if is_breach else 98)
            if is_breach:
                self.planted.append(Planted(Danger.BREACH, course, event.time, event.id))
            one = await self.sender.sends(event)
            if is_breach:
                await asyncio.sleep(self._chance.uniform(1, 5))
                await asyncio.gather(*(self.sender.resolves(escalation) for escalation in one.escalations))
            is_on_time = one.accepted_at is not None and one.accepted_at < due + timedelta(seconds=2)
            on_time = on_time + 1 if is_on_time and not is_breach else 0
            number = max(number, -(-(now() - dosed_at) // CHECKPOINTS))

    async def answers_at_home(self, course: CourseId) -> None:
        """They fill in a questionnaire again and again, three at once and in any order."""
        while not self.is_closing:
            await asyncio.sleep(self._chance.uniform(*AT_HOME_EVERY))
            at = now()
            events = [phq9(course, at=at - timedelta(seconds=number)) for number in range(3)]
            self._chance.shuffle(events)
            await asyncio.gather(*map(self.sender.sends, events))


async def _until(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - now()).total_seconds()))

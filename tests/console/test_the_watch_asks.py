"""Before anybody is woken the course itself is asked: it knows better than a record that is behind."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.silence import Finding
from domain.watch import Expected, Heard, Unanswered
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.protocols import load_folder
from gateway.pulse import Pulse
from gateway.temporal import connect
from records.connections import open_connections
from records.watch import WatchStore
from tests.cast import vitals
from tests.console.house import House
from tests.domain.ward import Ward
from tests.floor import eventually

pytestmark = pytest.mark.xdist_group("console")

OVERDUE_AS_RECORDED = datetime(2026, 1, 5, tzinfo=UTC)


async def pulse(house: House) -> Pulse:
    client = await connect(identity="test", target_host=house.stack.temporal)
    courses = Courses(client, load_folder(house.stack.protocols), allow_unapproved=True)
    return Pulse(client, courses, Escalations(client))


async def test_a_course_and_its_escalation_say_when_they_move(house: House) -> None:
    """And the record agrees, once it has all of it: that is what the watch goes by while all is well."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    asked = await pulse(house)
    overdue = Expected(course_id=course, session=1, moves_at=OVERDUE_AS_RECORDED)

    async with open_connections(house.stack.database) as connections:
        watch = WatchStore(connections)

        async def agrees() -> bool:
            recorded = {one.escalation: one.moves_at for one in await watch.expected() if one.course_id == course}
            heard = {one: await asked.of(overdue.but(escalation=one)) for one in (None, escalation)}
            return heard == {one: Heard(moves_at=at) for one, at in recorded.items()}

        await eventually(agrees)

    heard = await asked.of(overdue)
    assert isinstance(heard, Heard)
    assert heard.moves_at is not None
    assert heard.moves_at > datetime.now(UTC) - timedelta(minutes=1)


async def test_what_temporal_does_not_know_answers_nobody(house: House) -> None:
    """The record has a dosed patient whom Temporal has lost: nobody would be woken for her."""
    asked = await pulse(house)
    lost = Expected(course_id=house.expects(), session=1, moves_at=OVERDUE_AS_RECORDED)

    assert await asked.of(lost) == Unanswered(why=Finding.ENDED)
    assert await asked.of(lost.but(escalation=f"{lost.course_id}~vitals_urgent~1~1")) == Unanswered(why=Finding.ENDED)

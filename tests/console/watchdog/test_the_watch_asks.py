"""Before anybody is woken the course itself is asked: it knows better than a record that is behind."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from domain.escalation.ids import course_workflow_id
from domain.escalation.messages import Resolve
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import ExpectedMove, NextMove, NoAnswer, Suspect
from domain.refusal import Refused
from gateway.courses import Courses, NothingRecorded
from gateway.escalations import Escalations
from gateway.liveness import Liveness
from gateway.protocols import load_folder
from gateway.stuck_workflows import suspects
from records.connections import open_connections
from records.watchdog import WatchdogStore
from tests.support.cast import vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.running_stack import spoken_to
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

OVERDUE_AS_RECORDED = datetime(2026, 1, 5, tzinfo=UTC)


async def pulse(house: House) -> Liveness:
    client = await spoken_to(house.stack)
    courses = Courses(client, load_folder(house.stack.protocols), NothingRecorded(), allow_unapproved=True)
    return Liveness(client, courses, Escalations(client))


async def test_a_course_and_its_escalation_say_when_they_move(house: House) -> None:
    """And the record agrees, once it has all of it: that is what the watch goes by while all is well."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    asked = await pulse(house)
    overdue = ExpectedMove(course_id=course, session=1, moves_at=OVERDUE_AS_RECORDED)

    async with open_connections(house.stack.database) as connections:
        watch = WatchdogStore(connections)

        async def agrees() -> bool:
            recorded = {one.escalation: one.moves_at for one in await watch.expected() if one.course_id == course}
            heard = {one: await asked.of(overdue.but(escalation=one)) for one in (None, escalation)}
            return heard == {one: NextMove(moves_at=at) for one, at in recorded.items()}

        await eventually(agrees)

    heard = await asked.of(overdue)
    assert isinstance(heard, NextMove)
    assert heard.moves_at is not None
    assert heard.moves_at > datetime.now(UTC) - timedelta(minutes=1)


async def test_what_temporal_does_not_know_answers_nobody(house: House) -> None:
    """The record has a dosed patient whom Temporal has lost: nobody would be woken for them."""
    asked = await pulse(house)
    lost = ExpectedMove(course_id=house.expects(), session=1, moves_at=OVERDUE_AS_RECORDED)

    assert await asked.of(lost) == NoAnswer(why=SilenceReason.ENDED)
    assert await asked.of(lost.but(escalation=f"{lost.course_id}~vitals_urgent~1~1")) == NoAnswer(
        why=SilenceReason.ENDED
    )


async def test_what_temporal_has_ended_does_not_pass_for_moving(house: House) -> None:
    """A worker still answers for it as it stood; Temporal itself says that it has ended, and lists it."""
    course = await house.has(Ward.referred)
    client = await spoken_to(house.stack)
    await client.get_workflow_handle(course_workflow_id(course)).terminate("by mistake")
    asked = await pulse(house)

    assert await asked.of(ExpectedMove(course_id=course, session=None, moves_at=OVERDUE_AS_RECORDED)) == NoAnswer(
        why=SilenceReason.ENDED
    )

    async def listed() -> bool:
        return Suspect(course_id=course, is_ended=True) in await suspects(client)

    await eventually(listed)
    await house.forgets(course)


async def test_an_escalation_that_is_resolved_has_ended_as_it_was_to(house: House) -> None:
    """Its workflow is over, and nobody is called for that."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    client = await spoken_to(house.stack)
    escalations = Escalations(client)

    async def resolved() -> bool:
        with suppress(Refused):
            await escalations.act(escalation, Resolve(by="lind", note="read again, normal"))
            return True
        return False

    await eventually(resolved)
    asked = ExpectedMove(course_id=course, session=1, moves_at=OVERDUE_AS_RECORDED, escalation=escalation)
    watched = await pulse(house)

    async def over() -> bool:
        return await watched.of(asked) == NextMove(moves_at=None)

    await eventually(over)
    assert escalation not in {one.escalation for one in await suspects(client)}

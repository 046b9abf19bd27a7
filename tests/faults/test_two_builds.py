"""A release is rolled out and taken back while twenty courses are under way: none is lost, none is judged twice."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain

from domain.events.clinic_events import ClinicEvent
from domain.values import CourseId
from tests.support.cast import HAS_A_PLAN, abortion, assessment, check_in, cssrs, discharge, phq9, rebooking, vitals
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House, open_house
from tests.support.later_build import ROOM_TAKEN
from tests.support.side_by_side import LATER, Operator, workers_of
from tests.support.ward import Ward

OLD, NEW = "1", "2"


async def test_a_release_is_rolled_out_and_taken_back_with_twenty_courses_under_way() -> None:
    """Eight in a session, four at risk with somebody paged, eight at home: nobody's session has two builds.

    The later build writes one entry more at a check-in. A course goes over when its patient is not here, so it never
    replays what the other build decided, and no ledger conflicts with its record.
    """
    async with open_house("--workers", "1") as house, AsyncExitStack() as old, AsyncExitStack() as new:
        operator = Operator(house)
        await old.enter_async_context(workers_of(house, OLD))
        assert (await operator.uses(OLD)).code == 0
        at_home, in_session, dosed, at_risk = await twenty_courses(house)
        every = [*at_home, *in_session, *dosed, *at_risk]
        await operator.sees(v1=20)

        # Rolled out, while the clinic goes on reporting.
        await new.enter_async_context(workers_of(house, NEW, LATER))
        said, _ = await asyncio.gather(operator.uses(NEW), house.sends(phq9(one, at=now()) for one in every))
        assert (said.code, "8 courses will go over" in said.out) == (0, True), said
        assert all(one in said.out for one in (*in_session, *dosed))
        await operator.sees(v1=8, v2=12)
        await house.sends(vitals(one, 1, at=now()) for one in (*in_session, *dosed))
        await operator.sees(v1=8, v2=12)

        # Who goes home goes over; who arrives is seen through by the new build, and so is who is referred.
        await house.sends(chain.from_iterable(going_home(one) for one in in_session))
        await operator.sees(v1=2, v2=18)
        arrived = at_home[:3]
        await house.sends(chain.from_iterable(arriving(one) for one in arrived))
        await house.has(Ward.referred)
        await operator.sees(v1=2, v2=19)
        assert [await rooms_of(house, one) for one in (*arrived, *at_home[3:], *dosed)] == [1] * 3 + [0] * 7
        alarm = f"{arrived[0]}~vitals_emergency~1~1"
        await house.sends([vitals(arrived[0], 1, at=now(), spo2=84)])
        await is_resolved(house, alarm)

        # Taken back. Who is here stays until they have left.
        assert (await operator.uses(OLD)).code == 0
        await operator.sees(v1=18, v2=3)
        await house.sends(abortion(one, 1, at=now()) for one in arrived)
        await operator.sees(v1=21)
        await house.sends(arriving(at_home[3]))
        assert [await rooms_of(house, one) for one in (at_home[3], *arrived)] == [0, 1, 1, 1]

        # Nobody needs the newer build any more, and without its worker everything answers.
        async def is_needless() -> bool:
            return not (await operator.builds())[NEW].is_needed

        await eventually(is_needless)
        shown = json.loads((await operator.says("status", OLD, "--json")).out)
        assert [(one["build"], one["courses"], one["is_current"]) for one in shown] == [
            (NEW, 0, False),
            (OLD, 21, True),
        ]
        await new.aclose()
        assert (await house.admin.get(f"/v1/escalations/{alarm}")).json()["state"] == "resolved"
        for one in at_risk:
            await is_resolved(house, f"{one}~suicide_risk~0~1")
        for one in every:
            await house.is_recorded(one)
        verified = await kapstan("verify", "--data", str(house.floor.data))
        courses = [line for line in verified.lines if ", as Temporal holds it" in line]
        assert (verified.code, len(courses)) == (0, 21), verified
        checked = await operator.says("check", OLD)
        assert (checked.code, checked.out) == (0, ""), checked


async def twenty_courses(house: House) -> Sequence[Sequence[CourseId]]:
    """Eight at home before their first session, six at the end of theirs, two in an alarm, four at risk at home."""
    at_home, in_session, dosed, at_risk = await asyncio.gather(
        *(
            asyncio.gather(*(house.has(so_far) for _ in range(number)))
            for number, so_far in ((8, Ward.booked), (6, Ward.watched), (2, Ward.dosed), (4, Ward.prepared))
        )
    )
    await house.sends(vitals(one, 1, at=now(), spo2=84) for one in dosed)
    await house.sends(cssrs(one, at=now(), items=HAS_A_PLAN) for one in at_risk)
    for escalation in (
        *(f"{one}~vitals_emergency~1~1" for one in dosed),
        *(f"{one}~suicide_risk~0~1" for one in at_risk),
    ):
        await house.is_called_for(escalation)
    return at_home, in_session, dosed, at_risk


def now() -> datetime:
    return datetime.now(UTC)


def arriving(course: CourseId) -> Sequence[ClinicEvent]:
    """They come today after all, and the desk says so first: a check-in of another day would be told to somebody."""
    at = now()
    return rebooking(course, 1, at=at, starts_at=at + timedelta(minutes=1)), check_in(course, 1, at=at)


def going_home(course: CourseId) -> Sequence[ClinicEvent]:
    at = now()
    return assessment(course, 1, at=at), discharge(course, 1, at=at)


async def rooms_of(house: House, course: CourseId) -> int:
    """How often its ledger says that a room was taken."""
    await house.is_recorded(course)
    entries = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    return sum(entry["type"] == ROOM_TAKEN for entry in entries)


async def is_resolved(house: House, escalation: str) -> None:
    """It answers whoever resolves it, and says so from then on."""
    await house.is_called_for(escalation)
    said = await house.admin.post(f"/v1/escalations/{escalation}/resolve", json={"by": "osei", "note": "Seen"})
    assert said.status_code == 200, said.text

    async def is_over() -> bool:
        found: dict[str, object] = (await house.admin.get(f"/v1/escalations/{escalation}")).json()
        return found.get("state") == "resolved"

    await eventually(is_over)

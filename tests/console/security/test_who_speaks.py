"""For whom a token speaks: events and acts in anybody else's name are refused, and what is sent names its sender."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.access import Grant, TokenRole
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry, first_fault
from domain.values import Actor, Role
from gateway.tokens import NewToken
from tests.support.cast import DESK, LIND, OSEI, correction, cssrs, dose, hold, phq9, resumption, vitals
from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

CLINIC, OPERATIONS, ONCALL = TokenRole.CLINIC, TokenRole.OPERATIONS, TokenRole.ONCALL
BATCH = {"content-type": "application/cloudevents-batch+json"}


async def speaks(house: House, *roles: TokenRole, **more: Any) -> tuple[NewToken, httpx.AsyncClient]:
    """Somebody with a token of these roles, and what else it may or must."""
    token = await house.granted(Grant(roles=roles, **more))
    return token, house.client(token.token)


async def posts(client: httpx.AsyncClient, event: ClinicEvent, **more: Any) -> httpx.Response:
    return await client.post("/v1/events", json=on_the_wire(event), **more)


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["code"], said["detail"]


@pytest.fixture(scope="module")
async def at_risk(house: House) -> str:
    """A course that a high risk has put on hold, with its escalation open: its id."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HIGH_RISK)])
    await house.is_recorded(course)
    return course


async def entries_of(house: House, course: str) -> list[dict[str, Any]]:
    await house.is_recorded(course)
    found: list[dict[str, Any]] = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    return found


async def test_a_desk_lifts_no_safety_hold_in_a_prescribers_name(house: House, at_risk: str) -> None:
    """Nor does it ask what would happen, nor in a batch; in its own name the protocol says no."""
    before = await house.state_of(at_risk)
    _, desk = await speaks(house, OPERATIONS)
    lifted = resumption(at_risk, at=datetime.now(UTC), by=OSEI)

    alone = await posts(desk, lifted)
    asked = await posts(desk, lifted, params={"dry_run": "true"})
    batch = await desk.post("/v1/events", content=json.dumps([on_the_wire(lifted)]), headers=BATCH)
    own = await posts(desk, resumption(at_risk, at=datetime.now(UTC), by=DESK))

    told = (403, "forbidden", "This token speaks as coordinator, not as prescriber")
    assert refusal(alone) == refusal(asked) == told
    assert [(one["status"], one["body"]["detail"]) for one in batch.json()["results"]] == [(403, told[2])]
    assert (own.status_code, own.json()["code"]) == (409, "blocked")
    assert await house.state_of(at_risk) == before


async def test_a_record_system_names_no_prescriber_unless_that_was_granted(house: House) -> None:
    """The default of a clinic's token, and of each that was made before actor roles could be named."""
    course = await house.has(Ward.prepared)
    now = datetime.now(UTC)
    _, plain = await speaks(house, CLINIC)
    _, named = await speaks(house, CLINIC, speaks_as=(Role.PRESCRIBER,))

    by_prescriber = hold(course, at=now, by=OSEI)
    assert (await posts(plain, by_prescriber)).status_code == 403
    assert (await posts(plain, hold(course, at=now, by=LIND))).status_code == 200
    assert (await posts(named, by_prescriber)).status_code == 200
    assert (await posts(named, phq9(course, at=now).but(id="another"))).status_code == 403


async def test_a_correction_puts_no_fact_in_somebody_elses_mouth(house: House) -> None:
    """The right data may say who reported the fact: only somebody for whom the token speaks."""
    course = await house.has(Ward.dosed)
    reading = vitals(course, 1, at=datetime.now(UTC))
    _, nurse = await speaks(house, CLINIC, speaks_as=(Role.MONITOR,), person="lind")
    assert (await posts(nurse, reading)).status_code == 200

    def right(by: Actor) -> ClinicEvent:
        said = correction(reading, at=datetime.now(UTC), systolic=131)
        assert said.data.data is not None
        return said.but(data=said.data.but(data={**said.data.data, "actor": by.model_dump(mode="json")}))

    assert refusal(await posts(nurse, right(OSEI)))[:2] == (403, "forbidden")
    assert (await posts(nurse, right(LIND))).status_code == 200


async def test_a_persons_token_speaks_for_nobody_else(house: House, at_risk: str) -> None:
    """Neither in an event nor in an act on an escalation, whatever the other's role."""
    escalation = f"/v1/escalations/{at_risk}~suicide_risk~0~1"
    _, nurse = await speaks(house, CLINIC, ONCALL, person="lind")
    before = await house.state_of(at_risk)

    event = await posts(nurse, hold(at_risk, at=datetime.now(UTC), by=DESK))
    acts = [
        await nurse.post(f"{escalation}/{act}", json={"by": "osei", **more})
        for act, more in {
            "acknowledge": {},
            "resolve": {"note": "Seen"},
            "snooze": {"for": "PT1M", "note": "Busy"},
            "reassign": {"to": "lind"},
        }.items()
    ]

    assert refusal(event) == (403, "forbidden", "This token speaks for lind alone, not for desk")
    assert {refusal(act) for act in acts} == {(403, "forbidden", "This token speaks for lind alone, not for osei")}
    assert await house.state_of(at_risk) == before


async def test_a_token_of_named_roles_acts_for_those_on_call_in_them(house: House, at_risk: str) -> None:
    """A nurses' token resolves nothing in a prescriber's name; a shared phone's acts for whoever is on call."""
    resolve = f"/v1/escalations/{at_risk}~suicide_risk~0~1/resolve"
    _, nurses = await speaks(house, ONCALL, speaks_as=(Role.MONITOR,))
    _, phone = await speaks(house, ONCALL)

    said = {"by": "osei", "note": "Seen"}
    assert refusal(await nurses.post(resolve, json=said)) == (
        403,
        "forbidden",
        "This token speaks as monitor; osei is on call as prescriber",
    )
    forged = {"by": "lind", "note": "Seen", "sent_by": {"token": "00000000", "request_id": "1"}}
    assert (await phone.post(resolve, json=forged)).status_code == 422
    assert (await phone.post(resolve, json={"by": "desk", "note": "Seen"})).json()["code"] == "blocked"


async def test_each_entry_names_who_sent_it(house: House) -> None:
    """Token, person and the server's own id of the request: what two callers name alike is told apart."""
    course = await house.has(Ward.dosed)
    now, alike = datetime.now(UTC), {"X-Request-Id": "alike"}
    nurse, as_nurse = await speaks(house, CLINIC, ONCALL, person="lind")
    system, as_system = await speaks(house, CLINIC)
    emergency = vitals(course, 1, at=now, spo2=84)

    assert (await posts(as_nurse, emergency, headers=alike)).status_code == 200
    assert (await posts(as_system, hold(course, at=now), headers=alike)).status_code == 200
    escalation = f"{course}~vitals_emergency~1~1"
    await house.is_called_for(escalation)
    taken = await as_nurse.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "lind"}, headers=alike)
    assert taken.status_code == 200, taken.text

    async def acknowledged() -> dict[str, Any] | None:
        entries = await entries_of(house, course)
        return next((one for one in entries if one["type"] == "kap.escalation.acknowledged"), None)

    act = await eventually(acknowledged)
    entries = await entries_of(house, course)
    [reading] = [one for one in entries if one["event_id"] == emergency.id]
    [held] = [one for one in entries if one["type"] == "kap.course.held"]
    [opened] = [one for one in entries if one["data"].get("id") == escalation and one["type"].endswith("opened")]
    assert [one["request_id"] for one in (reading, held)] == ["alike", "alike"]
    senders = [(one["sent_by"]["token"], one["sent_by"]["person"]) for one in (reading, act, held)]
    assert senders == [(nurse.id, "lind"), (nurse.id, "lind"), (system.id, None)]
    assert len({one["sent_by"]["request_id"] for one in (reading, act, held)} - {"alike"}) == 3
    assert opened["sent_by"] is None
    assert first_fault(Entry.model_validate(one) for one in entries) is None


async def test_an_id_is_one_senders_own_over_http(house: House) -> None:
    """A device that counts its readings from 1 keeps nobody else's out, and each gets its own first answer again."""
    course = await house.has(Ward.dosed)
    (_, one), (_, other) = await speaks(house, CLINIC), await speaks(house, CLINIC)
    calm = vitals(course, 1, at=datetime.now(UTC)).but(id="1")
    grave = vitals(course, 1, at=datetime.now(UTC), spo2=84).but(id="1")

    first, second = await posts(one, calm), await posts(other, grave)
    again = [await posts(one, calm), await posts(other, grave)]

    assert [answer.json()["verdict"]["severity"] for answer in (first, second)] == ["normal", "emergency"]
    assert [answer.headers.get("idempotent-replayed") for answer in again] == ["true", "true"]
    assert [answer.json() for answer in again] == [first.json(), second.json()]
    later = calm.but(time=calm.time - timedelta(seconds=1))
    reused = [await posts(one, grave), await posts(one, later), await posts(other, later)]
    assert [answer.json().get("code") for answer in reused] == ["event_id_reused"] * 3


async def test_a_dose_sent_again_with_a_new_token_is_one_dose(house: House) -> None:
    """The clinic's token was replaced between the request and its retry."""
    course = await house.has(Ward.cleared)
    (_, old), (_, new) = [await speaks(house, CLINIC, speaks_as=tuple(Role)) for _ in range(2)]
    given = dose(course, 1, at=datetime.now(UTC))

    first, again = await posts(old, given), await posts(new, given)

    assert (again.json(), again.headers.get("idempotent-replayed")) == (first.json(), "true")

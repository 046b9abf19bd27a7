"""What is over stays over: acting on it is answered so, also when Temporal has long forgotten it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError

from domain.escalation.ids import EscalationKey, escalation_workflow_id
from domain.escalation.messages import EscalationState
from records.store import open_store
from tests.support.cast import phq9, referral, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.running_stack import spoken_to
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

ITEM_9: Final = (0, 0, 0, 0, 0, 0, 0, 0, 2)
"""A PHQ-9 whose last answer calls for a screen today."""


async def test_what_temporal_has_forgotten_is_not_open(house: House) -> None:
    """The record knows that it was resolved: `not_open`, and no escalation that nobody knows."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"

    async def opened() -> bool:
        return (await house.admin.get(f"/v1/escalations/{escalation}")).status_code == 200

    await eventually(opened)
    done = {"by": "lind", "note": "Oxygen"}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).status_code == 200
    await forgotten(house, escalation)

    seen = await house.admin.get(f"/v1/escalations/{escalation}")
    acted = await house.admin.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "lind"})

    assert (seen.status_code, seen.json()["state"]) == (200, "resolved")
    assert (acted.status_code, acted.json()["code"]) == (409, "not_open")


async def test_of_several_who_resolve_at_once_one_does_and_the_others_are_told(house: House) -> None:
    """Whoever is slower by a moment acted on something that there is: `not_open`."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"

    async def opened() -> bool:
        return (await house.admin.get(f"/v1/escalations/{escalation}")).status_code == 200

    await eventually(opened)
    path, done = f"/v1/escalations/{escalation}/resolve", {"by": "lind", "note": "Oxygen"}

    async def resolve() -> httpx.Response | None:
        """A busy machine may answer too late, and then it is sent again: 503 says so."""
        answer = await house.admin.post(path, json=done)
        return None if answer.status_code == 503 else answer

    answers = await asyncio.gather(*(eventually(resolve) for _ in range(8)))

    told = [answer.json()["code"] for answer in answers if answer.status_code != 200]
    assert set(told) == {"not_open"}
    assert len(told) >= 7

    async def recorded() -> list[str] | None:
        types = [entry["type"] for entry in (await house.admin.get(f"/v1/courses/{course}/ledger")).json()]
        return types if "kap.escalation.resolved" in types else None

    assert (await eventually(recorded)).count("kap.escalation.resolved") == 1


async def test_what_temporal_has_lost_is_not_said_to_be_resolved(house: House) -> None:
    """The record knows it as open and nobody has dealt with it: who acts on it must not take it for done."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_recorded(course)
    escalation = f"{course}~vitals_emergency~1~1"

    async def recorded() -> bool:
        return any(one["id"] == escalation for one in await house.escalations_of(course))

    await eventually(recorded)
    await lost(house, escalation)

    acted = await house.admin.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "lind"})
    await is_over(house, escalation)

    assert (acted.status_code, acted.json()["code"]) == (404, "unknown_escalation")


async def is_over(house: House, escalation: str) -> None:
    """For all others in this house, who count what is open."""
    async with open_store(house.stack.database) as store:
        view = await store.escalation(escalation)
        assert view is not None
        over = {"state": EscalationState.RESOLVED, "resolved_at": datetime.now(UTC), "revision": view.revision + 1000}
        await store.record_escalation(view.but(**over))


async def forgotten(house: House, escalation: str) -> None:
    """Its workflow has ended, its record says so, and Temporal's retention is over."""

    async def recorded() -> bool:
        listed = await house.escalations_of(EscalationKey.parse(escalation).course_id)
        return any(one["id"] == escalation and one["state"] == "resolved" for one in listed)

    client = await spoken_to(house.stack)
    await client.get_workflow_handle(escalation_workflow_id(escalation)).result()
    await eventually(recorded)
    await lost(house, escalation)


async def lost(house: House, escalation: str) -> None:
    """Temporal knows nothing of it any more."""
    client = await spoken_to(house.stack)
    handle = client.get_workflow_handle(escalation_workflow_id(escalation))
    execution = WorkflowExecution(workflow_id=escalation_workflow_id(escalation))
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    )

    async def is_gone() -> bool:
        try:
            await handle.describe()
        except RPCError:
            return True
        return False

    await eventually(is_gone)


class Alarm:
    """An escalation over HTTP, and what staff do about it."""

    def __init__(self, house: House, course: str, kind: str) -> None:
        self.course = course
        self._house = house
        self._path = f"/v1/escalations/{course}~{kind}~0~1"

    async def is_open(self) -> bool:
        return (await self._house.admin.get(self._path)).is_success

    async def takes(self, act: str, **order: str) -> tuple[int, dict[str, Any]]:
        answer = await self._house.admin.post(f"{self._path}/{act}", json=order)
        return answer.status_code, answer.json()

    def paged(self, person: str) -> int:
        return sum(page.person == person for page in self._house.inbox.of(self.course))


async def test_an_alarm_is_snoozed_passed_on_taken_and_resolved(house: House) -> None:
    """Each by somebody whom the on-call file knows, within the policy; once it is over nothing more is done to it."""
    course = house.expects()
    now = datetime.now(UTC)
    hint = phq9(course, at=now - timedelta(hours=1), items=ITEM_9)
    await house.sends([referral(course, at=now - timedelta(hours=2)), hint])
    alarm = Alarm(house, course, "item9_positive")
    await eventually(alarm.is_open)

    async def is_paged() -> bool:
        return bool(alarm.paged("osei"))

    for act, order, pointer in (
        ("acknowledge", {"by": "a-stranger"}, "/by"),
        ("snooze", {"by": "lind", "for": "PT31M", "note": "Later"}, "/for"),
        ("snooze", {"by": "lind", "for": "PT15M"}, "/note"),
        ("snooze", {"by": "lind", "for": "a while", "note": "Later"}, "/for"),
        ("reassign", {"by": "lind", "to": "a-stranger"}, "/to"),
        ("resolve", {"by": "lind"}, "/note"),
    ):
        status, told = await alarm.takes(act, **order)
        assert (status, told["code"], told["errors"][0]["pointer"]) == (422, "invalid", pointer), act
    status, told = await alarm.takes("snooze", by="lind", **{"for": "PT15M"}, note="With another patient")
    assert (status, told["state"]) == (200, "open")
    assert datetime.fromisoformat(told["snoozed_until"]) > datetime.now(UTC) + timedelta(minutes=14)
    status, told = await alarm.takes("reassign", by="lind", to="osei")
    assert (status, told["state"], told["acknowledged_by"]) == (200, "open", None)
    assert await eventually(is_paged)
    status, told = await alarm.takes("acknowledge", by="osei", note="On my way")
    assert (status, told["state"], told["acknowledged_by"]) == (200, "acknowledged", "osei")
    status, told = await alarm.takes("resolve", by="osei", note="Spoke with them")
    assert (status, told["state"], told["resolved_by"], told["note"]) == (200, "resolved", "osei", "Spoke with them")
    over = {
        "acknowledge": {"by": "lind"},
        "resolve": {"by": "lind", "note": "Again"},
        "snooze": {"by": "lind", "for": "PT1M", "note": "Again"},
        "reassign": {"by": "lind", "to": "osei"},
    }
    for act, order in over.items():
        status, told = await alarm.takes(act, **order)
        assert (status, told["code"]) == (409, "not_open"), act


async def test_protocols_are_listed_page_by_page(house: House) -> None:
    """As every list: at most so many, each page from where the one before ended, and after the last one nothing."""
    whole = (await house.admin.get("/v1/protocols")).json()["items"]

    listed: list[object] = []
    after: dict[str, str] = {}
    while True:
        page = (await house.admin.get("/v1/protocols", params={"limit": 1, **after})).json()
        assert len(page["items"]) == 1
        listed += page["items"]
        if page["next"] is None:
            break
        after = {"cursor": page["next"]}

    assert listed == whole
    last = f"{whole[-1]['id']}@{whole[-1]['version']}"
    assert (await house.admin.get("/v1/protocols", params={"cursor": last})).json() == {"items": [], "next": None}
    assert (await house.admin.get("/v1/protocols", params={"limit": 0})).status_code == 422


async def test_a_link_is_for_the_page_that_carries_it(house: House) -> None:
    """Over the API `by` says who acts; what an act does not take is `invalid`."""
    order = {"by": "lind", "link": "of a page"}

    acted = await house.admin.post("/v1/escalations/EX-1~item9_positive~0~1/acknowledge", json=order)

    assert (acted.status_code, acted.json()["errors"][0]["pointer"]) == (422, "/link")

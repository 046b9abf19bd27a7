"""What is over stays over: acting on it is answered so, also when Temporal has long forgotten it."""

from datetime import UTC, datetime

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError

from domain.escalation import workflow_id
from gateway.temporal import connect
from tests.cast import vitals
from tests.console.house import House
from tests.domain.ward import Ward
from tests.floor import eventually

pytestmark = pytest.mark.xdist_group("console")


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


async def forgotten(house: House, escalation: str) -> None:
    """Its workflow has ended, its record says so, and Temporal's retention is over."""

    async def recorded() -> bool:
        listed = await house.admin.get("/v1/escalations", params={"course_id": escalation.partition("~")[0]})
        return any(one["id"] == escalation and one["state"] == "resolved" for one in listed.json()["items"])

    client = await connect(identity="kapstan-test", target_host=house.stack.temporal)
    handle = client.get_workflow_handle(workflow_id(escalation))
    await handle.result()
    await eventually(recorded)
    execution = WorkflowExecution(workflow_id=workflow_id(escalation))
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


async def test_protocols_are_listed_page_by_page(house: House) -> None:
    """As every list: at most so many, and after the last one nothing."""
    first = (await house.admin.get("/v1/protocols", params={"limit": 1})).json()
    last = first["items"][-1]

    after = (await house.admin.get("/v1/protocols", params={"cursor": f"{last['id']}@{last['version']}"})).json()

    assert (len(first["items"]), first["next"]) == (1, None)
    assert after == {"items": [], "next": None}
    assert (await house.admin.get("/v1/protocols", params={"limit": 0})).status_code == 422


async def test_a_link_is_for_the_page_that_carries_it(house: House) -> None:
    """Over the API `by` says who acts; what an act does not take is `invalid`."""
    order = {"by": "lind", "link": "of a page"}

    acted = await house.admin.post("/v1/escalations/EX-1~item9_positive~0~1/acknowledge", json=order)

    assert (acted.status_code, acted.json()["errors"][0]["pointer"]) == (422, "/link")

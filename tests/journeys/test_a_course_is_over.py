"""A whole course on the real stack: its workflow ends, Temporal forgets it, and everything it is asked is answered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.escalation.ids import course_workflow_id
from records.store import migrate
from stack.stackfile import StackFile
from stack.supervisor import Stack, StackPlan
from tests.support.cli import Said, kapstan
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.running_stack import fresh_folder, inbox, on_call_file, spoken_to

EXAMPLE = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8")
COURSE = "EX-1"


@pytest.fixture
async def stack() -> AsyncIterator[StackFile]:
    async with ahead_of_time() as running:
        yield running


@asynccontextmanager
async def ahead_of_time(**environment: str) -> AsyncIterator[StackFile]:
    """A stack whose courses' clocks may be moved ahead."""
    with fresh_folder() as folder:
        async with inbox() as received:
            plan = StackPlan(
                data=folder / "data",
                protocols=ROOT / "protocols",
                oncall=on_call_file(folder, received),
                migrate=migrate,
                time_skipping=True,
                environment=environment,
            )
            async with Stack(plan, lambda _line: None) as running:
                yield running.file


@pytest.mark.timeout(900)  # a stack is begun for it, and a dozen commands are
async def test_a_course_is_over_and_nothing_of_it_is_lost(stack: StackFile) -> None:
    """A year later a fact comes: it goes on where its ledger ended."""
    assert stack.admin_token_file is not None
    data = str(stack.admin_token_file.parent)
    assert (await kapstan("send", "--data", data, stdin=EXAMPLE)).code == 0
    assert (await kapstan("verify", "--data", data, COURSE)).code == 0
    before = await told(stack)

    await ends(stack)
    ended = await told(stack)
    whole = await kapstan("verify", "--data", data, COURSE)
    await is_forgotten(stack)
    forgotten = await told(stack)

    assert ended == forgotten == before
    assert "as its workflow left it" in whole.out
    for command in (("verify",), ("release", "check"), ("rebuild",), ("verify", COURSE), ("forecast", COURSE)):
        said = await kapstan(*command, "--data", data)
        assert said.code == 0, (command, said)
    assert "closed" in (await kapstan("show", COURSE, "--data", data)).out

    # Who was known stays known, and nobody else becomes this patient.
    again, other = EXAMPLE.splitlines()[0], json.dumps(json.loads(EXAMPLE.splitlines()[0]) | {"id": "another"})
    assert "replayed" in (await sent(data, again)).out
    refused = await sent(data, other)
    assert (refused.code, f"Course {COURSE} exists already" in refused.out) == (1, True), refused
    assert await is_known(stack) is False

    fact = json.loads(again) | {
        "id": "a-year-later",
        "type": "kap.adverse_event.reported",
        "time": datetime.now(UTC).isoformat(),
        "data": {"actor": {"id": "nurse.lind", "role": "monitor"}, "term": "nausea", "grade": 1, "serious": False},
    }
    assert (await sent(data, json.dumps(fact))).code == 0
    assert await is_known(stack)
    assert (await told(stack))["view"]["sequence"] > before["view"]["sequence"]
    assert "as Temporal holds it" in (await kapstan("verify", "--data", data, COURSE)).out


async def sent(data: str, line: str) -> Said:
    return await kapstan("send", "--data", data, stdin=line)


async def told(stack: StackFile) -> dict[str, Any]:
    """What the console says of the course: its view, its ledger, its past, its forecast and its page."""
    assert stack.admin_token_file is not None
    token = stack.admin_token_file.read_text(encoding="utf-8").strip()
    async with httpx.AsyncClient(
        base_url=stack.console or "", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as desk:
        answers = {
            "view": await desk.get(f"/v1/courses/{COURSE}"),
            "ledger": await desk.get(f"/v1/courses/{COURSE}/ledger"),
            "past": await desk.get(f"/v1/courses/{COURSE}", params={"as_of": "2026-03-01T12:00:00Z"}),
            "forecast": await desk.get(f"/v1/courses/{COURSE}/forecast"),
        }
        page = await desk.get(f"/courses/{COURSE}")
    assert {name: one.status_code for name, one in answers.items()} == dict.fromkeys(answers, 200)
    assert page.status_code == 200
    found = {name: one.json() for name, one in answers.items()}
    return {**found, "forecast": found["forecast"]["pages"]}


async def ends(stack: StackFile, course: str = COURSE) -> None:
    """Two hours pass in which nothing happens."""
    config = TimeSkippingConfig(enabled=False, disable_propagation=True)
    skipper = TimeSkipper(await spoken_to(stack), config=config)
    handle = skipper.client.get_workflow_handle(course_workflow_id(course))
    await skipper.fast_forward(handle, timedelta(hours=2))

    async def is_over() -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED

    await eventually(is_over)


async def is_forgotten(stack: StackFile, course: str = COURSE) -> None:
    """As Temporal does after the retention."""
    client = await spoken_to(stack)
    async for one in client.list_workflows(f'WorkflowId = "{course_workflow_id(course)}"'):
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=one.id, run_id=one.run_id),
            )
        )

    async def is_so() -> bool:
        return not await is_known(stack, course)

    await eventually(is_so)


async def is_known(stack: StackFile, course: str = COURSE) -> bool:
    with suppress(RPCError):
        await (await spoken_to(stack)).get_workflow_handle(course_workflow_id(course)).describe()
        return True
    return False

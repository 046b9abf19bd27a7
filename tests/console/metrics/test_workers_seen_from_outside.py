"""Each worker tells whoever asks it from outside how it is: `/metrics` and `/healthz`, with nothing of a patient."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from gateway.pollers import QUEUES, pollers, worker_identity
from gateway.temporal import connect
from program_http import WorkerHealth
from stack.ports import claim
from tests.console.metrics.test_metrics_and_logs import Numbers
from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.cast import MONDAY, cssrs, referral
from tests.support.composition import composition
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")


@pytest.fixture
async def outside() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield client


async def test_every_worker_of_the_stack_is_well(house: House, outside: httpx.AsyncClient) -> None:
    """Each has an address of its own, and answers `ok` there while both of its queues are polled."""
    assert len(set(house.stack.worker_metrics)) == len(house.stack.pids.workers) == 2

    async def well() -> bool:
        # A busy machine may make Temporal answer a moment too late; whoever asks from outside asks again.
        answers = [await outside.get(f"{url}/healthz") for url in house.stack.worker_metrics]
        return {(answer.status_code, answer.text) for answer in answers} == {(200, "ok\n")}

    await eventually(well)


async def test_docker_asks_a_worker_how_it_is(house: House) -> None:
    """The health check of docker-compose.yml, run here: it succeeds with a worker that is well, and fails with none."""
    check = composition({}).services["worker"].healthcheck
    assert check is not None
    match check["test"]:
        case ["CMD", "python", *arguments]:
            command = [sys.executable, *map(str, arguments)]

    async def exit_code(url: str) -> int | None:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, "KAPSTAN_WORKER_METRICS": url.removeprefix("http://")}, stderr=DEVNULL
        )
        return await process.wait()

    nobody = claim("127.0.0.1", {"nobody": None})["nobody"]

    async def succeeds() -> bool:
        return await exit_code(house.stack.worker_metrics[0]) == 0

    await eventually(succeeds)
    assert await exit_code(f"http://127.0.0.1:{nobody}") == 1


async def test_a_worker_shows_its_own_metrics_and_those_of_temporals_sdk(
    house: House, outside: httpx.AsyncClient
) -> None:
    """How large courses become, what became of pages, its memory, and what the SDK counts; no id stands in a label."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)

    async def both() -> str:
        return "".join([(await outside.get(f"{url}/metrics")).text for url in house.stack.worker_metrics])

    async def told() -> str | None:
        text = await both()
        return text if "kapstan_ledger_batch_bytes_count" in text else None

    text = await eventually(told)

    for name in (
        'kapstan_pages_total{result="sent"}',
        'kapstan_pages_total{result="failed"}',
        "kapstan_course_history_events_count",
        "process_resident_memory_bytes",
        "temporal_worker_task_slots_available",
        "temporal_num_pollers",
        "temporal_workflow_task_schedule_to_start_latency_count",
    ):
        assert name in text, name
    assert course not in text


async def test_what_became_of_a_page_is_counted_where_it_was_tried(house: House, outside: httpx.AsyncClient) -> None:
    """A page that a channel took raises `sent` of the worker that tried it, of whatever course it was."""

    async def sent() -> float:
        texts = [(await outside.get(f"{url}/metrics")).text for url in house.stack.worker_metrics]
        return sum(Numbers(text)['kapstan_pages_total{result="sent"}'] for text in texts)

    before, course = await sent(), house.expects()
    screen = cssrs(course, at=datetime.now(UTC) - timedelta(hours=2), items=HIGH_RISK)
    await house.sends([referral(course, at=MONDAY), screen])

    async def paged() -> bool:
        return bool(house.inbox.of(course))

    async def counted() -> bool:
        return await sent() >= before + 1

    assert await eventually(paged)
    assert await eventually(counted)


async def test_whatever_else_is_asked_of_a_worker_is_unknown_to_it(house: House, outside: httpx.AsyncClient) -> None:
    """It takes no event and shows no course: that is the console's alone."""
    url = house.stack.worker_metrics[0]

    assert [(await outside.get(f"{url}{path}")).status_code for path in ("/", "/v1/courses", "/docs")] == [404] * 3
    assert (await outside.post(f"{url}/healthz")).status_code == 405


async def test_temporal_tells_one_worker_from_another(house: House) -> None:
    """Each polls both queues under its own process and host: in containers many a worker has the same process id."""
    client = await connect(identity="test", target_host=house.stack.temporal)
    expected = {worker_identity(pid) for pid in house.stack.pids.workers}

    for queue in QUEUES:
        assert expected <= await pollers(client, queue)
    assert all("@" in identity for identity in expected)


@dataclass(frozen=True)
class AWorker:
    """As much of a worker as is asked whether it runs."""

    is_running: bool


async def test_a_process_whose_pollers_have_died_is_not_well(house: House) -> None:
    """It runs and Temporal answers it, but nobody of its identity has polled: each queue and kind of task is named."""
    client = await connect(identity="a worker that does not poll", target_host=house.stack.temporal)

    running, stopped = ([AWorker(is_running=True)] * 2, [AWorker(is_running=True), AWorker(is_running=False)])

    assert list(await WorkerHealth(client, running).faults()) == [
        f"it has not polled {queue} for {kind} lately" for queue in QUEUES for kind in ("workflows", "activities")
    ]
    assert list(await WorkerHealth(client, stopped).faults()) == ["it is starting or stopping"]

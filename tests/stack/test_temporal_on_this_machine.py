"""Temporal of `kapstan up` asks nobody who they are: so it is on this machine alone, and its UI is for reading only."""

from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy

from stack.temporal import TemporalServer
from tests.support.eventually import eventually
from tests.support.supervised import fresh_folder
from tests.support.tiny_worker import Vigil
from workflows.queues import COURSES

CODEC = "http://127.0.0.1:8080/codec"


@pytest_asyncio.fixture(scope="module")
async def temporal() -> AsyncIterator[TemporalServer]:
    with fresh_folder() as folder:
        async with TemporalServer(folder, codec=CODEC) as server:
            yield server


@pytest_asyncio.fixture
async def browser(temporal: TemporalServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=temporal.ui, trust_env=False, timeout=60) as client:
        yield client


async def test_whoever_looks_sees_the_ui_and_what_runs(temporal: TemporalServer, browser: httpx.AsyncClient) -> None:
    """Its pages, its data, and a question to a workflow, which changes nothing."""
    vigil = await temporal.client.start_workflow(Vigil.run, id="vigil/one", task_queue=COURSES)
    assert "<html" in (await browser.get("/")).text
    for path in ("/api/v1/namespaces/default/workflows/vigil%2Fone", "/api/v1/namespaces/default/workflows"):

        async def told(path: str = path) -> str | None:
            """The UI may have looked for Temporal before it was there."""
            answer = await browser.get(path, params={"query": 'WorkflowId = "vigil/one"'})
            return answer.text if answer.status_code == 200 else None

        assert vigil.id in await eventually(told)
    asked = await browser.post("/api/v1/namespaces/default/workflows/vigil%2Fone/query/__stack_trace", json={})
    assert asked.status_code != 405


async def test_the_ui_shows_no_button_and_reads_payloads_at_the_console(browser: httpx.AsyncClient) -> None:
    """Its own settings say so, and where the codec is."""
    told = (await browser.get("/api/v1/settings")).json()
    assert told["DisableWriteActions"] is True
    assert told["Codec"]["Endpoint"] == CODEC


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/namespaces/default/workflows/vigil%2Ftwo/terminate"),
        ("POST", "/api/v1/namespaces/default/workflows/vigil%2Ftwo/signal/query"),
        ("POST", "/api/v1/namespaces/default/workflows/vigil%2Ftwo/query/../terminate"),
        ("POST", "/api/v1/namespaces/default/batch-operations/query"),
        ("DELETE", "/api/v1/namespaces/default/schedules/any"),
        ("PUT", "/api/v1/namespaces/default/workflows/vigil%2Ftwo/query/x"),
    ],
)
async def test_nobody_changes_anything_through_the_ui(
    temporal: TemporalServer, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    """Every act of it is refused before it reaches Temporal."""
    vigil = await temporal.client.start_workflow(
        Vigil.run, id="vigil/two", task_queue=COURSES, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
    )
    cookies = (await browser.get("/")).cookies
    shown = {"X-CSRF-TOKEN": cookies.get("_csrf") or ""}
    answer = await browser.request(method, httpx.URL(temporal.ui).copy_with(raw_path=path.encode()), headers=shown)
    assert answer.status_code == 405
    assert (await vigil.describe()).status is WorkflowExecutionStatus.RUNNING


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8233", "localhost", "", "127.0.0.1", "127.0.0.1.evil.example"]
)
async def test_the_ui_answers_to_no_name_but_its_own(browser: httpx.AsyncClient, host: str) -> None:
    """A stranger's page that calls this machine by a name of its own is told nothing but the right one."""
    answer = await browser.get("/api/v1/namespaces", headers={"Host": host})
    assert answer.status_code in {400, 421}
    assert "default" not in answer.text


async def test_nothing_of_it_listens_but_on_this_machine(temporal: TemporalServer) -> None:
    """Neither Temporal, nor its UI, nor any of its internal ports; and none of them takes orders over HTTP."""
    assert temporal.address.startswith("127.0.0.1:")
    port = int(temporal.address.rpartition(":")[2])
    servers = [one for one in psutil.Process().children(recursive=True) if one.name() == "temporal"]
    each = [[one.laddr for one in server.net_connections() if one.status == psutil.CONN_LISTEN] for server in servers]
    [listening] = [one for one in each if port in {address.port for address in one}]
    assert len(listening) > 3
    assert not [one for one in listening if not one.ip.startswith("127.")]
    async with httpx.AsyncClient(trust_env=False, timeout=60) as stranger:
        for one in listening:
            if one.ip == "127.0.0.1":
                try:
                    told = await stranger.get(f"http://{one.ip}:{one.port}/api/v1/namespaces", timeout=2)
                except httpx.HTTPError:
                    continue  # it speaks no HTTP
                assert told.status_code >= 400, one

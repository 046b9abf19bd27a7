"""What an operator may count on while the stack is up, whatever dies."""

from collections.abc import AsyncIterator
from pathlib import Path
from signal import Signals

import asyncpg
import psutil
import pytest
import pytest_asyncio
from temporalio.service import RPCError

from stack.errors import StackMisconfigured
from stack.stackfile import StackFile
from stack.supervisor import Stack, StackPlan
from tests.support.eventually import eventually
from tests.support.supervise import ROOT, migrate
from tests.support.supervised import TINY_WORKER, Supervisor, all_gone, client_of, fresh_folder, notes, write_note
from tests.support.tiny_worker import Vigil
from workflows.queues import COURSES, PAGING


@pytest_asyncio.fixture(scope="module")
async def ward() -> AsyncIterator[Supervisor]:
    with fresh_folder() as folder:
        supervisor = Supervisor(folder / "data")
        await supervisor.up()
        yield supervisor
        await supervisor.end()


async def now_of(ward: Supervisor) -> StackFile:
    return await eventually(ward.stack)


@pytest.mark.parametrize("queue", [COURSES, PAGING])
async def test_when_it_says_ready_a_course_moves_at_once(ward: Supervisor, queue: str) -> None:
    """Ready means ready: both queues are served, without another wait."""
    client = await client_of(await now_of(ward))

    vigil = await client.start_workflow(Vigil.run, id=f"vigil/{queue}", task_queue=queue)

    assert await vigil.execute_update(Vigil.visit, "lind") == ["lind"]


async def test_it_says_one_line_a_service_with_its_url(ward: Supervisor) -> None:
    """When all are ready, each service is named with where it is reached."""
    stack = await now_of(ward)

    async def said() -> list[str] | None:
        lines = [line for line in ward.output.read_text().splitlines() if "died" not in line and "again" not in line]
        return lines if len(lines) >= 4 else None

    assert await eventually(said) == [
        f"PostgreSQL   {stack.database}",
        f"Temporal     {stack.temporal}",
        f"Temporal UI  {stack.temporal_ui}",
        f"Workers      1 on {COURSES} and {PAGING}",
    ]


async def test_a_killed_worker_comes_back_and_stack_json_names_the_new_one(ward: Supervisor) -> None:
    """A worker that dies is started again; `stack.json` tells who it is now, and it does the work."""
    before = await now_of(ward)
    (killed,) = before.pids.workers
    psutil.Process(killed).kill()

    async def another() -> StackFile | None:
        stack = await ward.stack()
        return stack if stack is not None and stack.pids.workers not in {(), before.pids.workers} else None

    after = await eventually(another)
    client = await client_of(after)
    vigil = await client.start_workflow(Vigil.run, id="vigil/after-the-kill", task_queue=COURSES)

    assert await vigil.execute_update(Vigil.visit, "osei") == ["osei"]
    assert after.but(pids=before.pids) == before


async def test_a_killed_temporal_comes_back_where_it_was_with_all_it_knew(ward: Supervisor) -> None:
    """The Temporal server is started again on the same address; what it had answered for is still there."""
    stack = await now_of(ward)
    client = await client_of(stack)
    vigil = await client.start_workflow(Vigil.run, id="vigil/through-the-kill", task_queue=COURSES)
    await vigil.execute_update(Vigil.visit, "lind")
    assert stack.pids.temporal is not None
    psutil.Process(stack.pids.temporal).kill()

    async def visited() -> list[str] | None:
        try:
            return await vigil.execute_update(Vigil.visit, "ward", id="visit")
        except RPCError:
            return None

    assert await eventually(visited) == ["lind", "ward"]


async def test_a_killed_postgres_comes_back_with_all_that_was_written(ward: Supervisor) -> None:
    """The record store is started again by itself; a row that was committed is there."""
    stack = await now_of(ward)
    await write_note(stack, "written before the kill")
    assert stack.pids.postgres is not None
    psutil.Process(stack.pids.postgres).kill()

    async def read() -> list[str] | None:
        try:
            return await notes(stack)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None

    assert await eventually(read) == ["written before the kill"]


async def test_a_second_supervisor_is_refused_and_told_who_is_there(ward: Supervisor) -> None:
    """One folder has one supervisor; the other is told its process and changes nothing."""
    await now_of(ward)
    plan = StackPlan(
        data=ward.data,
        protocols=ROOT / "protocols",
        oncall=ROOT / "examples" / "oncall.toml",
        migrate=migrate,
        worker_command=TINY_WORKER,
        with_console=False,
    )

    with pytest.raises(StackMisconfigured, match=rf"already runs on .*process {ward.pid}\b"):
        async with Stack(plan, print):
            pass

    assert await ward.stack() is not None


@pytest.mark.parametrize(("end", "code"), [(Signals.SIGINT, 0), (Signals.SIGKILL, -Signals.SIGKILL)])
async def test_whatever_ends_it_leaves_no_process_and_the_next_up_resumes(
    folder: Path, end: Signals, code: int
) -> None:
    """After Ctrl-C or the supervisor's own violent death: nothing runs on, and nothing is forgotten."""
    supervisor = Supervisor(folder / "data")
    stack = await supervisor.up()
    await write_note(stack, "kept")
    vigil = await (await client_of(stack)).start_workflow(Vigil.run, id="vigil", task_queue=COURSES)
    await vigil.execute_update(Vigil.visit, "lind")
    processes = supervisor.processes()

    assert await supervisor.ends_by(end) == code
    assert await all_gone(processes)

    stack = await supervisor.up()
    try:
        vigil = (await client_of(stack)).get_workflow_handle_for(Vigil.run, "vigil")
        assert await vigil.execute_update(Vigil.visit, "osei") == ["lind", "osei"]
        assert await notes(stack) == ["kept"]
    finally:
        await supervisor.end()


async def test_a_stop_while_it_starts_leaves_no_process(folder: Path) -> None:
    """A signal that comes before everything is ready stops what has started, and is no error."""
    supervisor = Supervisor(folder / "data")
    await supervisor.start()

    async def half_started() -> list[psutil.Process] | None:
        try:
            processes = supervisor.processes()
            return processes if any(process.name() == "postgres" for process in processes) else None
        except psutil.NoSuchProcess:
            return None  # one of them ended while it was looked at

    processes = await eventually(half_started)

    assert await supervisor.ends_by(Signals.SIGTERM) == 130
    assert await all_gone(processes)

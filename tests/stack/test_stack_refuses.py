"""What the stack tells an operator when it cannot come up, and that it leaves nothing behind."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.directory import DataDirectory, stack_file
from stack.errors import NoStackRuns, ServiceDown, StackMisconfigured
from stack.stackfile import StackFile, StackPids, read_stack_file
from stack.supervisor import Stack, StackPlan
from tests.support.supervise import ROOT, migrate
from tests.support.supervised import TINY_WORKER


@pytest.fixture
def plan(folder: Path) -> StackPlan:
    return StackPlan(
        data=folder / "data",
        protocols=ROOT / "protocols",
        oncall=ROOT / "examples" / "oncall.toml",
        migrate=migrate,
        worker_command=TINY_WORKER,
        with_console=False,
        workers=1,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


async def refusal_of(plan: StackPlan) -> str:
    """What is said instead of starting; nothing runs after it."""
    # Not their children too: a server that another test keeps starts some when it likes.
    before = set(psutil.Process().children())
    with pytest.raises((StackMisconfigured, ServiceDown)) as refused:
        async with Stack(plan, print):
            pass
    assert set(psutil.Process().children()) <= before
    return str(refused.value)


@pytest.mark.parametrize(("field", "option"), [("temporal_port", "--temporal-port"), ("ui_port", "--ui-port")])
async def test_a_port_in_use_is_named_with_its_option(
    plan: StackPlan, taken_port: int, field: str, option: str
) -> None:
    """A port that somebody else listens on is told before anything starts."""
    message = await refusal_of(plan.but(**{field: taken_port}))

    assert message == f"{option} {taken_port}: this port is in use on 127.0.0.1"
    assert not (plan.data / "postgres").exists()


async def test_one_port_for_two_services_is_refused(plan: StackPlan) -> None:
    """Temporal and its Web UI cannot share a port, free as it may be."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free_soon = int(listener.getsockname()[1])

    assert f"--ui-port {free_soon}" in await refusal_of(plan.but(temporal_port=free_soon, ui_port=free_soon))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("temporal_port", 70000, "--temporal-port 70000: a port is a number from 1 to 65535"),
        ("host", "203.0.113.7", "--host 203.0.113.7: nothing can listen there: Cannot assign requested address"),
    ],
)
async def test_an_address_that_cannot_be_is_named(plan: StackPlan, field: str, value: object, message: str) -> None:
    """A port that is none, and a host that is not this machine."""
    assert await refusal_of(plan.but(**{field: value}, with_console=True)) == message


@pytest.mark.parametrize("kept", ["", "k1:short", "k1", ","])
async def test_payload_keys_that_are_none_are_named_by_their_file(plan: StackPlan, kept: str) -> None:
    """Nothing starts that could read no course, and nothing is made anew over what an operator wrote."""
    await fresh(plan.data)
    file = plan.data / "payload-keys"
    file.write_text(kept)

    assert (await refusal_of(plan)).startswith(f"{file}: ")
    assert file.read_text() == kept


async def fresh(data: Path) -> None:
    """A folder that is a Kapstan's, in which nothing has run yet."""
    (await DataDirectory.opened(data)).close()


async def test_a_folder_of_another_version_is_left_alone(plan: StackPlan) -> None:
    """A layout that this Kapstan does not know is told by its number and not touched."""
    plan.data.mkdir()
    (plan.data / "layout-version").write_text("7\n")

    assert "layout 7, this one reads 2" in await refusal_of(plan)
    assert (plan.data / "layout-version").read_text() == "7\n"


async def test_somebody_elses_folder_is_left_alone(plan: StackPlan) -> None:
    """A folder that holds other things is never filled with a database."""
    plan.data.mkdir()
    (plan.data / "thesis.txt").write_text("years of work")

    assert "holds something else" in await refusal_of(plan)
    assert [entry.name for entry in plan.data.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("field", "option"), [("protocols", "--protocols"), ("oncall", "--oncall")])
async def test_a_missing_file_is_named_with_its_option(plan: StackPlan, field: str, option: str) -> None:
    """Nothing starts half-configured."""
    assert (await refusal_of(plan.but(**{field: Path("/nowhere")}))).startswith(f"{option} /nowhere: there is no such")


BREAKS = ('grace      = "PT5M"', 'grace      = "PT15M"', "medicine.checkpoints.grace: must be less than PT15M")
STRANGER = ('members  = ["lind"]', 'members  = ["mallory"]', "rotas.nurse.members[1]: mallory is not one of")


def folder_with(folder: Path, old: str, new: str) -> Path:
    """The protocols folder, with one slip in its one file."""
    text = (ROOT / "protocols" / "kap-im-weekly.toml").read_text(encoding="utf-8")
    assert old in text
    folder.mkdir()
    (folder / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    return folder


def on_call_with(file: Path, old: str, new: str) -> Path:
    """The example of an on-call file, with one slip."""
    text = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


async def test_a_protocol_that_cannot_be_meant_is_named_by_file_and_key_before_anything_starts(plan: StackPlan) -> None:
    """A grace as long as the interval: neither a database nor a log is left of the attempt."""
    old, new, said = BREAKS
    protocols = folder_with(plan.data.with_name("rules"), old, new)

    message = await refusal_of(plan.but(protocols=protocols))

    assert message.startswith(f"{protocols / 'mine.toml'}: {said}")
    assert not plan.data.exists()


async def test_a_folder_without_a_protocol_is_refused(plan: StackPlan) -> None:
    """No course could ever start."""
    empty = plan.data.with_name("rules")
    empty.mkdir()

    assert "at least one protocol file" in await refusal_of(plan.but(protocols=empty))


async def test_a_rota_with_a_stranger_is_named_by_file_and_key_before_anything_starts(plan: StackPlan) -> None:
    """Nobody would be called in their turn."""
    old, new, said = STRANGER
    file = on_call_with(plan.data.with_name("calls.toml"), old, new)

    message = await refusal_of(plan.but(oncall=file))

    assert message.startswith(f"{file}: {said}")
    assert not plan.data.exists()


MUTE = (
    "json://127.0.0.1:9900/ward",
    "mailto://kapstan:secret@clinic.example?to=ward",
    "people.ward.channels[1]: mailto:// must name whom a page goes to",
)


async def test_a_channel_that_could_never_take_a_page_is_named_before_anything_starts(plan: StackPlan) -> None:
    """By key and kind; its address and its password are shown to nobody."""
    old, new, said = MUTE
    file = on_call_with(plan.data.with_name("calls.toml"), old, new)

    message = await refusal_of(plan.but(oncall=file))

    assert message.startswith(f"{file}: {said}")
    assert "secret" not in message
    assert not plan.data.exists()


async def said_by(*command: str, **environment: str) -> tuple[int | None, str]:
    """How a program of ours ends, and its last words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env={**os.environ, **environment}, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_up_ends_with_the_exit_code_of_a_wrong_configuration(folder: Path) -> None:
    """2, and each finding in its own line: this grace is longer than `told_after` as well."""
    old, new, said = BREAKS
    protocols = folder_with(folder / "rules", old, new)

    ended = await said_by("-m", "starter", "up", "--data", str(folder / "data"), "--protocols", str(protocols))

    assert ended[0] == 2
    assert ended[1].startswith(f"kapstan: {protocols / 'mine.toml'}: {said}")
    assert [line.count("medicine.checkpoints.") for line in ended[1].splitlines()] == [1, 1]


@pytest.mark.parametrize(
    "program",
    [("worker.py",), ("-m", "starter", "console"), ("-m", "starter", "watch")],
    ids=["worker", "console", "watch"],
)
@pytest.mark.parametrize(("slip", "is_text"), [(STRANGER, True), (MUTE, True), (STRANGER, False)])
async def test_who_pages_and_who_foretells_pages_start_on_no_broken_on_call_file(
    folder: Path, program: tuple[str, ...], slip: tuple[str, str, str], *, is_text: bool
) -> None:
    """Exit code 2 and one line that names setting, file and key; a file that is no text is told as one."""
    old, new, said = slip
    file = on_call_with(folder / "calls.toml", old, new)
    if not is_text:
        file.write_bytes(b"\xff\xfe")

    code, words = await said_by(
        *program,
        KAPSTAN_ONCALL=str(file),
        KAPSTAN_PROTOCOLS=str(ROOT / "protocols"),
        KAPSTAN_DATABASE_URL="postgresql://x@127.0.0.1:9/x",
    )

    assert (code, len(words.splitlines())) == (2, 1)
    assert words.startswith(f"kapstan: KAPSTAN_ONCALL: {file}: {said if is_text else 'must be text in UTF-8'}")


async def test_a_worker_that_cannot_start_shows_its_last_words(plan: StackPlan) -> None:
    """A service that does not come up is named, with its log and what it last said there."""
    last_words = "kap-im-weekly.toml: medicine.dose.max: must be a number"

    message = await refusal_of(plan.but(worker_command=(sys.executable, "-c", f"raise SystemExit({last_words!r})")))

    log = plan.data / "worker-1.log"
    assert message == f"worker-1 ended while starting (exit code 1); its log is {log}\n{last_words}"


def test_where_no_kapstan_runs_the_other_commands_say_so(tmp_path: Path) -> None:
    """A folder that never was one, or whose stack has ended, is not talked to."""
    with pytest.raises(NoStackRuns, match="no Kapstan runs on"):
        read_stack_file(tmp_path)


async def test_what_a_killed_stack_left_is_never_taken_for_the_one_that_starts_after_it(tmp_path: Path) -> None:
    """From the moment that the next supervisor has the folder, the dead one's addresses are told to no command."""
    dead = StackFile(
        temporal="127.0.0.1:9",
        temporal_ui="http://127.0.0.1:9",
        database="postgresql://x@127.0.0.1:9/x",
        pids=StackPids(postgres=None, temporal=None, workers=()),
        protocols=tmp_path,
        oncall=tmp_path,
    )
    (await DataDirectory.opened(tmp_path)).close()
    stack_file(tmp_path).write_text(dead.model_dump_json())
    with pytest.raises(NoStackRuns, match="no Kapstan runs on"):
        read_stack_file(tmp_path)

    directory = await DataDirectory.opened(tmp_path)

    with pytest.raises(NoStackRuns, match="is not up: it is starting"):
        read_stack_file(tmp_path)
    directory.close()

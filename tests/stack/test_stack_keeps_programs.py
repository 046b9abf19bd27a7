"""How one program is kept running, asked to end, and recognised after its supervisor's death."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from signal import Signals

import psutil
import pytest

from stack.errors import ServiceDown
from stack.processes import ProcessRegistry, RegisteredProcess, ShutdownStep, stop_left_overs
from stack.programs import Backoff, KeptProgram, Oversight, Program
from tests.support.eventually import WITHIN, eventually
from tests.support.supervised import all_gone, is_alive

POLITE = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=20)),)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
PATIENT = "import signal; print('up', flush=True); signal.pause()"


def program(folder: Path, code: str, farewell: tuple[ShutdownStep, ...] = POLITE) -> Program:
    return Program(
        name="sitter",
        command=(sys.executable, "-c", code),
        environment={},
        log=folder / "sitter.log",
        farewell=farewell,
        signal_at_death=Signals.SIGKILL,
    )


async def started(sitter: Program, oversight: Oversight) -> KeptProgram:
    async def says_up() -> bool:
        return "up" in sitter.log.read_text()

    kept = KeptProgram(sitter, oversight)
    await kept.launch()
    await kept.until_ready(says_up, WITHIN)
    return kept


def process_of(kept: KeptProgram) -> psutil.Process:
    assert kept.pid is not None
    return psutil.Process(kept.pid)


@pytest.mark.parametrize(
    ("early_deaths", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (6, 6.4), (7, 12.8), (8, 15.0), (5000, 15.0)]
)
def test_each_early_death_makes_the_next_start_wait_longer(early_deaths: int, seconds: float) -> None:
    """0.2 s after the first death, doubling, never longer than 15 s."""
    backoff = Backoff()

    for _ in range(early_deaths):
        backoff = backoff.after(lived=timedelta(seconds=29.9))

    assert backoff.pause == timedelta(seconds=seconds)


def test_a_calm_life_makes_the_next_start_quick_again() -> None:
    """Half a minute of life is calm: what happened before it does not count."""
    assert Backoff(early_deaths=9).after(lived=timedelta(seconds=30)).pause == timedelta(seconds=0.2)


async def test_a_program_that_will_not_go_is_killed_when_there_is_a_hurry(tmp_path: Path) -> None:
    """The second Ctrl-C: nobody waits for a farewell that is not answered."""
    oversight = Oversight()
    in_no_hurry = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(hours=1)),)
    kept = await started(program(tmp_path, STUBBORN, in_no_hurry), oversight)
    process = process_of(kept)
    oversight.hurried.set()

    async with asyncio.timeout(WITHIN.total_seconds()):
        await kept.stop()

    assert not is_alive(process)


async def test_a_program_that_will_not_go_is_killed_after_its_patience(tmp_path: Path) -> None:
    """Every farewell is given its time, and then no more."""
    short = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(milliseconds=100)),)
    kept = await started(program(tmp_path, STUBBORN, short), Oversight())
    process = process_of(kept)

    await kept.stop()

    assert not is_alive(process)


async def test_a_program_that_is_never_ready_is_told_by_its_log(tmp_path: Path) -> None:
    """Not ready in time is an error that shows where to read on."""
    kept = KeptProgram(program(tmp_path, PATIENT), Oversight())
    await kept.launch()

    async def never() -> bool:
        return False

    try:
        with pytest.raises(ServiceDown, match=r"sitter was not ready within 1 s; its log is .*sitter\.log"):
            await kept.until_ready(never, timedelta(seconds=1))
    finally:
        await kept.stop()


async def test_only_the_last_words_of_this_life_are_shown(tmp_path: Path) -> None:
    """A log keeps what earlier lives said; the error tells what this one said."""
    (tmp_path / "sitter.log").write_text("said long ago\n")
    kept = KeptProgram(program(tmp_path, "raise SystemExit('said just now')"), Oversight())
    await kept.launch()

    async def never() -> bool:
        return False

    with pytest.raises(ServiceDown) as down:
        await kept.until_ready(never, WITHIN)
    await kept.stop()

    assert str(down.value).splitlines()[1:] == ["said just now"]


async def test_what_a_killed_supervisor_left_running_is_stopped(tmp_path: Path) -> None:
    """The roll on disk is enough to find it again and to end it politely."""
    roll_file = tmp_path / "processes.json"
    kept = await started(program(tmp_path, PATIENT), Oversight(roll=ProcessRegistry(roll_file)))
    process = process_of(kept)

    assert await stop_left_overs(roll_file, asyncio.Event()) == ("sitter",)

    assert await all_gone([process])
    await kept.stop()


async def test_a_stranger_with_a_reused_process_id_is_left_alone(tmp_path: Path) -> None:
    """A process id is ours only with the start that was written down beside it."""
    stranger = psutil.Process(os.getppid())
    record = RegisteredProcess(name="sitter", pid=stranger.pid, started_at=stranger.create_time() - 60, farewell=POLITE)
    roll_file = tmp_path / "processes.json"
    roll_file.write_text(f"[{record.model_dump_json()}]")

    assert await stop_left_overs(roll_file, asyncio.Event()) == ()

    assert is_alive(stranger)


async def test_a_program_that_died_is_started_again_and_the_roll_follows(tmp_path: Path) -> None:
    """Whoever reads the roll finds the process that runs now."""
    said: list[str] = []
    oversight = Oversight(said.append, ProcessRegistry(tmp_path / "processes.json"))
    kept = await started(program(tmp_path, PATIENT), oversight)
    first = kept.pid
    process_of(kept).kill()

    async def another() -> int | None:
        pid = oversight.roll.pid("sitter")
        return pid if pid != first else None

    second = await eventually(another)
    await kept.stop()

    assert oversight.roll.pid("sitter") is None
    assert said == [
        "sitter died (killed by SIGKILL); starting it again",
        f"sitter started again as process {second}",
    ]


async def test_a_disk_that_is_away_for_a_while_only_delays_the_restart(tmp_path: Path) -> None:
    """A program that cannot be started now is tried again until it can."""
    said: list[str] = []
    (disk := tmp_path / "disk").mkdir()
    kept = await started(program(disk, PATIENT), Oversight(said.append, ProcessRegistry(disk / "processes.json")))
    disk.rename(tmp_path / "elsewhere")
    process_of(kept).kill()

    async def complained() -> bool:
        return "sitter could not be started again: No such file or directory" in said

    async def runs() -> bool:
        return kept.pid is not None

    await eventually(complained)
    (tmp_path / "elsewhere").rename(disk)
    assert await eventually(runs)
    await kept.stop()

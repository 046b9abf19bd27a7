"""`kapstan demo`: a simulated clinic plays whole courses on the real system, and shows the results."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from domain.values import CourseId, Frozen, count_of
from gateway.protocols import Library, load_folder
from gateway.temporal import connect
from records.store import migrate, open_store
from simulation.demo import display
from simulation.demo.clinic import Clinic, Pace, Played
from simulation.demo.figures import figures
from simulation.demo.inbox import Inbox
from simulation.demo.oncall import on_call_file
from simulation.live.serving import HOST, FloorPlan, keep_a_floor
from simulation.scripts.cohort import drawn_script
from simulation.scripts.scripts import ScriptPart, everybody, parts
from stack.console import PORT_OPTION
from stack.payload_keys import codec_of, keyring_of
from stack.ports import claim
from stack.supervisor import Stack, StackPlan

PROTOCOLS = Path(__file__).parents[1] / "protocols"
PROTOCOL = "kap-im-weekly"
IDENTITY = "kapstan-demo"
REFRESHES_A_SECOND = 8
COHORT = 9
"""Patients of a cohort whose number is not said."""

BANNER = """\
[bold]Kapstan demonstration[/bold]: a simulated clinic on the real system, its clocks moved ahead.
[yellow]Unapproved protocols are allowed here. Not a medical device; no patient is real.[/yellow]
"""


class Staging(Frozen):
    """What is played, and how it is shown. `quiet`: many patients left to chance, shown as figures only.

    Without a number of `patients`, every story is played once.
    """

    patients: int | None
    seed: int
    quiet: bool
    pace: Pace


async def demo(
    patients: int | None = None,
    seed: int = 1,
    *,
    serve: bool,
    console: Console,
    data: Path | None = None,
    port: int | None = None,
    speed: float = 0,
    quiet: bool = False,
) -> bool:
    """Runs the demonstration; returns whether every course ended as its script says, with a valid ledger.

    By default every story is played once. Everything runs on `data`, by default a new temporary folder, and has stopped
    afterwards. With `serve` a live floor is opened then, its console on `port`, until it is asked to stop. `speed` is
    the most clinical days in a second, 0 for no bound. With `quiet` the patients are a cohort left to chance, and
    figures replace the line for each. Raises `StackMisconfigured` or `ServiceDown` if the system does not come up,
    `StoppedEarly` for a signal before the end.
    """
    if serve:
        claim(HOST, {PORT_OPTION: port})  # before the show, not after it: a port in use is reported at once
    console.print(BANNER)
    went_well = True
    with TemporaryDirectory(prefix="kapstan-demo-") as scratch:
        if patients != 0:
            staging = Staging(patients=patients, seed=seed, quiet=quiet, pace=Pace(days_a_second=speed))
            went_well = await _show(Path(scratch), data, staging, console)
        if serve:
            plan = FloorPlan(scratch=Path(scratch), protocols=PROTOCOLS, protocol=PROTOCOL, seed=seed, port=port)
            await keep_a_floor(plan, console)
    return went_well


async def _show(scratch: Path, data: Path | None, staging: Staging, console: Console) -> bool:
    library = load_folder(PROTOCOLS)
    cast = _cast(staging, library)
    async with AsyncExitStack() as exits:
        inbox = await exits.enter_async_context(Inbox())
        on_call = scratch / "oncall.toml"
        on_call.write_text(on_call_file(inbox.channels))
        plan = StackPlan(
            data=data or scratch / "data", protocols=PROTOCOLS, oncall=on_call, migrate=migrate, time_skipping=True
        )
        stack = await exits.enter_async_context(
            Stack(plan, lambda line: console.print(line, markup=False, soft_wrap=True))
        )
        board = display.Counter(len(cast)) if staging.quiet else display.ProgressBoard(cast)
        store = await exits.enter_async_context(open_store(stack.file.database, keyring_of(stack.file)))
        client = await connect(identity=IDENTITY, target_host=stack.file.temporal, codec=codec_of(stack.file))
        clinic = Clinic(client, library, store, board, staging.pace)
        with Live(board, console=console, refresh_per_second=REFRESHES_A_SECOND, transient=True):
            played = await stack.unless_stopped(_play(clinic, cast))
        if staging.quiet:
            _show_figures(console, played)
        else:
            _show_endings(console, played, inbox)
        _show_troubles(console, played)
    return all(one.is_as_expected for one in played)


async def _play(clinic: Clinic, cast: tuple[ScriptPart, ...]) -> list[Played]:
    async with asyncio.TaskGroup() as playing:
        tasks = [playing.create_task(clinic.play(part)) for part in cast]
    return [task.result() for task in tasks]


def _cast(staging: Staging, library: Library) -> tuple[ScriptPart, ...]:
    newest = {shelved.protocol.id: shelved.protocol for shelved in library.shelf}
    protocol = newest.pop(PROTOCOL)
    # The moment is part of the id, so that a second demonstration on the same folder gets new courses.
    run = f"{int(datetime.now(UTC).timestamp()):x}"[-5:]

    def course_id(number: int) -> CourseId:
        return f"P{number}-{run}"

    if staging.quiet:
        return parts(staging.patients or COHORT, staging.seed, protocol, course_id, drawn_script)
    return everybody(staging.patients, staging.seed, protocol, tuple(newest.values()), course_id)


def _show_figures(console: Console, played: list[Played]) -> None:
    endings = [one.ending for one in played if one.ending is not None]
    console.print(display.summary(figures(endings, played[0].part.protocol)))
    console.print()


def _show_endings(console: Console, played: list[Played], inbox: Inbox) -> None:
    console.print(display.news([news for one in played for news in one.news]))
    console.print()
    if inbox.pages:
        console.print(display.inbox(inbox.pages))
        console.print()
    console.print(display.endings(played))
    console.print()


def _show_troubles(console: Console, played: list[Played]) -> None:
    for one in played:
        for trouble in one.troubles:
            console.print(f"[red]{one.part.patient.course_id}[/red] ({one.part.script.name}): {escape(trouble)}")
    good = sum(one.is_as_expected for one in played)
    whole = count_of(len(played), "course")
    console.print(f"{good} of {whole} ended as scripted, with a ledger that verifies.")

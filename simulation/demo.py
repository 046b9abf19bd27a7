"""`kapstan demo`: a simulated clinic runs whole courses through the real system, and shows what came of them."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from gateway.protocols import Library, load_folder
from gateway.temporal import connect
from records.store import migrate, open_store
from simulation import display
from simulation.cast import Part, parts
from simulation.clinic import Clinic, Pace, Played
from simulation.inbox import Inbox
from simulation.oncall import on_call_file
from stack.supervisor import Stack, StackPlan

PROTOCOLS = Path(__file__).parent.parent / "protocols"
PROTOCOL = "kap-im-weekly"
IDENTITY = "kapstan-demo"
REFRESHES_A_SECOND = 8

BANNER = """\
[bold]Kapstan demonstration[/bold]: a simulated clinic on the real system, its clocks moved ahead.
[yellow]Unapproved protocols are allowed here. Not a medical device; no patient is real.[/yellow]
"""


async def demo(
    patients: int, seed: int, *, serve: bool, console: Console, data: Path | None = None, speed: float = 0
) -> bool:
    """Whether every course ended as its script says, with a ledger that holds.

    Everything runs on `data`, a new temporary folder where none is given, and has stopped afterwards; with `serve` only
    when somebody asks. `speed` is how many clinical days go by in a second at the most, 0 for no bound. Raises
    `StackMisconfigured` or `ServiceDown` where the system does not come up, `StoppedEarly` for a signal before the end.
    """
    console.print(BANNER)
    with TemporaryDirectory(prefix="kapstan-demo-") as scratch:
        return await _demo(Path(scratch), patients, seed, serve, console, data, Pace(days_a_second=speed))


async def _demo(
    scratch: Path, patients: int, seed: int, serve: bool, console: Console, data: Path | None, pace: Pace
) -> bool:
    library = load_folder(PROTOCOLS)
    cast = _cast(patients, seed, library)
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
        board = display.Board(cast)
        store = await exits.enter_async_context(open_store(stack.file.database))
        client = await connect(identity=IDENTITY, target_host=stack.file.temporal)
        clinic = Clinic(client, library, store, board, pace)
        with Live(board, console=console, refresh_per_second=REFRESHES_A_SECOND, transient=True):
            played = await stack.unless_stopped(_play(clinic, cast))
        _show(console, played, inbox)
        if serve:
            console.print(f"Still up, until Ctrl-C. To look at a course: kapstan show COURSE --data {plan.data}")
            await stack.until_stopped()
    return all(one.is_as_expected for one in played)


async def _play(clinic: Clinic, cast: tuple[Part, ...]) -> list[Played]:
    async with asyncio.TaskGroup() as playing:
        tasks = [playing.create_task(clinic.play(part)) for part in cast]
    return [task.result() for task in tasks]


def _cast(patients: int, seed: int, library: Library) -> tuple[Part, ...]:
    protocol = library.latest(PROTOCOL)
    assert protocol is not None
    # The moment is part of the name, so that a second demonstration on the same folder meets no course of the first.
    run = f"{int(datetime.now(UTC).timestamp()):x}"[-5:]
    return parts(patients, seed, protocol, lambda number: f"P{number}-{run}")


def _show(console: Console, played: list[Played], inbox: Inbox) -> None:
    if inbox.pages:
        console.print(display.inbox(inbox.pages))
        console.print()
    console.print(display.endings(played))
    console.print()
    for one in played:
        for trouble in one.troubles:
            console.print(f"[red]{one.part.patient.course_id}[/red] ({one.part.script.name}): {escape(trouble)}")
    good = sum(one.is_as_expected for one in played)
    console.print(f"{good} of {len(played)} courses ended as their scripts say, and their ledgers verify.")

"""The `kapstan` command line: runs the programs; what it asks of them stands in `terminal.commands`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from domain.oncall.file import OnCallFileError
from domain.protocol.file import ProtocolFileError
from domain.refusal import Refused
from gateway.temporal import TemporalUnreachable, leave
from gateway.workflow_calls import KeysDiffer, TooMany, Unavailable
from records.errors import MigrationAltered, RecordStoreError, SchemaTooNew, SchemaTooOld
from records.store import migrate
from settings import Misconfigured, described, read_settings
from stack.core_files import leave_no_core_file
from stack.errors import ServiceDown, StackMisconfigured, StoppedEarly
from terminal.commands import courses, on_call, protocols, record, releases, tokens
from terminal.commands.options import DONE, HERE, INTERRUPTED, MISUSED, REFUSED, ROOT, UNREACHABLE, Data
from terminal.printing import complain, out
from terminal.target import place

_SETTINGS = "\n\n".join(f"`{name}` {meaning}" for name, meaning in described())

app = typer.Typer(
    help="Kapstan: courses of ketamine-assisted psychotherapy that nobody forgets.",
    epilog=f"Settings, from the environment or `.env`:\n\n{_SETTINGS}\n\n`TEMPORAL_ADDRESS`, … for the server",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="where everything is kept", metavar="DIR")] = HERE,
    protocols: Annotated[Path, typer.Option(help="the folder of protocol files")] = ROOT / "protocols",
    oncall_file: Annotated[Path, typer.Option("--oncall", help="the on-call file")] = ROOT / "examples" / "oncall.toml",
    host: Annotated[str, typer.Option(help="the address that the console listens on")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="the console's port; any free one")] = None,
    temporal_port: Annotated[int | None, typer.Option(help="Temporal's port; any free one")] = None,
    ui_port: Annotated[int | None, typer.Option(help="the port of Temporal's pages; any free one")] = None,
    workers: Annotated[int, typer.Option(min=1, help="worker processes")] = 2,
) -> None:
    """The whole stack in one command: PostgreSQL, Temporal with its Web UI, workers, console."""
    from stack.supervisor import Stack, StackPlan  # noqa: PLC0415  the other commands need not wait until it is loaded

    out.print("[bold]Kapstan[/] is not a medical device. Unapproved protocols may start courses here.")
    plan = StackPlan(
        data=data,
        protocols=protocols,
        oncall=oncall_file,
        migrate=migrate,
        host=host,
        port=port,
        temporal_port=temporal_port,
        ui_port=ui_port,
        workers=workers,
    )

    async def supervise() -> None:
        async with Stack(plan, out.print) as running:
            await running.until_stopped()

    asyncio.run(supervise())


@app.command()
def demo(
    patients: Annotated[int | None, typer.Option(min=0, help="how many courses to play; else every story once")] = None,
    seed: Annotated[int, typer.Option(help="another seed, another clinic")] = 1,
    speed: Annotated[float, typer.Option(min=0, help="paces the display; 0 is as fast as it goes")] = 0,
    serve: Annotated[bool, typer.Option("--serve", help="then a floor in real time, with its pages")] = False,
    port: Annotated[int | None, typer.Option(help="the console's port with --serve; any free one")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="a cohort left to chance: figures, no line a patient")] = False,
) -> None:
    """A simulated clinic plays whole courses through the real stack, with clinical time skipped."""
    from simulation import command as simulated  # noqa: PLC0415  the clinic's own commands do not load the simulation

    if patients == 0 and not serve:
        raise typer.BadParameter("must be at least 1 without --serve", param_hint="'--patients'")
    showing = simulated.demo(patients, seed, speed=speed, serve=serve, port=port, quiet=quiet, console=out)
    if not asyncio.run(showing):
        raise typer.Exit(REFUSED)


@app.command("worker")
def work() -> None:
    """A production worker, configured by the environment."""
    import worker  # noqa: PLC0415  the other commands need not wait until all of it is loaded

    raise typer.Exit(worker.main())


@app.command("console")
def serve_console(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port to listen on")] = 8080,
) -> None:
    """The production HTTP service: API and pages, configured by the environment."""
    from console import serving  # noqa: PLC0415  the other commands need not wait until all of it is loaded

    serving.run(read_settings(), host, port)


@app.command("watch")
def keep_watch() -> None:
    """The watch over every course, in a process of its own, configured by the environment."""
    from console.watchdog import program  # noqa: PLC0415  the other commands need not wait until all of it is loaded

    program.run(read_settings())


@app.command("migrate")
def bring_up_to_date(data: Data = HERE) -> None:
    """Brings the database schema up to date; safe to run twice."""
    for name in asyncio.run(migrate(place(data).database_url)):
        out.print(f"applied {name}")


app.add_typer(courses.commands)
app.add_typer(record.commands)
app.add_typer(on_call.commands)
app.add_typer(on_call.oncall, name="oncall")
app.add_typer(protocols.commands, name="protocol")
app.add_typer(releases.commands, name="release")
app.add_typer(tokens.commands, name="token")

_MISCONFIGURED = (
    Misconfigured,
    StackMisconfigured,
    ProtocolFileError,
    OnCallFileError,
    SchemaTooOld,
    SchemaTooNew,
    MigrationAltered,
    KeysDiffer,
)


def main() -> None:
    """Runs the command line. Exit code 0 done, 1 refused by a rule, 2 wrong usage or configuration, 3 unreachable."""
    leave_no_core_file()
    leave(_run())


def _run() -> int:
    try:
        app()
    except SystemExit as ended:
        return int(ended.code or DONE)
    except (KeyboardInterrupt, StoppedEarly):
        return INTERRUPTED
    except Refused as refused:
        _complain(refused.refusal.message, f"{refused.refusal.code}: ")
        return REFUSED
    except _MISCONFIGURED as error:
        _complain(str(error))
        return MISUSED
    except (TemporalUnreachable, Unavailable, TooMany, ServiceDown, RecordStoreError) as error:
        _complain(str(error))
        return UNREACHABLE
    return DONE


def _complain(why: str, code: str = "") -> None:
    complain(f"kapstan: {code}{why}")


if __name__ == "__main__":
    main()

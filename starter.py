"""The `kapstan` command line: runs the stack, sends events, shows courses, acts on escalations."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console, RenderableType
from rich.markup import escape

from domain.access import TokenRole
from domain.course.state import Phase
from domain.escalation.messages import Acknowledge, EscalationState, Resolve
from domain.moments import moment
from domain.oncall.file import OnCallFileError, OnCallQuery
from domain.protocol.file import ProtocolFileError
from domain.protocol.parameters import rows, without_evidence
from domain.refusal import Refused
from domain.rehearsal.script import ScriptUnreadable, parse_script
from domain.values import Frozen, Severity, count_of
from domain.views.forecast import Forecast
from gateway.courses import Courses
from gateway.event_files import Sent, events_in, send_all
from gateway.forecasts import forecast_of
from gateway.oncall import read_on_call
from gateway.protocols import approve_file, load_file, load_folder
from gateway.rehearsals import rehearsal
from gateway.temporal import TemporalUnreachable, leave
from gateway.tokens import UnknownToken
from gateway.verification import Broken, Verified, verify_courses
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import MigrationAltered, RecordStoreError, SchemaTooNew, SchemaTooOld
from records.store import CourseFilter, EscalationFilter, RecordStore, migrate
from records.unreadable_rows import Found
from settings import Misconfigured, described, read_settings
from stack.errors import ServiceDown, StackMisconfigured, StoppedEarly
from stack.supervisor import Stack, StackPlan
from terminal import lists
from terminal.course import course_page
from terminal.forecast import forecast_page
from terminal.formatting import deviations
from terminal.rehearsal import timeline, unfinished
from terminal.target import asked, place

DONE, REFUSED, MISUSED, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED = 130
"""Exit code after Ctrl-C before the work was done, as shells count signals."""

Data = Annotated[Path, typer.Option("--data", help="the folder of a running `kapstan up`", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
HERE = Path(".kapstan")
ROOT = Path(__file__).parent

_SETTINGS = "\n\n".join(f"`{name}` {meaning}" for name, meaning in described())

app = typer.Typer(
    help="Kapstan: courses of ketamine-assisted psychotherapy that nobody forgets.",
    epilog=f"Settings, from the environment or `.env`:\n\n{_SETTINGS}\n\n`TEMPORAL_ADDRESS`, … for the server",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
oncall = typer.Typer(help="Who is on call.", no_args_is_help=True)
protocol = typer.Typer(help="The clinic's protocols.", no_args_is_help=True)
token = typer.Typer(help="Who may call the HTTP API.", no_args_is_help=True)
app.add_typer(oncall, name="oncall")
app.add_typer(protocol, name="protocol")
app.add_typer(token, name="token")
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="where everything is kept", metavar="DIR")] = HERE,
    protocols: Annotated[Path, typer.Option(help="the folder of protocol files")] = ROOT / "protocols",
    oncall_file: Annotated[Path, typer.Option("--oncall", help="the on-call file")] = ROOT / "examples" / "oncall.toml",
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="the console's port; any free one")] = None,
    temporal_port: Annotated[int | None, typer.Option(help="Temporal's port; any free one")] = None,
    ui_port: Annotated[int | None, typer.Option(help="the port of Temporal's pages; any free one")] = None,
    workers: Annotated[int, typer.Option(min=1, help="worker processes")] = 2,
) -> None:
    """The whole stack in one command: PostgreSQL, Temporal with its Web UI, workers, console."""
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
    asyncio.run(_supervise(plan))


async def _supervise(plan: StackPlan) -> None:
    async with Stack(plan, out.print) as running:
        await running.until_stopped()


@app.command()
def demo(
    patients: Annotated[int, typer.Option(min=0, help="how many courses to play; 9 show every story once")] = 9,
    seed: Annotated[int, typer.Option(help="another seed, another clinic")] = 1,
    speed: Annotated[float, typer.Option(min=0, help="paces the display; 0 is as fast as it goes")] = 0,
    serve: Annotated[bool, typer.Option("--serve", help="then a floor in real time, with its pages")] = False,
    port: Annotated[int | None, typer.Option(help="the console's port with --serve; any free one")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="a cohort left to chance: figures, no line a patient")] = False,
) -> None:
    """A simulated clinic plays whole courses through the real stack, with clinical time skipped."""
    from simulation import command as simulated  # noqa: PLC0415  the clinic's own commands do not load the simulation

    if not (patients or serve):
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


@app.command("migrate")
def bring_up_to_date(data: Data = HERE) -> None:
    """Brings the database schema up to date; safe to run twice."""
    for name in asyncio.run(migrate(place(data).database_url)):
        out.print(f"applied {name}")


@app.command()
def send(
    file: Annotated[str, typer.Argument(help="a JSON object, an array, or JSON lines; - is standard input")] = "-",
    data: Data = HERE,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="decides each event and records nothing")] = False,
) -> None:
    """Sends clinic events, in order, and prints one answer a line."""
    text = _read(file)

    async def sending(courses: Courses) -> int:
        tally: dict[str, int] = {}
        async for sent in send_all(courses, events_in(text), dry_run=dry_run):
            out.print(sent.model_dump_json() if as_json else _line(sent), markup=not as_json)
            tally[sent.status] = tally.get(sent.status, 0) + 1
        sys.stderr.write(", ".join(f"{number} {status}" for status, number in tally.items()) + "\n")
        return REFUSED if tally.keys() - {"accepted", "replayed"} else DONE

    raise typer.Exit(asked(place(data).courses(), sending))


@app.command()
def rehearse(
    named: Annotated[str, typer.Argument(metavar="PROTOCOL", help="a protocol's id or file, approved or not")],
    oncall_file: Annotated[Path | None, typer.Option("--oncall", help="the on-call file")] = None,
    script: Annotated[str, typer.Option(help="events and acts as JSON lines; - is standard input")] = "-",
    until: Annotated[str | None, typer.Option(help="how far time goes on after the last line", metavar="TIME")] = None,
    real: Annotated[bool, typer.Option("--real", help="play it through the workflows themselves")] = False,
    as_json: AsJson = False,
) -> None:
    """Plays a script of events against a protocol, without servers, and prints everything that would follow."""
    files = read_settings()
    is_set = files.model_fields_set
    on_call = oncall_file or (files.oncall if "oncall" in is_set else ROOT / "examples" / "oncall.toml")
    folder = files.protocols if "protocols" in is_set else ROOT / "protocols"
    try:
        played = parse_script(_read(script))
    except ScriptUnreadable as wrong:
        raise Misconfigured(f"{script}: {wrong}") from None
    try:
        ends_at = moment(until) if until is not None else None
    except ValueError as wrong:
        raise Misconfigured(f"--until: {wrong}") from None
    lines = tuple(rehearsal(played, named, folder, read_on_call(on_call), real=real).lines(ends_at))
    if as_json:
        sys.stdout.writelines(f"{line.printed()}\n" for line in lines)
    else:
        for told in timeline(lines, played.zone):
            out.print(told)
    for left in unfinished(lines):
        sys.stderr.write(f"kapstan: {left}\n")


def _line(sent: Sent) -> str:
    match sent.answer, sent.refusal:
        case answer, None if answer is not None:
            verdict = f", {answer.verdict.severity}" if answer.verdict else ""
            where = f"{answer.course_id} {answer.phase}{verdict}{deviations(answer.deviations)}"
            return f"[green]{sent.status}[/]  {escape(sent.event_id or '–')}  {where}"
        case _, refusal if refusal is not None:
            return f"[red]{refusal.code}[/]  {escape(sent.event_id or '–')}  {escape(refusal.message)}"
    raise AssertionError(sent)


@app.command("courses")
def list_courses(
    phase: Annotated[Phase | None, typer.Option(help="only this phase")] = None,
    site: Annotated[str | None, typer.Option(help="only this site")] = None,
    attention: Annotated[bool, typer.Option("--attention", help="only those that want a human")] = False,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """The fleet: where every course is."""
    wanted = CourseFilter(phase=phase, site=site, attention=Severity.ROUTINE if attention else None, limit=1000)
    found = asked(place(data).store(), lambda store: store.courses(wanted))
    _print(found, lambda: lists.fleet(found, datetime.now(UTC)), as_json=as_json)
    _name_unreadable(found, "course")


@app.command()
def show(course: str, data: Data = HERE, as_json: AsJson = False) -> None:
    """One course: where it is, what may come next, what blocks it, what is due when."""
    view = asked(place(data).courses(), lambda courses: courses.view(course))
    _print(view, lambda: course_page(view, datetime.now(UTC)), as_json=as_json)


@app.command("forecast")
def foretell(course: str, data: Data = HERE, as_json: AsJson = False) -> None:
    """Who will be paged about a course, when and how, if nobody acts from now on."""
    kapstan = place(data)
    on_call = read_on_call(kapstan.oncall)

    async def asking() -> Forecast:
        async with kapstan.courses() as courses, kapstan.escalations() as escalations:
            return await forecast_of(course, datetime.now(UTC), courses, escalations, on_call)

    found = asyncio.run(asking())
    _print(found, lambda: forecast_page(found), as_json=as_json)


@app.command("escalations")
def list_escalations(
    state: Annotated[EscalationState | None, typer.Option(help="only this state")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """The on-call work."""
    found = asked(place(data).store(), lambda store: store.escalations(EscalationFilter(state=state, limit=1000)))
    _print(found, lambda: lists.escalations(found), as_json=as_json)
    _name_unreadable(found, "escalation")


@app.command()
def ack(
    escalation: Annotated[str, typer.Argument(metavar="ID")],
    by: Annotated[str, typer.Option(help="who has it, as the on-call file names people")],
    note: Annotated[str | None, typer.Option()] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Acknowledges an escalation: the ladder stops, the time to resolve it runs."""
    view = asked(
        place(data).escalations(escalation),
        lambda on_call: on_call.act(escalation, Acknowledge(by=by, note=note)),
    )
    _print(view, lambda: lists.escalations([view]), as_json=as_json)


@app.command()
def resolve(
    escalation: Annotated[str, typer.Argument(metavar="ID")],
    by: Annotated[str, typer.Option(help="who has dealt with it")],
    note: Annotated[str, typer.Option(help="what was done")],
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Resolves an escalation."""
    view = asked(
        place(data).escalations(escalation), lambda on_call: on_call.act(escalation, Resolve(by=by, note=note))
    )
    _print(view, lambda: lists.escalations([view]), as_json=as_json)


@oncall.command("check")
def check_on_call(file: Path) -> None:
    """Validates a rota and policy file."""
    from gateway.channels import fault  # noqa: PLC0415  the other commands need not wait until Apprise is loaded

    found = read_on_call(file, fault)
    out.print(
        f"[green]✓[/] {file}: {count_of(len(found.people), 'person', 'people')}, "
        f"{count_of(len(found.rotas), 'rota')}, {count_of(len(found.policies), 'policy', 'policies')}"
    )


@oncall.command("now")
def show_on_call(data: Data = HERE, as_json: AsJson = False) -> None:
    """Who would be paged now, per severity, step by step."""
    on_call, now = read_on_call(place(data).oncall), datetime.now(UTC)
    snapshots = {one: on_call.standing(OnCallQuery(severity=one, at=now)) for one in reversed(Severity)}
    if as_json:
        out.print_json(json.dumps({one: snapshot.model_dump(mode="json") for one, snapshot in snapshots.items()}))
    else:
        out.print(lists.on_call_now(snapshots, on_call))


@protocol.command("check")
def check_protocols(files: Annotated[list[Path], typer.Argument()]) -> None:
    """Validates protocol files, and names the values that lack evidence."""
    findings: list[str] = []
    for file in files:
        try:
            found = load_file(file)
        except ProtocolFileError as wrong:
            findings.extend(map(str, wrong.findings))
            continue
        missing = without_evidence(found.protocol)
        findings.extend(f"{file}: {key}: must have an entry in [evidence]" for key in missing)
        approved = "approved" if found.is_approved else "not approved"
        mark = "[red]✗[/]" if missing else "[green]✓[/]"
        out.print(f"{mark} {file}: {found.protocol.id} {found.protocol.version}, {approved}")
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings:
        raise typer.Exit(REFUSED)


@protocol.command("show")
def show_protocol(
    protocol_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = HERE, as_json: AsJson = False
) -> None:
    """A protocol as a readable table, each value with its evidence."""
    folder = place(data).protocols
    shelved = load_folder(folder).find(protocol_id)
    if shelved is None:
        raise Misconfigured(f"there is no protocol {protocol_id} in {folder}")
    found = rows(shelved.protocol)
    if not as_json:
        approval = ", ".join(f"approved by {one.by}" for one in shelved.approvals) or "not approved"
        out.print(f"[bold]{escape(shelved.protocol.title)}[/]  {shelved.protocol.version}, {approval}")
    _print(list(found), lambda: lists.protocol(found), as_json=as_json)


@protocol.command("approve")
def approve(file: Path, by: Annotated[str, typer.Option(help="the medical director's name")]) -> None:
    """Records the medical director's approval over the content of the file as it is."""
    try:
        approval = approve_file(file, by, datetime.now(UTC))
    except ValueError as wrong:
        raise Misconfigured(f"--by: {wrong}") from None
    out.print(f"[green]✓[/] {file} is approved by {escape(approval.by)}: {approval.hash}")


@token.command("create")
def create_token(
    role: Annotated[TokenRole, typer.Option(help="in what capacity it calls")],
    name: Annotated[str, typer.Option(help="whose it is, in one line")],
    site: Annotated[str | None, typer.Option(help="the only site whose courses it may see")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """A new token. Its secret is shown this once; only a salted hash of it is kept."""
    try:
        made = asked(place(data).tokens(), lambda tokens: tokens.create(role=role, name=name, site=site))
    except ValidationError as wrong:
        raise Misconfigured(f"--{wrong.errors()[0]['loc'][0]}: must be one line of 1 to 100 characters") from None
    _print(made, lambda: lists.new_token(made), as_json=as_json)


@token.command("list")
def list_tokens(data: Data = HERE, as_json: AsJson = False) -> None:
    """Every token there ever was, and when it was last shown."""
    found = asked(place(data).tokens(), lambda tokens: tokens.all())
    _print(found, lambda: lists.tokens(found), as_json=as_json)
    _name_unreadable(found, "token")


@token.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = HERE) -> None:
    """The token opens nothing from now on."""
    try:
        asked(place(data).tokens(), lambda tokens: tokens.revoke(token_id))
    except UnknownToken as unknown:
        raise Misconfigured(str(unknown)) from None
    out.print(f"[green]✓[/] {escape(token_id)} is revoked")


@app.command()
def verify(
    course: Annotated[str | None, typer.Argument(help="one course; all of them where none is named")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Recomputes the ledger's hash chain and compares it with the head that Temporal holds."""
    kapstan = place(data)

    async def verifying(store: RecordStore, courses: Courses) -> int:
        is_whole = True
        async for verified in verify_courses(store, courses, course):
            is_whole &= isinstance(verified, Verified) and verified.is_whole
            out.print(verified.model_dump_json() if as_json else _verdict(verified), markup=not as_json)
        return DONE if is_whole else REFUSED

    async def run() -> int:
        async with kapstan.store() as store, kapstan.courses() as courses:
            return await verifying(store, courses)

    raise typer.Exit(asyncio.run(run()))


def _verdict(verified: Verified | Broken) -> str:
    if isinstance(verified, Broken):
        return f"[red]✗[/] {verified.relation}: {escape(verified.id)} cannot be read: {verified.unreadable}"
    verdict = verified.verdict
    if verdict.fault is not None:
        return f"[red]✗[/] {verified.course_id}: row {verdict.fault.sequence}: {escape(verdict.fault.reason)}"
    whole = f"{count_of(verdict.sequence, 'entry', 'entries')}, chain whole ({verdict.head[:12]}…)"
    if verified.unanswered is not None:
        return f"[red]✗[/] {verified.course_id}: {whole}, compared with nothing: {escape(verified.unanswered)}"
    compared = "as Temporal holds it" if verdict.is_compared else "Temporal no longer holds the course"
    return f"[green]✓[/] {verified.course_id}: {whole}, {compared}"


def _name_unreadable(found: Found[Any], what: str) -> None:
    """Names on stderr the rows that the list leaves out because they cannot be read."""
    for one in found.unreadable:
        sys.stderr.write(f"this {what} cannot be read from the record: {one.name}: {one.detail}; see: kapstan verify\n")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: must be a file of clinic events: {error}") from None


def _print(found: Frozen | Sequence[Frozen], as_table: Callable[[], RenderableType], *, as_json: bool) -> None:
    match found:
        case _ if not as_json:
            out.print(as_table())
        case Frozen():
            out.print_json(found.model_dump_json())
        case _:
            out.print_json(json.dumps([one.model_dump(mode="json") for one in found]))


_MISCONFIGURED = (
    Misconfigured,
    StackMisconfigured,
    ProtocolFileError,
    OnCallFileError,
    SchemaTooOld,
    SchemaTooNew,
    MigrationAltered,
)


def main() -> None:
    """Runs the command line. Exit code 0 done, 1 refused by a rule, 2 wrong usage or configuration, 3 unreachable."""
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
    sys.stderr.write(f"kapstan: {code}{why}\n")


if __name__ == "__main__":
    main()

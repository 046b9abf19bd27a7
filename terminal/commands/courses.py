"""Commands about courses: send events, rehearse a protocol, show, forecast, verify."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape

from domain.course.state import Phase
from domain.harmless import harmless
from domain.moments import moment
from domain.past.as_of import PastCourse, Wanted
from domain.refusal import RefusalCode, Refused
from domain.rehearsal.script import ScriptUnreadable, parse_script
from domain.values import CourseId, Severity, count_of
from domain.views.floor_forecast import FloorForecast
from domain.views.forecast import Forecast
from gateway.courses import Courses
from gateway.event_files import Sent, events_in, send_all
from gateway.forecasts import floor_forecast_of, forecast_of
from gateway.host_account import sent_from_here
from gateway.list_verification import Differs
from gateway.oncall import read_on_call
from gateway.past_courses import PastCourses, WrongMoment
from gateway.protocols import load_folder
from gateway.rebuilding import Rebuilding, Rebuilt
from gateway.revival import CannotBeRevived, Revival, Revived
from gateway.verification import Broken, Finding, is_whole
from records.audit_chains import AuditVerdict
from records.store import CourseFilter
from settings import Misconfigured, read_settings
from terminal import lists
from terminal.commands.options import (
    DONE,
    HERE,
    REFUSED,
    ROOT,
    AsJson,
    Data,
    name_unreadable,
    printed,
    protocols_at_hand,
    text_of,
)
from terminal.course import course_page, past_course_page
from terminal.forecast import floor_forecast_page, forecast_page
from terminal.formatting import deviations
from terminal.on_record import note_act, note_read
from terminal.printing import complain, out
from terminal.rehearsal import left_out, timeline
from terminal.target import asked, place

_NAMED: Final[TypeAdapter[CourseId | None]] = TypeAdapter(CourseId | None)

commands: Final = typer.Typer()


@commands.command()
def send(
    file: Annotated[str, typer.Argument(help="a JSON object, an array, or JSON lines; - is standard input")] = "-",
    data: Data = HERE,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="decides each event and records nothing")] = False,
) -> None:
    """Sends clinic events, in order, and prints one answer a line."""
    text = text_of(file)

    async def sending(courses: Courses) -> int:
        tally: dict[str, int] = {}
        async for sent in send_all(courses, events_in(text), dry_run=dry_run):
            out.print(sent.model_dump_json() if as_json else _line(sent), markup=not as_json)
            tally[sent.status] = tally.get(sent.status, 0) + 1
        complain(", ".join(f"{number} {status}" for status, number in tally.items()))
        return REFUSED if tally.keys() - {"accepted", "replayed"} else DONE

    raise typer.Exit(asked(place(data).courses(), sending))


@commands.command()
def rehearse(
    named: Annotated[str, typer.Argument(metavar="PROTOCOL", help="a protocol's id or file, approved or not")],
    oncall_file: Annotated[Path | None, typer.Option("--oncall", help="the on-call file")] = None,
    script: Annotated[str, typer.Option(help="events and acts as JSON lines; - is standard input")] = "-",
    until: Annotated[str | None, typer.Option(help="how far time goes on after the last line", metavar="TIME")] = None,
    real: Annotated[bool, typer.Option("--real", help="play it through the workflows themselves")] = False,
    as_json: AsJson = False,
) -> None:
    """Plays a script of events against a protocol, without servers, and prints everything that would follow."""
    from gateway.rehearsals import rehearsal  # noqa: PLC0415  the other commands need not wait until it is loaded

    files = read_settings()
    is_set = files.model_fields_set
    on_call = oncall_file or (files.oncall if "oncall" in is_set else ROOT / "examples" / "oncall.toml")
    folder = protocols_at_hand(files)
    try:
        played = parse_script(text_of(script))
    except ScriptUnreadable as wrong:
        raise Misconfigured(f"{script}: {wrong}") from None
    try:
        ends_at = moment(until) if until is not None else None
    except ValueError as wrong:
        raise Misconfigured(f"--until: {wrong}") from None
    lines = tuple(rehearsal(played, named, folder, read_on_call(on_call), real=real).lines(ends_at))
    if as_json:
        sys.stdout.writelines(f"{harmless(line.printed())}\n" for line in lines)
    else:
        for told in timeline(lines, played.zone):
            out.print(told)
    for left in left_out(lines):
        complain(f"kapstan: {left}")


def _line(sent: Sent) -> str:
    match sent.answer, sent.refusal:
        case answer, None if answer is not None:
            verdict = f", {answer.verdict.severity}" if answer.verdict else ""
            where = f"{answer.course_id} {answer.phase}{verdict}{deviations(answer.deviations)}"
            return f"[green]{sent.status}[/]  {escape(sent.event_id or '–')}  {where}"
        case _, refusal if refusal is not None:
            return f"[red]{refusal.code}[/]  {escape(sent.event_id or '–')}  {escape(refusal.message)}"
    raise AssertionError(sent)


@commands.command("courses")
def list_courses(
    phase: Annotated[Phase | None, typer.Option(help="only this phase")] = None,
    site: Annotated[str | None, typer.Option(help="only this site")] = None,
    attention: Annotated[bool, typer.Option("--attention", help="only those that want a human")] = False,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """The fleet: where every course is."""
    wanted = CourseFilter(phase=phase, site=site, attention=Severity.ROUTINE if attention else None, limit=1000)
    kapstan = place(data)
    found = asked(kapstan.store(), lambda store: store.courses(wanted))
    printed(found, lambda: lists.fleet(found, datetime.now(UTC)), as_json=as_json)
    name_unreadable(found, "course")
    note_read(kapstan, "courses")


@commands.command()
def show(
    course: str,
    as_of: Annotated[str | None, typer.Option("--as-of", help="as it stood at that moment", metavar="TIME")] = None,
    as_known: Annotated[bool, typer.Option("--as-known", help="as the record knew it then, not as it reads")] = False,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """One course: where it is, what may come next, what blocks it, what is due when; now, or at an earlier moment."""
    if as_of is not None:
        _show_past(course, _wanted(as_of, as_known=as_known), data, as_json=as_json)
        return
    if as_known:
        raise Misconfigured("--as-known: must stand beside --as-of, which says the moment")
    kapstan = place(data)
    view = asked(kapstan.courses(), lambda courses: courses.view(course))
    printed(view, lambda: course_page(view, datetime.now(UTC)), as_json=as_json)
    note_read(kapstan, "course", course)


def _wanted(as_of: str, *, as_known: bool) -> Wanted:
    try:
        return Wanted(moment(as_of), as_known)
    except ValueError as wrong:
        raise Misconfigured(f"--as-of: {wrong}") from None


def _show_past(course: str, wanted: Wanted, data: Path, *, as_json: bool) -> None:
    kapstan = place(data)
    library = load_folder(kapstan.protocols)

    async def asking() -> PastCourse:
        async with kapstan.both_memories() as (store, _, courses, _):
            return await PastCourses(courses, store, library).view(course, wanted)

    try:
        found = asyncio.run(asking())
    except WrongMoment as wrong:
        raise Misconfigured(f"--as-of: {wrong}") from None
    printed(found, lambda: past_course_page(found), as_json=as_json)
    note_read(kapstan, "past course", course)


@commands.command("forecast")
def foretell(
    course: Annotated[str | None, typer.Argument(help="one course; the next hour of all where none is named")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Who will be paged about a course, or about any within the hour, when and how, if nobody acts from now on."""
    kapstan = place(data)
    on_call = read_on_call(kapstan.oncall)

    async def asking(course: str) -> Forecast:
        async with kapstan.courses() as courses, kapstan.escalations() as escalations:
            return await forecast_of(course, datetime.now(UTC), courses, escalations, on_call)

    async def asking_all() -> FloorForecast:
        async with kapstan.both_memories() as (store, _, courses, escalations):
            return await floor_forecast_of(datetime.now(UTC), store, courses, escalations, on_call)

    if course is not None:
        found = asyncio.run(asking(course))
        printed(found, lambda: forecast_page(found), as_json=as_json)
    else:
        of_all = asyncio.run(asking_all())
        printed(of_all, lambda: floor_forecast_page(of_all), as_json=as_json)
    note_read(kapstan, "forecast", course)


def _check_id(course: str | None) -> None:
    """Raises `Refused` (`unknown_course`) for what can be no course's id."""
    try:
        _NAMED.validate_python(course)
    except ValidationError:
        raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {course}") from None


@commands.command("reads")
def list_reads(
    course: Annotated[str | None, typer.Argument(help="one course; all of them where none is named")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="how many at most, the newest")] = 100,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Who read what of which course, newest first."""
    _check_id(course)
    kapstan = place(data)
    found = asked(kapstan.access(), lambda access: access.reads(course, limit=limit))
    printed(found, lambda: lists.reads(found), as_json=as_json)
    name_unreadable(found, "read")
    note_read(kapstan, "reads", course)


@commands.command()
def verify(
    course: Annotated[str | None, typer.Argument(help="one course; all of them where none is named")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Compares every ledger with the head that Temporal holds, every list with the ledgers, and checks the audit."""
    kapstan = place(data)

    def say(finding: Finding) -> None:
        out.print(finding.model_dump_json() if as_json else _verdict(finding), markup=not as_json)

    async def run() -> bool:
        async with kapstan.verification() as verification:
            if course is None:
                return not (await verification.report(say)).differing
            found = [one async for one in verification.run(course)]
        for one in found:
            say(one)
        return all(map(is_whole, found))

    raise typer.Exit(DONE if asyncio.run(run()) else REFUSED)


@commands.command()
def rebuild(data: Data = HERE, as_json: AsJson = False) -> None:
    """Makes every list anew: courses and escalations as they are, or as their ledgers tell them."""
    kapstan = place(data)

    async def run() -> int:
        is_done = True
        async with kapstan.both_memories() as memories:
            async for rebuilt in Rebuilding(*memories).run():
                is_done &= rebuilt.left is None
                out.print(rebuilt.model_dump_json() if as_json else _rebuilt(rebuilt), markup=not as_json)
        return DONE if is_done else REFUSED

    code = asyncio.run(run())
    note_act(kapstan, "lists made anew", "every course", sent_from_here())
    raise typer.Exit(code)


@commands.command()
def revive(
    course: str,
    data: Data = HERE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="says what it would begin with, and changes nothing")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Begins the workflow of a course anew from its ledger, where Temporal can no longer move it."""
    kapstan = place(data)
    library = load_folder(kapstan.protocols)

    async def run() -> Revived:
        async with kapstan.both_memories() as (store, _, courses, escalations), kapstan.temporal_client() as client:
            return await Revival(client, store, courses, escalations, library).revive(course, dry_run=dry_run)

    try:
        revived = asyncio.run(run())
    except CannotBeRevived as why:
        complain(f"kapstan: {why}")
        raise typer.Exit(REFUSED) from None
    out.print(revived.model_dump_json() if as_json else _revived(revived, dry_run=dry_run), markup=not as_json)
    if not dry_run:
        note_act(kapstan, "course revived", course, sent_from_here())
    raise typer.Exit(REFUSED if revived.refused else DONE)


def _revived(revived: Revived, *, dry_run: bool) -> str:
    done = "would begin anew" if dry_run else "began anew"
    told = f"{done} after {count_of(revived.entries, 'entry', 'entries')}, {revived.unrecorded} of them to be recorded"
    again = f"{count_of(revived.events, 'event')} reported again"
    asked_for = f"{count_of(revived.escalations, 'escalation')} asked"
    lines = [f"[green]✓[/] {escape(revived.course_id)}: {told}; {again}; {asked_for}"]
    lines += [f"[red]✗[/] {escape(one)} was accepted, and is refused now: look into it" for one in revived.refused]
    return "\n".join(lines)


def _rebuilt(rebuilt: Rebuilt) -> str:
    course_id = escape(rebuilt.course_id)
    if rebuilt.is_taken_off:
        return f"[green]✓[/] {course_id}: taken off the lists: neither a ledger nor Temporal knows it"
    if rebuilt.erased is not None:
        return f"[green]✓[/] {course_id}: left as it is: {escape(rebuilt.erased)}"
    escalations = count_of(rebuilt.escalations, "escalation")
    if rebuilt.left is not None:
        return f"[red]✗[/] {course_id}: its row is left as it was, {escalations} listed anew: {escape(rebuilt.left)}"
    return f"[green]✓[/] {course_id}: listed anew, with {escalations}"


def _verdict(verified: Finding) -> str:
    if isinstance(verified, AuditVerdict):
        return _audit_verdict(verified)
    if isinstance(verified, Broken):
        return f"[red]✗[/] {verified.relation}: {escape(verified.id)} cannot be read: {escape(verified.unreadable)}"
    if isinstance(verified, Differs):
        return f"[red]✗[/] {verified.relation}: {escape(verified.id)}: {escape(verified.differs)}"
    verdict = verified.verdict
    if verdict.fault is not None:
        return f"[red]✗[/] {verified.course_id}: row {verdict.fault.sequence}: {escape(verdict.fault.reason)}"
    whole = f"{count_of(verdict.sequence, 'entry', 'entries')}, chain whole ({verdict.head[:12]}…)"
    if verified.unanswered is not None:
        return f"[red]✗[/] {verified.course_id}: {whole}, compared with nothing: {escape(verified.unanswered)}"
    if verified.erased_at is not None:
        return (
            f"[green]✓[/] {verified.course_id}: {whole}, its content erased at {verified.erased_at:%Y-%m-%d %H:%M} UTC"
        )
    held = "as its workflow left it" if verified.has_ended else "as Temporal holds it"
    return f"[green]✓[/] {verified.course_id}: {whole}, {held}"


def _audit_verdict(verdict: AuditVerdict) -> str:
    if verdict.is_whole:
        return f"[green]✓[/] {verdict.chain}: {count_of(verdict.sequence, 'row')}, chain whole ({verdict.head[:12]}…)"
    lines = [f"[red]✗[/] {verdict.chain}: row {fault.sequence}: {escape(fault.reason)}" for fault in verdict.faults]
    if more := verdict.differing - len(verdict.faults):
        lines.append(f"[red]✗[/] {verdict.chain}: {count_of(more, 'other row')} too")
    return "\n".join(lines)

"""Commands about the clinic's protocols."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from domain.harmless import harmless
from domain.holes.checker import found_in
from domain.holes.hole import Hole
from domain.protocol.approval import MEANING, Approval, content_hash
from domain.protocol.changes import ProtocolChange, protocol_changes
from domain.protocol.file import ProtocolFileError
from domain.protocol.model import Protocol
from domain.protocol.parameters import rows
from domain.protocol.sources import ids_of
from domain.protocol.strictness import Strictness
from domain.values import Frozen, count_of
from gateway.courses import Courses
from gateway.host_account import sent_from_here
from gateway.migrations import Migration
from gateway.protocols import (
    ApprovalWrong,
    Library,
    ProtocolHolesError,
    approve_file,
    load_file,
    load_folder,
    named_protocol,
)
from settings import Misconfigured, read_settings
from stack.errors import NoStackRuns
from terminal import lists
from terminal.commands.options import DONE, HERE, REFUSED, ROOT, AsJson, Data, printed
from terminal.migration import migration_lines
from terminal.on_record import note_act_if_any_runs
from terminal.printing import complain, out
from terminal.target import asked, place

LONGEST_PERSON_ID: Final = 64

commands: Final = typer.Typer(help="The clinic's protocols.", no_args_is_help=True)


class CheckedKey(Frozen):
    """One finding. `lets_through` is None where the file says what cannot be meant: then it is not read at all."""

    key: str
    lets_through: str | None = None
    mend: str


class CheckedFile(Frozen):
    """What was found in one file: its protocol, if it can be read, every finding, and what to look at beside them."""

    file: str
    id: str | None = None
    version: str | None = None
    approved: bool = False
    findings: tuple[CheckedKey, ...] = ()
    remarks: tuple[CheckedKey, ...] = ()

    @property
    def spoken(self) -> str:
        """The protocol of the file, as its line says it."""
        return f"{self.file}: {self.id} {self.version}, {'approved' if self.approved else 'not approved'}"


@commands.command("check")
def check_protocols(files: Annotated[list[Path], typer.Argument()], as_json: AsJson = False) -> None:
    """Validates protocol files, and names what each would let through, with a value, and what would mend it.

    What is only to be looked at stands in nobody's way.
    """
    checked = [_checked(file) for file in files]
    if as_json:
        out.print_json(json.dumps([one.model_dump(mode="json") for one in checked]))
    else:
        for one in checked:
            if one.id is not None:
                out.print(f"{'[red]✗[/]' if one.findings else '[green]✓[/]'} {escape(one.spoken)}")
        for one in checked:
            for found in one.findings:
                said = "; ".join(part for part in (found.lets_through, found.mend) if part)
                complain(f"{one.file}: {found.key}: {said}" if found.key else f"{one.file}: {said}")
            for remark in one.remarks:
                out.print(escape(f"{one.file}: {remark.key}: to look at: {remark.lets_through}; {remark.mend}"))
    if any(one.findings for one in checked):
        raise typer.Exit(REFUSED)


def _checked(file: Path) -> CheckedFile:
    try:
        found = load_file(file)
    except ProtocolFileError as wrong:
        # A damaged file of approvals is named as itself.
        keys = (
            CheckedKey(key=one.key if one.file == str(file) else f"{one.file}: {one.key}", mend=one.expected)
            for one in wrong.findings
        )
        return CheckedFile(file=str(file), findings=tuple(keys))
    protocol = found.protocol
    named = found_in(protocol, ids_of(found.sources))
    return CheckedFile(
        file=str(file),
        id=protocol.id,
        version=protocol.version,
        approved=found.is_approved,
        findings=tuple(_key_of(hole) for hole in named if not hole.is_remark),
        remarks=tuple(_key_of(hole) for hole in named if hole.is_remark),
    )


def _key_of(hole: Hole) -> CheckedKey:
    return CheckedKey(key=hole.key, lets_through=hole.lets_through, mend=hole.mend)


@commands.command("show")
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
        approval = ", ".join(_approved(one) for one in shelved.approvals) or "not approved"
        out.print(f"[bold]{escape(shelved.protocol.title)}[/]  {shelved.protocol.version}, {approval}")
    printed(list(found), lambda: lists.protocol(found), as_json=as_json)


def _approved(one: Approval) -> str:
    meaning = f" (“{escape(one.meaning)}”)" if one.meaning else ""
    return f"approved by {escape(one.by)}{meaning}"


class ProtocolNamed(Frozen):
    """One of the two versions that are compared."""

    id: str
    version: str
    hash: str


class ProtocolDiff(Frozen):
    """What the second version says otherwise than the first one."""

    before: ProtocolNamed
    after: ProtocolNamed
    changes: tuple[ProtocolChange, ...]


@commands.command("diff")
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="a file, an id, or id@version")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="a file, an id, or id@version")],
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """What a new version says otherwise, value by value: stricter or looser for the patient, and its evidence."""
    folder = _folder(data)
    before, after = named_protocol(old, folder), named_protocol(new, folder)
    found = ProtocolDiff(before=_named(before), after=_named(after), changes=protocol_changes(before, after))
    if not as_json:
        out.print(f"[bold]{escape(_spoken(before))} → {escape(_spoken(after))}[/]: {_counted(found.changes)}")
    if found.changes or as_json:
        printed(found, lambda: lists.protocol_changes(found.changes), as_json=as_json)
    if found.changes:
        raise typer.Exit(REFUSED)


@commands.command("migrate")
def migrate_courses(
    old: Annotated[str, typer.Option("--from", help="the version that courses are under: id@version or a file")],
    new: Annotated[str, typer.Option("--to", help="the version that they go over to: id@version or a file")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="says what would change, and changes nothing")] = False,
    by: Annotated[str | None, typer.Option(help="the prescriber who decides it, by their id")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Takes every course that is under way over to another version of its protocol, one line a course."""
    kapstan = place(data)
    library = load_folder(kapstan.protocols)
    before, after = named_protocol(old, kapstan.protocols), named_protocol(new, kapstan.protocols)
    _check_goes_over(before, after, library)
    if not (kapstan.allow_unapproved or library.is_approved(after)):
        complain(f"kapstan: {_spoken(after)} is not approved: see `kapstan protocol approve`")
        raise typer.Exit(REFUSED)
    decided_by = None if dry_run else _decided_by(by)
    shelved = library.find(after.id, after.version)
    approvals = shelved.approvals if shelved else ()

    async def run(courses: Courses) -> int:
        migration, is_done = Migration(courses, before, after), True
        if decided_by is None:
            going = migration.foreseen()
        else:
            going = migration.done(decided_by, approvals[-1].by if approvals else decided_by, sent_from_here())
        async for one in going:
            is_done &= one.refusal is None
            if as_json:
                sys.stdout.write(f"{harmless(one.model_dump_json())}\n")
            else:
                for line in migration_lines(one, is_foreseen=dry_run):
                    out.print(line)
        return DONE if is_done else REFUSED

    raise typer.Exit(asked(kapstan.courses(), run))


def _decided_by(by: str | None) -> str:
    wrong = "--by: must name the prescriber who decides it, in 1 to 64 characters; with --dry-run nobody need"
    if by is None or not (named := by.strip()) or not named.isprintable() or len(named) > LONGEST_PERSON_ID:
        raise Misconfigured(wrong)
    return named


def _check_goes_over(before: Protocol, after: Protocol, library: Library) -> None:
    if before.id != after.id:
        raise Misconfigured(f"--to: must be a version of {before.id}, and {after.id} is another protocol")
    if before.version == after.version:
        raise Misconfigured(f"--to: must be another version than {before.version}")
    known = library.get(after.id, after.version)
    if known is None or content_hash(known) != content_hash(after):
        raise Misconfigured(f"--to: {_spoken(after)} must be in the folder of protocols as it is in this file")


def _folder(data: Path) -> Path:
    """The folder of protocols of the Kapstan that runs, else of the settings, else the one that comes with Kapstan."""
    try:
        return place(data).protocols
    except (Misconfigured, NoStackRuns):
        settings = read_settings()
        return settings.protocols if "protocols" in settings.model_fields_set else ROOT / "protocols"


def _named(protocol: Protocol) -> ProtocolNamed:
    return ProtocolNamed(id=protocol.id, version=protocol.version, hash=content_hash(protocol))


def _spoken(protocol: Protocol) -> str:
    return f"{protocol.id} {protocol.version}"


def _counted(changes: tuple[ProtocolChange, ...]) -> str:
    if not changes:
        return "no value differs"
    judged = (f"{sum(one.strictness is way for one in changes)} {way}" for way in Strictness)
    return f"{count_of(len(changes), 'change')}, {', '.join(judged)}"


@commands.command("approve")
def approve(
    file: Path,
    by: Annotated[str, typer.Option(help="the medical director's name")],
    meaning: Annotated[str, typer.Option(help="what they say by it, in one line")] = MEANING,
    data: Data = HERE,
) -> None:
    """Records the medical director's approval over the content of the file as it is, if `check` finds nothing."""
    try:
        approval = approve_file(file, by, datetime.now(UTC), meaning)
    except ApprovalWrong as wrong:
        raise Misconfigured(f"--{wrong.field}: {wrong}") from None
    except ProtocolHolesError as found:
        complain(f"{found}\nkapstan: {file} is not approved: {count_of(len(found.holes), 'finding')}")
        raise typer.Exit(REFUSED) from None
    said = f"by {approval.by}: {approval.meaning}"
    note_act_if_any_runs(data, "protocol approved", f"{file.name}, {approval.hash}, {said}")
    out.print(f"[green]✓[/] {file} is approved by {escape(approval.by)}: {approval.hash}")
    out.print(f"  “{escape(approval.meaning or '')}”")

"""Commands about the clinic's protocols."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from domain.holes.checker import holes
from domain.protocol.file import ProtocolFileError
from domain.protocol.parameters import rows
from domain.values import Frozen, count_of
from gateway.protocols import ProtocolHolesError, approve_file, load_file, load_folder
from settings import Misconfigured
from terminal import lists
from terminal.commands.options import HERE, REFUSED, AsJson, Data, printed
from terminal.on_record import note_act_if_any_runs
from terminal.printing import complain, out
from terminal.target import place

commands: Final = typer.Typer(help="The clinic's protocols.", no_args_is_help=True)


class CheckedKey(Frozen):
    """One finding. `lets_through` is None where the file says what cannot be meant: then it is not read at all."""

    key: str
    lets_through: str | None = None
    mend: str


class CheckedFile(Frozen):
    """What was found in one file: its protocol, if it can be read, and every finding."""

    file: str
    id: str | None = None
    version: str | None = None
    approved: bool = False
    findings: tuple[CheckedKey, ...] = ()

    @property
    def spoken(self) -> str:
        """The protocol of the file, as its line says it."""
        return f"{self.file}: {self.id} {self.version}, {'approved' if self.approved else 'not approved'}"


@commands.command("check")
def check_protocols(files: Annotated[list[Path], typer.Argument()], as_json: AsJson = False) -> None:
    """Validates protocol files, and names what each would let through, with a value, and what would mend it."""
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
    return CheckedFile(
        file=str(file),
        id=protocol.id,
        version=protocol.version,
        approved=found.is_approved,
        findings=tuple(CheckedKey.model_validate(hole.model_dump()) for hole in holes(protocol)),
    )


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
        approval = ", ".join(f"approved by {one.by}" for one in shelved.approvals) or "not approved"
        out.print(f"[bold]{escape(shelved.protocol.title)}[/]  {shelved.protocol.version}, {approval}")
    printed(list(found), lambda: lists.protocol(found), as_json=as_json)


@commands.command("approve")
def approve(
    file: Path, by: Annotated[str, typer.Option(help="the medical director's name")], data: Data = HERE
) -> None:
    """Records the medical director's approval over the content of the file as it is, if `check` finds nothing."""
    try:
        approval = approve_file(file, by, datetime.now(UTC))
    except ValueError as wrong:
        raise Misconfigured(f"--by: {wrong}") from None
    except ProtocolHolesError as found:
        complain(f"{found}\nkapstan: {file} is not approved: {count_of(len(found.holes), 'finding')}")
        raise typer.Exit(REFUSED) from None
    note_act_if_any_runs(data, "protocol approved", f"{file.name}, {approval.hash}, by {approval.by}")
    out.print(f"[green]✓[/] {file} is approved by {escape(approval.by)}: {approval.hash}")

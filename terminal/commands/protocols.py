"""Commands about the clinic's protocols."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from domain.protocol.file import ProtocolFileError
from domain.protocol.parameters import rows, without_evidence
from gateway.protocols import approve_file, load_file, load_folder
from settings import Misconfigured
from terminal import lists
from terminal.commands.options import HERE, REFUSED, AsJson, Data, out, printed
from terminal.target import place

commands: Final = typer.Typer(help="The clinic's protocols.", no_args_is_help=True)


@commands.command("check")
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
def approve(file: Path, by: Annotated[str, typer.Option(help="the medical director's name")]) -> None:
    """Records the medical director's approval over the content of the file as it is."""
    try:
        approval = approve_file(file, by, datetime.now(UTC))
    except ValueError as wrong:
        raise Misconfigured(f"--by: {wrong}") from None
    out.print(f"[green]✓[/] {file} is approved by {escape(approval.by)}: {approval.hash}")

"""Commands about escalations, and who is on call."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from domain.escalation.messages import Acknowledge, EscalationState, Resolve
from domain.oncall.file import OnCallQuery
from domain.values import Severity, count_of
from gateway.oncall import read_on_call
from records.store import EscalationFilter
from terminal import lists
from terminal.commands.options import HERE, AsJson, Data, name_unreadable, printed
from terminal.printing import out
from terminal.target import asked, place

commands: Final = typer.Typer()
oncall: Final = typer.Typer(help="Who is on call.", no_args_is_help=True)


@commands.command("escalations")
def list_escalations(
    state: Annotated[EscalationState | None, typer.Option(help="only this state")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """The on-call work."""
    found = asked(place(data).store(), lambda store: store.escalations(EscalationFilter(state=state, limit=1000)))
    printed(found, lambda: lists.escalations(found), as_json=as_json)
    name_unreadable(found, "escalation")


@commands.command()
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
    printed(view, lambda: lists.escalations([view]), as_json=as_json)


@commands.command()
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
    printed(view, lambda: lists.escalations([view]), as_json=as_json)


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

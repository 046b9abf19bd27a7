"""Commands about escalations, and who is on call."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from domain.coverage.proof import prove, resolvers_of
from domain.escalation.ids import EscalationId
from domain.escalation.messages import ACTS, Acknowledge, EscalationState, Resolve
from domain.oncall.file import OnCallQuery
from domain.oncall.slow_ladders import slow_ladders
from domain.values import Severity, count_of
from gateway.host_account import sent_from_here
from gateway.oncall import read_on_call
from gateway.protocols import named_protocol
from records.store import EscalationFilter
from settings import read_settings
from terminal import lists
from terminal.commands.options import HERE, REFUSED, AsJson, Data, name_unreadable, printed, protocols_at_hand
from terminal.coverage import proof_page
from terminal.on_record import note_act, note_read
from terminal.printing import complain, out
from terminal.target import Target, asked, place

commands: Final = typer.Typer()
oncall: Final = typer.Typer(help="Who is on call.", no_args_is_help=True)


@commands.command("escalations")
def list_escalations(
    state: Annotated[EscalationState | None, typer.Option(help="only this state")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """The on-call work."""
    kapstan = place(data)
    found = asked(kapstan.store(), lambda store: store.escalations(EscalationFilter(state=state, limit=1000)))
    printed(found, lambda: lists.escalations(found), as_json=as_json)
    name_unreadable(found, "escalation")
    note_read(kapstan, "escalations")


@commands.command()
def ack(
    escalation: Annotated[str, typer.Argument(metavar="ID")],
    by: Annotated[str, typer.Option(help="who has it, as the on-call file names people")],
    note: Annotated[str | None, typer.Option()] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Acknowledges an escalation: the ladder stops, the time to resolve it runs."""
    _act(place(data), escalation, Acknowledge(by=by, note=note), as_json=as_json)


@commands.command()
def resolve(
    escalation: Annotated[str, typer.Argument(metavar="ID")],
    by: Annotated[str, typer.Option(help="who has dealt with it")],
    note: Annotated[str, typer.Option(help="what was done")],
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Resolves an escalation."""
    _act(place(data), escalation, Resolve(by=by, note=note), as_json=as_json)


def _act(kapstan: Target, escalation: EscalationId, order: Acknowledge | Resolve, *, as_json: bool) -> None:
    """Carries out the order; the ledger and the record of administration name this machine's account."""
    sent_by = sent_from_here()
    view = asked(kapstan.escalations(escalation), lambda on_call: on_call.act(escalation, order.but(sent_by=sent_by)))
    printed(view, lambda: lists.escalations([view]), as_json=as_json)
    note_act(kapstan, ACTS[type(order)], f"{escalation}, by {order.by}", sent_by)


@oncall.command("check")
def check_on_call(file: Path) -> None:
    """Validates a rota and policy file, and names each ladder that is so slow that an emergency waits for hours."""
    from gateway.channels import fault  # noqa: PLC0415  the other commands need not wait until Apprise is loaded

    found = read_on_call(file, fault)
    slow = tuple(slow_ladders(found.policies))
    for key, said in slow:
        complain(f"kapstan: {file}: {key}: {said}")
    if slow:
        raise typer.Exit(REFUSED)
    out.print(
        f"[green]✓[/] {file}: {count_of(len(found.people), 'person', 'people')}, "
        f"{count_of(len(found.rotas), 'rota')}, {count_of(len(found.policies), 'policy', 'policies')}"
    )


@oncall.command("prove")
def prove_on_call(
    file: Path,
    protocol: Annotated[
        str | None, typer.Option(metavar="P", help="its id or file: who may resolve is looked for too")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="how far ahead")] = 366,
    as_json: AsJson = False,
) -> None:
    """Proves for every moment of the coming year how long it takes until a human is reached; names each gap."""
    from gateway.channels import fault  # noqa: PLC0415  the other commands need not wait until Apprise is loaded

    on_call = read_on_call(file, fault)
    rules = named_protocol(protocol, protocols_at_hand(read_settings())).escalations if protocol else None
    begins_at = datetime.now(UTC).replace(second=0, microsecond=0)
    proof = prove(on_call, begins_at, begins_at + timedelta(days=days), resolvers_of(rules) if rules else ())
    printed(proof, lambda: proof_page(proof, on_call), as_json=as_json)
    if proof.gaps:
        complain(f"kapstan: {file}: {count_of(len(proof.gaps), 'gap')}")
        raise typer.Exit(REFUSED)


@oncall.command("now")
def show_on_call(data: Data = HERE, as_json: AsJson = False) -> None:
    """Who would be paged now, per severity, step by step."""
    on_call, now = read_on_call(place(data).oncall), datetime.now(UTC)
    snapshots = {one: on_call.standing(OnCallQuery(severity=one, at=now)) for one in reversed(Severity)}
    if as_json:
        out.print_json(json.dumps({one: snapshot.model_dump(mode="json") for one, snapshot in snapshots.items()}))
    else:
        out.print(lists.on_call_now(snapshots, on_call, now))

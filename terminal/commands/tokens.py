"""Commands about who may call the HTTP API."""

from typing import Annotated, Final

import typer
from pydantic import ValidationError
from rich.markup import escape

from domain.access import TokenRole
from gateway.tokens import UnknownToken
from settings import Misconfigured
from terminal import lists
from terminal.commands.options import HERE, AsJson, Data, name_unreadable, printed
from terminal.printing import out
from terminal.target import asked, place

commands: Final = typer.Typer(help="Who may call the HTTP API.", no_args_is_help=True)


@commands.command("create")
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
    printed(made, lambda: lists.new_token(made), as_json=as_json)


@commands.command("list")
def list_tokens(data: Data = HERE, as_json: AsJson = False) -> None:
    """Every token there ever was, and when it was last shown."""
    found = asked(place(data).tokens(), lambda tokens: tokens.all())
    printed(found, lambda: lists.tokens(found), as_json=as_json)
    name_unreadable(found, "token")


@commands.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = HERE) -> None:
    """The token opens nothing from now on."""
    try:
        asked(place(data).tokens(), lambda tokens: tokens.revoke(token_id))
    except UnknownToken as unknown:
        raise Misconfigured(str(unknown)) from None
    out.print(f"[green]✓[/] {escape(token_id)} is revoked")

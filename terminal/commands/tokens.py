"""Commands about who may call the HTTP API."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import typer
from pydantic import ValidationError
from rich.markup import escape

from domain.access import Grant, TokenRole
from domain.durations import duration
from domain.values import Role
from gateway.host_account import sent_from_here
from gateway.tokens import UnknownToken
from settings import Misconfigured
from terminal import lists
from terminal.commands.options import HERE, AsJson, Data, name_unreadable, printed
from terminal.printing import out
from terminal.target import asked, place

commands: Final = typer.Typer(help="Who may call the HTTP API.", no_args_is_help=True)

Word = TypeVar("Word", bound=StrEnum)

_ROLES: Final = ", ".join(TokenRole)
_ACTORS: Final = ", ".join(Role)


@commands.command("create")
def create_token(
    role: Annotated[str, typer.Option(help=f"in what capacity it calls: of {_ROLES}", metavar="ROLE[,ROLE…]")],
    name: Annotated[str, typer.Option(help="whose it is, in one line")],
    speaks_as: Annotated[
        str | None,
        typer.Option("--as", help=f"the actor roles that it may report: of {_ACTORS}", metavar="ROLE[,ROLE…]"),
    ] = None,
    person: Annotated[str | None, typer.Option(help="the only person that it speaks for")] = None,
    site: Annotated[str | None, typer.Option(help="the only site whose courses it may see")] = None,
    expires: Annotated[str | None, typer.Option(help="how long it holds, such as P90D", metavar="DURATION")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """A new token. Its secret is shown this once; only a salted hash of it is kept."""
    roles = _words("--role", role, TokenRole)
    actors = None if speaks_as is None else _words("--as", speaks_as, Role)
    if TokenRole.WALL in roles and len(roles) > 1:
        raise Misconfigured(f"--role: {TokenRole.WALL} must stand alone: a screen on the wall changes nothing")
    if TokenRole.WALL in roles and site is None:
        raise Misconfigured(f"--site: must name the site whose floor a token of role {TokenRole.WALL} shows")
    expires_in = None if expires is None else _length(expires)
    try:
        grant = Grant(roles=roles, site=site, speaks_as=actors, person=person)
        made = asked(
            place(data).tokens(),
            lambda tokens: tokens.create(grant, name=name, sent_by=sent_from_here(), expires_in=expires_in),
        )
    except ValidationError as wrong:
        option = str(wrong.errors()[0]["loc"][0])
        bound = "1 to 100" if option == "name" else "1 to 64"
        raise Misconfigured(f"--{option}: must be one line of {bound} characters") from None
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
        asked(place(data).tokens(), lambda tokens: tokens.revoke(token_id, sent_by=sent_from_here()))
    except UnknownToken as unknown:
        raise Misconfigured(str(unknown)) from None
    out.print(f"[green]✓[/] {escape(token_id)} is revoked")


def _words(option: str, text: str, known: type[Word]) -> tuple[Word, ...]:
    """The words of a list that is separated by commas, each once and in the order of `known`."""
    said = {word.strip() for word in text.split(",")}
    if not said <= set(known):
        raise Misconfigured(f"{option}: must be of {', '.join(known)}, separated by commas")
    return tuple(word for word in known if word in said)


def _length(text: str) -> timedelta:
    try:
        length = duration(text)
    except ValueError as wrong:
        raise Misconfigured(f"--expires: {wrong}") from None
    if not length:
        raise Misconfigured("--expires: must be longer than zero, such as P90D")
    return length

"""Who calls, and whether she may: a token is asked for on everything under /v1, and each route names its rights."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.door import AtTheDoor, Door
from console.problems import AGAIN_AFTER, ProblemCode, told
from domain.access import Caller, Right, TokenId
from records.errors import RecordStoreError

_BEARER = HTTPBearer(auto_error=False, description="An API token, as `kapstan token create` shows it once")


async def by_token(request: Request, door: Door, presented: str) -> Caller:
    """Whose token this is. Raises `Told` (`unauthenticated`, `too_many`, `unavailable`)."""
    return await _admitted(request, door, door.tokens.caller(presented), "This token is unknown or revoked")


async def by_sign_in(request: Request, door: Door, token_id: TokenId) -> Caller:
    """Who signed in with this token. Raises as `by_token` does."""
    return await _admitted(request, door, door.tokens.still(token_id), "The token of this sign-in is revoked")


async def _admitted(request: Request, door: Door, asked: Awaitable[Caller | None], otherwise: str) -> Caller:
    try:
        caller = await asked
    except RecordStoreError:
        detail = "Nobody can tell now whether this token holds: the record store does not answer"
        raise told(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None
    if caller is None:
        raise told(ProblemCode.UNAUTHENTICATED, otherwise)
    door.rates.spend(caller.token_id)
    request.state.caller = caller
    return caller


async def _caller(
    request: Request, door: AtTheDoor, shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Caller:
    if shown is None:
        raise told(ProblemCode.UNAUTHENTICATED, "A token was expected, as `Authorization: Bearer …`")
    return await by_token(request, door, shown.credentials)


AnyCaller = Annotated[Caller, Depends(_caller)]
"""A route's parameter: somebody with a token that holds."""


def with_one_of(*rights: Right) -> Callable[[Caller], Awaitable[Caller]]:
    """A route's dependency: the caller, who has one of these rights."""

    async def admitted(caller: AnyCaller) -> Caller:
        if not caller.has(*rights):
            wanted = " or ".join(rights)
            raise told(ProblemCode.FORBIDDEN, f"A token of role {caller.role} may not {wanted}")
        return caller

    return admitted

"""Who calls, and whether she may: a token is asked for on everything under /v1, and each route names its rights."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.door import AtTheDoor
from console.problems import AGAIN_AFTER, ProblemCode, told
from domain.access import Caller, Right
from records.errors import RecordStoreError

_BEARER = HTTPBearer(auto_error=False, description="An API token, as `kapstan token create` shows it once")


async def _caller(
    request: Request, door: AtTheDoor, shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Caller:
    if shown is None:
        raise told(ProblemCode.UNAUTHENTICATED, "A token was expected, as `Authorization: Bearer …`")
    try:
        caller = await door.tokens.caller(shown.credentials)
    except RecordStoreError:
        detail = "Nobody can tell now whether this token holds: the record store does not answer"
        raise told(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None
    if caller is None:
        raise told(ProblemCode.UNAUTHENTICATED, "This token is unknown or revoked")
    door.rates.spend(caller.token_id)
    request.state.caller = caller
    return caller


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

"""Who calls, and whether she may: a token is asked for on everything under /v1, and each route names its rights."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.door import AtTheDoor
from console.problems import AGAIN_AFTER, ProblemCode, told
from domain.access import RIGHTS, Caller, Right, TokenRole
from records.errors import RecordStoreError

_BEARER = HTTPBearer(
    scheme_name="token", auto_error=False, description="An API token, as `kapstan token create` shows it once"
)


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


@dataclass(frozen=True)
class Admission:
    """A route's dependency: the caller, who has one of these rights."""

    rights: tuple[Right, ...]

    @property
    def roles(self) -> tuple[TokenRole, ...]:
        """Whose tokens have one of them."""
        return tuple(role for role in TokenRole if not RIGHTS[role].isdisjoint(self.rights))

    @property
    def problems(self) -> tuple[ProblemCode, ...]:
        """What may be told at the door already."""
        for_some = () if self.roles == tuple(TokenRole) else (ProblemCode.FORBIDDEN,)
        return (ProblemCode.UNAUTHENTICATED, *for_some, ProblemCode.TOO_MANY, ProblemCode.UNAVAILABLE)

    async def __call__(self, caller: AnyCaller) -> Caller:
        """The caller. Raises `Told` (`forbidden`) where the right is not hers."""
        if not caller.has(*self.rights):
            wanted = " or ".join(self.rights)
            raise told(ProblemCode.FORBIDDEN, f"A token of role {caller.role} may not {wanted}")
        return caller


def with_one_of(*rights: Right) -> Admission:
    """A route's dependency: the caller, who has one of these rights."""
    return Admission(rights)

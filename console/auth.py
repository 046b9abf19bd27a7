"""Authentication by API token, and the rights that each route demands."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.errors.problems import AGAIN_AFTER, ProblemCode, problem_error
from console.security.rate_limit import RateLimit
from console.services import RateLimitDep, TokensDep
from domain.access import RIGHTS, Caller, Right, TokenId, TokenRole
from gateway.tokens import Tokens
from records.errors import RecordStoreError

_BEARER = HTTPBearer(
    scheme_name="token", auto_error=False, description="An API token, as `kapstan token create` shows it once"
)


async def by_token(request: Request, tokens: Tokens, rate_limit: RateLimit, presented: str) -> Caller:
    """The caller of this token. Raises `ProblemError` (`unauthenticated`, `too_many`, `unavailable`)."""
    return await _admitted(request, rate_limit, tokens.caller(presented), "This token is unknown or revoked")


async def by_sign_in(request: Request, tokens: Tokens, rate_limit: RateLimit, token_id: TokenId) -> Caller:
    """The caller who signed in with this token. Raises as `by_token` does."""
    return await _admitted(request, rate_limit, tokens.still(token_id), "The token of this sign-in is revoked")


async def _admitted(request: Request, rate_limit: RateLimit, asked: Awaitable[Caller | None], otherwise: str) -> Caller:
    try:
        caller = await asked
    except RecordStoreError:
        detail = "Nobody can tell now whether this token holds: the record store does not answer"
        raise problem_error(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None
    if caller is None:
        raise problem_error(ProblemCode.UNAUTHENTICATED, otherwise)
    rate_limit.spend(caller.token_id)
    request.state.caller = caller
    return caller


async def _caller(
    request: Request,
    tokens: TokensDep,
    rate_limit: RateLimitDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    if shown is None:
        raise problem_error(ProblemCode.UNAUTHENTICATED, "There must be a token, as `Authorization: Bearer …`")
    return await by_token(request, tokens, rate_limit, shown.credentials)


AnyCaller = Annotated[Caller, Depends(_caller)]
"""A route's parameter: a caller with a valid token."""


@dataclass(frozen=True)
class Authentication:
    """A route's dependency: a caller who has one of these rights."""

    rights: tuple[Right, ...]

    @property
    def roles(self) -> tuple[TokenRole, ...]:
        """The token roles that have one of these rights."""
        return tuple(role for role in TokenRole if not RIGHTS[role].isdisjoint(self.rights))

    @property
    def problems(self) -> tuple[ProblemCode, ...]:
        """Problems that authentication itself may return."""
        for_some = () if self.roles == tuple(TokenRole) else (ProblemCode.FORBIDDEN,)
        return (ProblemCode.UNAUTHENTICATED, *for_some, ProblemCode.TOO_MANY, ProblemCode.UNAVAILABLE)

    async def __call__(self, caller: AnyCaller) -> Caller:
        """The caller. Raises `ProblemError` (`forbidden`) if they have none of these rights."""
        if not caller.has(*self.rights):
            wanted = " or ".join(self.rights)
            raise problem_error(ProblemCode.FORBIDDEN, f"A token of role {caller.role} may not {wanted}")
        return caller


def with_one_of(*rights: Right) -> Authentication:
    """A route's dependency: a caller who has one of these rights."""
    return Authentication(rights)

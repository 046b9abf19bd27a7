"""Authentication by API token, and the rights that each route demands."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.errors.problems import AGAIN_AFTER, ProblemCode, problem_error
from console.security.audit_log import AuditLog
from console.security.rate_limit import RateLimit
from console.services import AuditLogDep, RateLimitDep, TokensDep
from domain.access import RIGHTS, Caller, Right, TokenId, TokenRole
from gateway.tokens import Tokens, token_id_of
from records.errors import RecordStoreError

_BEARER = HTTPBearer(
    scheme_name="token", auto_error=False, description="An API token, as `kapstan token create` shows it once"
)


@dataclass(frozen=True)
class Authenticator:
    """Finds out who calls: their token is looked up, their rate is counted, and a failure is noted."""

    tokens: Tokens
    rate_limit: RateLimit
    audit_log: AuditLog

    async def by_token(self, request: Request, presented: str) -> Caller:
        """The caller of this token. Raises `ProblemError` (`unauthenticated`, `too_many`, `unavailable`)."""
        asked, claimed = self.tokens.caller(presented), token_id_of(presented)
        return await self._found(request, asked, claimed, "This token is unknown, revoked or expired")

    async def by_sign_in(self, request: Request, token_id: TokenId) -> Caller:
        """The caller who signed in with this token. Raises as `by_token` does."""
        asked = self.tokens.still(token_id)
        return await self._found(request, asked, token_id, "The token of this sign-in is revoked or expired")

    async def _found(
        self, request: Request, asked: Awaitable[Caller | None], claimed: TokenId | None, otherwise: str
    ) -> Caller:
        try:
            caller = await asked
        except RecordStoreError:
            detail = "Nobody can tell now whether this token holds: the record store does not answer"
            raise problem_error(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None
        if caller is None:
            self.audit_log.note_failed_sign_in(request.client.host if request.client else None, claimed)
            raise problem_error(ProblemCode.UNAUTHENTICATED, otherwise)
        self.rate_limit.spend(caller.token_id)
        request.state.caller = caller
        return caller


async def _authenticator(tokens: TokensDep, rate_limit: RateLimitDep, audit_log: AuditLogDep) -> Authenticator:
    return Authenticator(tokens, rate_limit, audit_log)


AuthenticatorDep = Annotated[Authenticator, Depends(_authenticator)]


async def _caller(
    request: Request,
    authenticator: AuthenticatorDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    if shown is None:
        raise problem_error(ProblemCode.UNAUTHENTICATED, "There must be a token, as `Authorization: Bearer …`")
    return await authenticator.by_token(request, shown.credentials)


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

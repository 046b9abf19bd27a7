"""Access rights over HTTP: which role may do what. Everything that is not in the table is denied."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.values import Code, Frozen, Moment

TokenId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8}$")]
"""The public part of a token: it identifies the token in lists and logs, and gives no access."""

TokenName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
"""The name that a person gives a token, on one line."""


class TokenRole(StrEnum):
    """The role of an API token."""

    CLINIC = "clinic"
    OPERATIONS = "operations"
    ONCALL = "oncall"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """One thing that a role may do."""

    REPORT = "report clinic events"
    STEER = "hold and resume courses, and rebook sessions"
    READ_COURSES = "read courses"
    READ_COURSES_BEHIND = "read the courses behind escalations"
    READ_LEDGER = "read the ledger"
    READ_ESCALATIONS = "read escalations"
    ACT_ON_ESCALATIONS = "act on escalations"
    READ_ONCALL = "read who is on call"
    READ_PROTOCOLS = "read protocols"
    READ_FIGURES = "read figures"
    DECODE_PAYLOADS = "read what Temporal keeps"
    ENCODE_PAYLOADS = "encrypt for Temporal"


_SEEING_ALL = frozenset(
    {
        Right.READ_COURSES,
        Right.READ_ESCALATIONS,
        Right.READ_ONCALL,
        Right.READ_PROTOCOLS,
        Right.READ_FIGURES,
    }
)

RIGHTS: Mapping[TokenRole, frozenset[Right]] = {
    TokenRole.CLINIC: frozenset({Right.REPORT, Right.READ_COURSES, Right.READ_PROTOCOLS}),
    TokenRole.OPERATIONS: _SEEING_ALL | {Right.STEER},
    TokenRole.ONCALL: frozenset(
        {
            Right.READ_COURSES_BEHIND,
            Right.READ_ESCALATIONS,
            Right.ACT_ON_ESCALATIONS,
            Right.READ_ONCALL,
            Right.READ_PROTOCOLS,
        }
    ),
    TokenRole.AUDITOR: _SEEING_ALL | {Right.READ_LEDGER, Right.DECODE_PAYLOADS},
    TokenRole.ADMIN: frozenset(Right),
}
"""What each role may do."""

STEERING = frozenset({"kap.course.held", "kap.course.resumed", "kap.session.rebooked"})
"""The clinic events that operations staff report themselves."""


class Token(Frozen):
    """An API token as stored: a salted hash of the secret, never the secret."""

    id: TokenId
    name: TokenName
    role: TokenRole
    site: Code | None
    salt: bytes
    hash: bytes
    created_at: Moment
    last_used_at: Moment | None = None
    revoked_at: Moment | None = None


class Caller(Frozen):
    """The authenticated caller: a token with its role, and its site if it is bound to one."""

    token_id: TokenId
    name: TokenName
    role: TokenRole
    site: Code | None = None

    def has(self, *rights: Right) -> bool:
        """Whether the caller has at least one of these rights."""
        return not RIGHTS[self.role].isdisjoint(rights)

    def may_report(self, event_type: str) -> bool:
        """Whether the caller may report this type of clinic event."""
        return self.has(Right.REPORT) or (self.has(Right.STEER) and event_type in STEERING)

    def may_see_site(self, site: str) -> bool:
        """Whether the caller may see courses of this site."""
        return self.site in {None, site}

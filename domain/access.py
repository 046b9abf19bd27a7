"""Who may do what over HTTP: a role's rights, one table, everything else denied."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.values import Code, Frozen, Moment

TokenId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8}$")]
"""The public half of a token: it names it in lists and logs, and opens nothing."""

TokenName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
"""What a person calls a token: one line."""


class TokenRole(StrEnum):
    """In what capacity somebody calls the API."""

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
    TokenRole.AUDITOR: _SEEING_ALL | {Right.READ_LEDGER},
    TokenRole.ADMIN: frozenset(Right),
}
"""What each role may do."""

STEERING = frozenset({"kap.course.held", "kap.course.resumed", "kap.session.rebooked"})
"""The clinic events that operations staff report themselves."""


class Token(Frozen):
    """One token as it is kept: never its secret, only a salted hash of it."""

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
    """Who calls: the token that was shown, in its role, bound to its site where it has one."""

    token_id: TokenId
    name: TokenName
    role: TokenRole
    site: Code | None = None

    def has(self, *rights: Right) -> bool:
        """Whether one of these rights is theirs."""
        return not RIGHTS[self.role].isdisjoint(rights)

    def may_report(self, event_type: str) -> bool:
        """Whether they may report this type of clinic event."""
        return self.has(Right.REPORT) or (self.has(Right.STEER) and event_type in STEERING)

    def may_see_site(self, site: str) -> bool:
        """Whether courses of this site are theirs to see."""
        return self.site in {None, site}

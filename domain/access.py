"""Access over HTTP: which role may do what, and for whom a token speaks. Whatever is not in a table is denied."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.values import Actor, Code, Frozen, Moment, PersonId, Role

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
    WALL = "wall"


class Right(StrEnum):
    """One thing that a role may do."""

    REPORT = "report clinic events"
    STEER = "refer patients, hold and resume courses, and book sessions"
    SEE_FLOOR = "see the floor, without a reading"
    READ_COURSES = "read courses"
    READ_COURSES_BEHIND = "read the courses behind escalations"
    READ_LEDGER = "read the ledger"
    READ_ESCALATIONS = "read escalations"
    ACT_ON_ESCALATIONS = "act on escalations"
    ACT_ON_ITS_PAGES = "act on the escalations that page them"
    READ_ONCALL = "read who is on call"
    READ_PROTOCOLS = "read protocols"
    READ_FIGURES = "read figures"
    DECODE_PAYLOADS = "read what Temporal keeps"
    ENCODE_PAYLOADS = "encrypt for Temporal"
    READ_AUDIT = "read who read what, and who administered what"


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
    TokenRole.OPERATIONS: _SEEING_ALL | {Right.STEER, Right.ACT_ON_ITS_PAGES},
    TokenRole.ONCALL: frozenset(
        {
            Right.READ_COURSES_BEHIND,
            Right.READ_ESCALATIONS,
            Right.ACT_ON_ESCALATIONS,
            Right.READ_ONCALL,
            Right.READ_PROTOCOLS,
        }
    ),
    TokenRole.AUDITOR: _SEEING_ALL | {Right.READ_LEDGER, Right.READ_AUDIT, Right.DECODE_PAYLOADS},
    TokenRole.ADMIN: frozenset(Right),
    TokenRole.WALL: frozenset({Right.SEE_FLOOR}),
}
"""What each role may do."""

SPEAKS_AS: Mapping[TokenRole, frozenset[Role]] = {
    TokenRole.CLINIC: frozenset(Role) - {Role.PRESCRIBER},
    TokenRole.OPERATIONS: frozenset({Role.COORDINATOR}),
    TokenRole.ADMIN: frozenset(Role),
}
"""The actor roles for which a token of each role speaks if none were named; the others speak for nobody."""

STEERING = frozenset(
    {"kap.course.referred", "kap.session.booked", "kap.session.rebooked", "kap.course.held", "kap.course.resumed"}
)
"""The clinic events that operations staff report themselves."""


class SentBy(Frozen):
    """Who sent something: their token, the person where that is known, and the server's own id of the request.

    `account` is the account on Kapstan's own machine whose command it was; then there is no token.
    """

    token: TokenId | None = None
    person: PersonId | None = None
    account: str | None = None
    request_id: str


class Grant(Frozen):
    """What a token may do, and for whom it speaks.

    `speaks_as` are the actor roles that it may report, those of `SPEAKS_AS` where None. `person` is the only person
    that it speaks for; anybody of those roles where None.
    """

    roles: Annotated[tuple[TokenRole, ...], Field(min_length=1)]
    site: Code | None = None
    speaks_as: tuple[Role, ...] | None = None
    person: PersonId | None = None

    @property
    def role(self) -> str:
        """Its roles, as `kapstan token create --role` takes them."""
        return ",".join(self.roles)

    @property
    def actor_roles(self) -> tuple[Role, ...]:
        """The actor roles for which it speaks, in their order."""
        default = frozenset[Role]().union(*(SPEAKS_AS.get(role, frozenset()) for role in self.roles))
        allowed = default if self.speaks_as is None else frozenset(self.speaks_as)
        return tuple(role for role in Role if role in allowed)


class Token(Grant):
    """An API token as stored: a salted hash of the secret, never the secret. It expires at `expires_at`."""

    id: TokenId
    name: TokenName
    salt: bytes
    hash: bytes
    created_at: Moment
    last_used_at: Moment | None = None
    revoked_at: Moment | None = None
    expires_at: Moment | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it gives access at this moment: it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Caller(Grant):
    """The authenticated caller: a token, with what it may do and for whom it speaks."""

    token_id: TokenId
    name: TokenName

    def has(self, *rights: Right) -> bool:
        """Whether the caller has at least one of these rights."""
        return any(not RIGHTS[role].isdisjoint(rights) for role in self.roles)

    def may_report(self, event_type: str) -> bool:
        """Whether the caller may report this type of clinic event."""
        return self.has(Right.REPORT) or (self.has(Right.STEER) and event_type in STEERING)

    def may_see_site(self, site: str) -> bool:
        """Whether the caller may see courses of this site."""
        return self.site in {None, site}

    def why_not_report(self, actor: Actor) -> str | None:
        """Why the caller may not report an event of this actor; None if they may."""
        if actor.role not in self.actor_roles:
            return f"This token speaks as {_listed(self.actor_roles)}, not as {actor.role}"
        return self._why_not_for(actor.id)

    def why_not_act(self, by: PersonId, role: Role | None, paged: Container[PersonId]) -> str | None:
        """Why the caller may not act on an escalation by this person; None if they may.

        `role` is theirs on the on-call file, None if it does not know them; `paged` are those whom the escalation
        pages. A token that is bound to nobody and speaks for no role is a shared phone's: whoever is on call acts with
        it. Operations staff act on what pages them, and on nothing else.
        """
        if self.person is None and self.actor_roles and role is not None and role not in self.actor_roles:
            return f"This token speaks as {_listed(self.actor_roles)}; {by} is on call as {role}"
        if not self.has(Right.ACT_ON_ESCALATIONS) and by not in paged:
            return f"A token of role {self.role} acts on what pages its people, and this does not page {by}"
        return self._why_not_for(by)

    def _why_not_for(self, person: PersonId) -> str | None:
        if self.person in {None, person}:
            return None
        return f"This token speaks for {self.person} alone, not for {person}"


NOBODY: Final = "nobody"


def _listed(roles: Iterable[Role]) -> str:
    return " or ".join(roles) or NOBODY

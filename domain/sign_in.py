"""A person's sign-in at the pages: by which token, at what kind of screen, and when it ends."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints

from domain.access import TokenId
from domain.values import Frozen, Moment

SignInId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Names a sign-in, and gives no access: a hash of what the browser shows."""


_IDLE: Final = {"personal": timedelta(hours=1), "phone": timedelta(days=14)}
_LONGEST: Final = {
    "personal": timedelta(hours=12),
    "wall": timedelta(days=7),
    "phone": timedelta(days=90),
    "code": timedelta(minutes=10),
}


class Screen(StrEnum):
    """Where somebody is signed in: at a desk, on a wall screen that nobody touches, or on a phone that was enrolled.

    `CODE` is no screen yet: a code that is shown at a desk waits to be entered at a phone, once.
    """

    PERSONAL = "personal"
    WALL = "wall"
    PHONE = "phone"
    CODE = "code"

    @property
    def idle(self) -> timedelta | None:
        """Longest time without use; a page updating itself is no use. None for what is never used."""
        return _IDLE.get(self)

    @property
    def longest(self) -> timedelta:
        """Longest time until the sign-in ends in any case."""
        return _LONGEST[self]


class SignIn(Frozen):
    """A sign-in as stored: who, since when, when they last did something, and when they signed out."""

    id: SignInId
    token_id: TokenId
    screen: Screen
    began_at: Moment
    used_at: Moment
    ended_at: Moment | None = None

    @property
    def ends_at(self) -> datetime:
        """When the sign-in ends in any case."""
        return self.began_at + self.screen.longest

    @property
    def ends_unused_at(self) -> datetime:
        """When the sign-in ends if they do nothing more."""
        return min(self.ends_at, self.used_at + self.screen.idle) if self.screen.idle else self.ends_at

    def holds(self, now: datetime) -> bool:
        """Whether it still opens the pages."""
        return self.ended_at is None and now < self.ends_unused_at

    def joined(self, other: "SignIn") -> "SignIn":
        """The same sign-in with what either knows: the later use, and the end if there was one."""
        return self.but(used_at=max(self.used_at, other.used_at), ended_at=self.ended_at or other.ended_at)

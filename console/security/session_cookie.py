"""The signed session cookie: names the token somebody signed in with, and when the sign-in ends."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from pydantic import JsonValue, ValidationError

from domain.access import TokenId
from domain.values import Frozen, Moment

COOKIE: Final = "kapstan"
SALT: Final = "kapstan.sign-in"


class Screen(StrEnum):
    """Where somebody is signed in: on a phone or at a desk, or on a wall screen that nobody touches."""

    PERSONAL = "personal"
    WALL = "wall"

    @property
    def idle(self) -> timedelta | None:
        """Longest time without use; a page updating itself is no use. None for a wall screen, which is never used."""
        return timedelta(hours=1) if self is Screen.PERSONAL else None

    @property
    def longest(self) -> timedelta:
        """Longest time until the sign-in ends in any case."""
        return timedelta(hours=12) if self is Screen.PERSONAL else timedelta(days=7)


class SignedIn(Frozen):
    """A sign-in: who, since when, and when they last did something. `key` is unique to this sign-in."""

    token_id: TokenId
    screen: Screen
    key: str
    began_at: Moment
    used_at: Moment

    @property
    def ends_at(self) -> datetime:
        """When the sign-in ends in any case."""
        return self.began_at + self.screen.longest

    @property
    def ends_unused_at(self) -> datetime:
        """When the sign-in ends if they do nothing more."""
        return min(self.ends_at, self.used_at + self.screen.idle) if self.screen.idle else self.ends_at


class Seal:
    """Signs and verifies cookies. The secret must be the same in all consoles, or each restart signs everybody out."""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret or secrets.token_urlsafe(32)
        self._serializer = URLSafeSerializer(self._secret, salt=SALT)

    def begin(self, token_id: TokenId, screen: Screen, now: datetime) -> SignedIn:
        """Starts a sign-in."""
        return SignedIn(token_id=token_id, screen=screen, key=secrets.token_urlsafe(12), began_at=now, used_at=now)

    def cookie(self, signed_in: SignedIn) -> str:
        """The cookie's value."""
        began, used = int(signed_in.began_at.timestamp()), int(signed_in.used_at.timestamp())
        told: str = self._serializer.dumps([signed_in.token_id, signed_in.screen, signed_in.key, began, used])
        return told

    def read(self, cookie: str, now: datetime) -> SignedIn | None:
        """The sign-in of this cookie; None if it was not signed here, or has ended."""
        try:
            token_id, screen, key, began, used = self._serializer.loads(cookie)
            found = SignedIn(
                token_id=token_id,
                screen=screen,
                key=key,
                began_at=datetime.fromtimestamp(began, UTC),
                used_at=datetime.fromtimestamp(used, UTC),
            )
        except (BadData, ValidationError, ValueError, TypeError, OverflowError):
            return None
        return found if now < found.ends_unused_at else None

    def sealed(self, value: JsonValue, purpose: str) -> str:
        """Signs a value for the browser to keep: it can be read there, and not changed."""
        told: str = self._serializer_for(purpose).dumps(value)
        return told

    def unsealed(self, kept: str, purpose: str) -> JsonValue | None:
        """The signed value that a browser kept; None if it was not signed here for this purpose."""
        try:
            found: JsonValue = self._serializer_for(purpose).loads(kept)
        except BadData:
            return None
        return found

    def _serializer_for(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"kapstan.{purpose}")

    def form_key(self, signed_in: SignedIn) -> str:
        """The CSRF token of every form of this sign-in."""
        return hmac.new(self._secret.encode(), f"form:{signed_in.key}".encode(), sha256).hexdigest()

    def is_form_key(self, signed_in: SignedIn, shown: str) -> bool:
        """Whether this is the CSRF token of this sign-in."""
        return hmac.compare_digest(self.form_key(signed_in), shown)

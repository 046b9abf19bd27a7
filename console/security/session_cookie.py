"""Being signed in: a cookie that names a token and how long it may go unused, signed so that nobody can make one."""

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
    """Where somebody is signed in: in a hand or at a desk, or on a wall that everybody sees and nobody touches."""

    PERSONAL = "personal"
    WALL = "wall"

    @property
    def idle(self) -> timedelta | None:
        """How long it may go unused; what a page fetches by itself is no use of it. A wall is never used."""
        return timedelta(hours=1) if self is Screen.PERSONAL else None

    @property
    def longest(self) -> timedelta:
        """When it ends in any case."""
        return timedelta(hours=12) if self is Screen.PERSONAL else timedelta(days=7)


class SignedIn(Frozen):
    """Who is signed in, since when, and when they last did something. `key` tells this sign-in from every other."""

    token_id: TokenId
    screen: Screen
    key: str
    began_at: Moment
    used_at: Moment

    @property
    def ends_at(self) -> datetime:
        """When they will have been signed in for as long as anybody may be."""
        return self.began_at + self.screen.longest

    @property
    def ends_unused_at(self) -> datetime:
        """When it ends if they do nothing more."""
        return min(self.ends_at, self.used_at + self.screen.idle) if self.screen.idle else self.ends_at


class Seal:
    """Makes the cookies and reads them. One secret for all consoles, or each restart signs everybody out."""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret or secrets.token_urlsafe(32)
        self._serializer = URLSafeSerializer(self._secret, salt=SALT)

    def begin(self, token_id: TokenId, screen: Screen, now: datetime) -> SignedIn:
        """Somebody signs in."""
        return SignedIn(token_id=token_id, screen=screen, key=secrets.token_urlsafe(12), began_at=now, used_at=now)

    def cookie(self, signed_in: SignedIn) -> str:
        """The cookie's value."""
        began, used = int(signed_in.began_at.timestamp()), int(signed_in.used_at.timestamp())
        told: str = self._serializer.dumps([signed_in.token_id, signed_in.screen, signed_in.key, began, used])
        return told

    def read(self, cookie: str, now: datetime) -> SignedIn | None:
        """Who is signed in by this cookie; None where it was not made here, or has ended."""
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
        """What a browser is given to keep for us, and can read but not change."""
        told: str = self._serializer_for(purpose).dumps(value)
        return told

    def unsealed(self, kept: str, purpose: str) -> JsonValue | None:
        """What a browser kept; None where it was not sealed here for this purpose."""
        try:
            found: JsonValue = self._serializer_for(purpose).loads(kept)
        except BadData:
            return None
        return found

    def _serializer_for(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"kapstan.{purpose}")

    def form_key(self, signed_in: SignedIn) -> str:
        """What every form of this sign-in carries, and no other site can know."""
        return hmac.new(self._secret.encode(), f"form:{signed_in.key}".encode(), sha256).hexdigest()

    def is_form_key(self, signed_in: SignedIn, shown: str) -> bool:
        """Whether a form came from a page of this sign-in."""
        return hmac.compare_digest(self.form_key(signed_in), shown)

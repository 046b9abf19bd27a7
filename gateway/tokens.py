"""API tokens: shown once when created, stored as a salted hash, and useless from the moment they are revoked."""

import hashlib
import hmac
import logging
import re
import secrets
from asyncio import timeout
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.access import Caller, Grant, SentBy, Token, TokenId
from domain.values import Frozen, Role
from records.access import AccessStore, AdministrationAct
from records.errors import RecordStoreError
from records.unreadable_rows import Found

PREFIX: Final = "kap"
SECRET_BYTES: Final = 32
SALT_BYTES: Final = 16

ASK_WITHIN: Final = timedelta(seconds=1)
"""How long the record store may take to check a known token; then its last known state counts."""

FIRST_ASKED_WITHIN: Final = timedelta(seconds=5)
"""The same for a token never seen before: nothing is known of it, and a sign-in may wait a moment."""

ASK_AGAIN_AFTER: Final = timedelta(seconds=2)
"""A record store that did not answer is not asked for this long, so that no caller waits for it."""

USE_NOTED_EVERY: Final = timedelta(minutes=1)

CREATED: Final = "token created"
REVOKED: Final = "token revoked"
"""What the record of administration calls these acts."""

_SHAPE: Final = re.compile(rf"{PREFIX}_(?P<id>[a-z0-9]{{8}})_(?P<secret>[A-Za-z0-9_-]+)", re.ASCII)
"""The format of a token. Anything else is rejected without asking the record store."""

log = logging.getLogger(__name__)


class NewToken(Frozen):
    """A new token with its secret, which is shown only once. `role` are its roles, `speaks_as` its actor roles."""

    id: TokenId
    token: str
    role: str
    name: str
    site: str | None
    speaks_as: tuple[Role, ...]
    person: str | None
    expires_at: datetime | None


class TokenShown(Frozen):
    """A token in a list. `role` are its roles, `speaks_as` its actor roles."""

    id: TokenId
    role: str
    name: str
    site: str | None
    speaks_as: tuple[Role, ...]
    person: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None


class UnknownToken(Exception):  # noqa: N818  an operator reads it
    """There is no token of that id."""


class Tokens:
    """Creates and checks tokens. Tokens seen before still work while PostgreSQL is away: no alarm waits for it."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._known: dict[TokenId, Token] = {}
        self._noted: dict[TokenId, datetime] = {}
        self._asked_in_vain_at: datetime | None = None

    async def create(
        self, grant: Grant, *, name: str, sent_by: SentBy, expires_in: timedelta | None = None
    ) -> NewToken:
        """Creates a token; the secret is only in the result. Raises ValueError for a name of several lines.

        It speaks for the actor roles that its roles have today, if the grant names none.
        """
        identity, now = secrets.token_hex(4), datetime.now(UTC)
        secret, salt = secrets.token_urlsafe(SECRET_BYTES), secrets.token_bytes(SALT_BYTES)
        token = Token(
            id=identity,
            name=name,
            roles=grant.roles,
            site=grant.site,
            speaks_as=grant.actor_roles,
            person=grant.person,
            salt=salt,
            hash=_hashed(secret, salt),
            created_at=now,
            expires_at=now + expires_in if expires_in is not None else None,
        )
        await self._store.create(token, _act(CREATED, token, now, sent_by))
        return NewToken(
            id=identity,
            token=f"{PREFIX}_{identity}_{secret}",
            role=token.role,
            name=name,
            site=token.site,
            speaks_as=token.actor_roles,
            person=token.person,
            expires_at=token.expires_at,
        )

    async def all(self) -> Found[TokenShown]:
        """Every token ever created, without secrets; one that cannot be read gives no access."""
        found = await self._store.tokens()
        return Found(map(_shown, found), found.unreadable, found.ids)

    async def revoke(self, token_id: TokenId, *, sent_by: SentBy) -> None:
        """Revokes the token at once. Raises `UnknownToken`."""
        act = AdministrationAct(at=datetime.now(UTC), what=REVOKED, about=token_id, sent_by=sent_by)
        if not await self._store.revoke(token_id, act):
            raise UnknownToken(f"there is no token {token_id}; see: kapstan token list")

    async def caller(self, presented: str) -> Caller | None:
        """The token's caller; None if it is unknown, revoked or expired.

        Raises `RecordStoreError` if that cannot be checked.
        """
        if not (parts := _SHAPE.fullmatch(presented)):
            return None
        identity, secret = parts["id"], parts["secret"]
        token = await self._token(identity)
        # Always compared, so that the time taken does not reveal which ids exist.
        salt, expected = (token.salt, token.hash) if token else (b"", b"")
        is_right = hmac.compare_digest(_hashed(secret, salt), expected)
        if token is None or not is_right or not token.holds(datetime.now(UTC)):
            return None
        await self._note_use(token)
        return _caller(token)

    async def still(self, identity: TokenId) -> Caller | None:
        """The caller of a token that was presented before, by its id; None if it is revoked or has expired.

        Raises `RecordStoreError` if that cannot be checked.
        """
        token = await self._token(identity)
        if token is None or not token.holds(datetime.now(UTC)):
            return None
        await self._note_use(token)
        return _caller(token)

    async def _token(self, identity: TokenId) -> Token | None:
        try:
            found = await self._ask(identity)
        except (RecordStoreError, TimeoutError):
            if identity not in self._known:
                raise RecordStoreError("the record store cannot say whether this token holds") from None
            return self._known[identity]
        if found is None:
            self._known.pop(identity, None)
        else:
            self._known[identity] = found
        return found

    async def _ask(self, identity: TokenId) -> Token | None:
        if identity not in self._known:
            async with timeout(FIRST_ASKED_WITHIN.total_seconds()):
                return await self._store.token(identity)
        if self._asked_in_vain_at and datetime.now(UTC) - self._asked_in_vain_at < ASK_AGAIN_AFTER:
            raise TimeoutError
        try:
            async with timeout(ASK_WITHIN.total_seconds()):
                found = await self._store.token(identity)
        except TimeoutError:
            self._asked_in_vain_at = datetime.now(UTC)
            raise
        self._asked_in_vain_at = None
        return found

    async def _note_use(self, token: Token) -> None:
        now = datetime.now(UTC)
        if now - self._noted.get(token.id, datetime.min.replace(tzinfo=UTC)) < USE_NOTED_EVERY:
            return
        self._noted[token.id] = now
        if self._asked_in_vain_at is None:
            try:
                async with timeout(ASK_WITHIN.total_seconds()):
                    await self._store.used(token.id, now)
            except (RecordStoreError, TimeoutError):
                log.warning("The use of token %s could not be noted", token.id)


def token_id_of(presented: str) -> TokenId | None:
    """The public part of what was shown as a token; None if it has not the format of one."""
    parts = _SHAPE.fullmatch(presented)
    return parts["id"] if parts else None


def _caller(token: Token) -> Caller:
    return Caller(
        token_id=token.id,
        name=token.name,
        roles=token.roles,
        site=token.site,
        speaks_as=token.speaks_as,
        person=token.person,
    )


def _shown(token: Token) -> TokenShown:
    return TokenShown(
        id=token.id,
        role=token.role,
        name=token.name,
        site=token.site,
        speaks_as=token.actor_roles,
        person=token.person,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
        expires_at=token.expires_at,
    )


def _act(what: str, token: Token, at: datetime, sent_by: SentBy) -> AdministrationAct:
    about = f"{token.id} ({token.role}, {token.name})"
    return AdministrationAct(at=at, what=what, about=about, sent_by=sent_by)


def _hashed(secret: str, salt: bytes) -> bytes:
    # One round: the secret is 256 random bits, not a password that could be guessed.
    return hashlib.sha256(salt + secret.encode()).digest()

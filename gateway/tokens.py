"""API tokens: shown once when created, stored as a salted hash, and useless from the moment they are revoked."""

import hashlib
import hmac
import logging
import re
import secrets
from asyncio import timeout
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.access import Caller, Token, TokenId, TokenRole
from domain.values import Frozen
from records.access import AccessStore
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

_SHAPE: Final = re.compile(rf"{PREFIX}_(?P<id>[a-z0-9]{{8}})_(?P<secret>[A-Za-z0-9_-]+)", re.ASCII)
"""The format of a token. Anything else is rejected without asking the record store."""

log = logging.getLogger(__name__)


class NewToken(Frozen):
    """A new token with its secret, which is shown only once."""

    id: TokenId
    token: str
    role: TokenRole
    name: str
    site: str | None


class TokenShown(Frozen):
    """A token in a list."""

    id: TokenId
    role: TokenRole
    name: str
    site: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class UnknownToken(Exception):  # noqa: N818  an operator reads it
    """There is no token of that id."""


class Tokens:
    """Creates and checks tokens. Tokens seen before still work while PostgreSQL is away: no alarm waits for it."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._known: dict[TokenId, Token] = {}
        self._noted: dict[TokenId, datetime] = {}
        self._asked_in_vain_at: datetime | None = None

    async def create(self, *, role: TokenRole, name: str, site: str | None) -> NewToken:
        """Creates a token; the secret is only in the result. Raises ValueError for a name of several lines."""
        identity = secrets.token_hex(4)
        secret, salt = secrets.token_urlsafe(SECRET_BYTES), secrets.token_bytes(SALT_BYTES)
        await self._store.create(
            Token(
                id=identity,
                name=name,
                role=role,
                site=site,
                salt=salt,
                hash=_hashed(secret, salt),
                created_at=datetime.now(UTC),
            )
        )
        return NewToken(id=identity, token=f"{PREFIX}_{identity}_{secret}", role=role, name=name, site=site)

    async def all(self) -> Found[TokenShown]:
        """Every token ever created, without secrets; one that cannot be read gives no access."""
        found = await self._store.tokens()
        shown = (TokenShown.model_validate(token.model_dump(exclude={"salt", "hash"})) for token in found)
        return Found(shown, found.unreadable, found.ids)

    async def revoke(self, token_id: TokenId) -> None:
        """Revokes the token at once. Raises `UnknownToken`."""
        if not await self._store.revoke(token_id, datetime.now(UTC)):
            raise UnknownToken(f"there is no token {token_id}; see: kapstan token list")

    async def caller(self, presented: str) -> Caller | None:
        """The token's caller; None if it is unknown or revoked. Raises `RecordStoreError` if that cannot be checked."""
        if not (parts := _SHAPE.fullmatch(presented)):
            return None
        identity, secret = parts["id"], parts["secret"]
        token = await self._token(identity)
        # Always compared, so that the time taken does not reveal which ids exist.
        salt, expected = (token.salt, token.hash) if token else (b"", b"")
        is_right = hmac.compare_digest(_hashed(secret, salt), expected)
        if token is None or not is_right or token.revoked_at is not None:
            return None
        await self._note_use(token)
        return _caller(token)

    async def still(self, identity: TokenId) -> Caller | None:
        """The caller of a token that was presented before, by its id; None if it is revoked.

        Raises `RecordStoreError` if that cannot be checked.
        """
        token = await self._token(identity)
        if token is None or token.revoked_at is not None:
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


def _caller(token: Token) -> Caller:
    return Caller(token_id=token.id, name=token.name, role=token.role, site=token.site)


def _hashed(secret: str, salt: bytes) -> bytes:
    # One round: the secret is 256 random bits, not a password that could be guessed.
    return hashlib.sha256(salt + secret.encode()).digest()

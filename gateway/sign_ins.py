"""Sign-ins at the pages: what the browser shows is random and kept as a hash, and whoever signs out is out."""

import hashlib
import logging
import re
import secrets
from asyncio import timeout
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from string import ascii_uppercase, digits
from typing import Final

from cachetools import LRUCache

from domain.access import TokenId
from domain.sign_in import Screen, SignIn, SignInId
from records.errors import RecordStoreError
from records.sign_ins import SignInStore

SECRET_BYTES: Final = 32

ASK_WITHIN: Final = timedelta(seconds=1)
"""How long the record store may take to check a known sign-in; then its last known state counts."""

FIRST_ASKED_WITHIN: Final = timedelta(seconds=5)
"""The same for one that this console has never seen."""

ASK_AGAIN_AFTER: Final = timedelta(seconds=2)
"""A record store that did not answer is not asked for this long, so that no page waits for it."""

USE_NOTED_EVERY: Final = timedelta(minutes=1)

REMEMBERED: Final = 10_000

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""The format of what a browser shows. Anything else is rejected without asking the record store."""

CODE_LETTERS: Final = "".join(sorted({*ascii_uppercase, *digits} - {*"ILO01"}))
"""What a code is written in: nothing that looks like something else."""

CODE_LENGTH: Final = 8
"""Forty bits, for ten minutes, and once: nobody guesses it over the network."""

_CODE: Final = re.compile(rf"[{CODE_LETTERS}]{{{CODE_LENGTH}}}", re.ASCII)

log = logging.getLogger(__name__)


class SignIns:
    """Begins, checks and ends sign-ins. Those seen before still hold while PostgreSQL is away: no alarm waits for it.

    What began or ended while it was away has done so at this console alone, until the browser shows it here again.
    """

    def __init__(self, store: SignInStore) -> None:
        self._store = store
        self._known: LRUCache[SignInId, SignIn] = LRUCache(REMEMBERED)
        self._noted: LRUCache[SignInId, datetime] = LRUCache(REMEMBERED)
        self._unwritten: set[SignInId] = set()
        self._asked_in_vain_at: datetime | None = None

    async def begin(self, token_id: TokenId, screen: Screen, now: datetime) -> tuple[str, SignIn]:
        """Begins one. Returns what the browser is to show, and the sign-in."""
        shown = secrets.token_urlsafe(SECRET_BYTES)
        sign_in = SignIn(id=_id(shown), token_id=token_id, screen=screen, began_at=now, used_at=now)
        self._known[sign_in.id] = sign_in
        self._noted[sign_in.id] = now
        try:
            async with timeout(ASK_WITHIN.total_seconds()):
                await self._store.begin(sign_in)
        except (RecordStoreError, TimeoutError):
            self._unwritten.add(sign_in.id)
            log.warning("A sign-in has begun at this console alone")
        return shown, sign_in

    async def of(self, shown: str, now: datetime) -> SignIn | None:
        """The sign-in of a browser that shows this; None if it is none, or has ended.

        Raises `RecordStoreError` if that cannot be checked.
        """
        if not _SHAPE.fullmatch(shown):
            return None
        found = await self._sign_in(_id(shown))
        return found if found is not None and found.screen is not Screen.CODE and found.holds(now) else None

    async def use(self, sign_in: SignIn, now: datetime) -> None:
        """Notes that somebody did something, in the record store once a minute."""
        self._keep(sign_in.but(used_at=now))
        if now - self._noted.get(sign_in.id, sign_in.began_at) < USE_NOTED_EVERY:
            return
        self._noted[sign_in.id] = now
        try:
            async with timeout(ASK_WITHIN.total_seconds()):
                await self._store.use(sign_in.id, now)
        except (RecordStoreError, TimeoutError):
            log.warning("The use of a sign-in could not be noted")

    async def end(self, sign_in: SignIn, now: datetime) -> None:
        """Ends it, here at once and everywhere as soon as the record store has it."""
        self._keep(sign_in.but(ended_at=now))
        try:
            async with timeout(ASK_WITHIN.total_seconds()):
                await self._store.end(sign_in.id, now)
        except (RecordStoreError, TimeoutError):
            log.warning("A sign-in has ended at this console alone")

    async def ended_among(self, ids: Iterable[SignInId], now: datetime) -> set[SignInId]:
        """Which of these have ended. Raises `RecordStoreError`."""
        wanted = set(ids)
        found = await self._store.sign_ins(wanted)
        unwritten = (self._known[one] for one in wanted & self._unwritten if one in self._known)
        held = {one.id for one in (*map(self._keep, found.values()), *unwritten) if one.holds(now)}
        return wanted - held

    async def offer(self, token_id: TokenId, now: datetime) -> tuple[str, SignIn]:
        """A code that enrols one phone for the token, and how long it is good for. Raises `RecordStoreError`."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        offered = SignIn(id=_id(code), token_id=token_id, screen=Screen.CODE, began_at=now, used_at=now)
        await self._store.begin(offered)
        return f"{code[:4]}-{code[4:]}", offered

    async def accept(self, written: str, now: datetime) -> TokenId | None:
        """The token whose code this is, however it was spaced; None if it is none, too old, or was used.

        Raises `RecordStoreError`.
        """
        code = re.sub(r"[\s-]", "", written).upper()
        if not _CODE.fullmatch(code):
            return None
        taken = await self._store.take(_id(code), now)
        is_good = taken is not None and taken.screen is Screen.CODE and now < taken.ends_at
        return taken.token_id if taken is not None and is_good else None

    async def phones(self, token_id: TokenId, now: datetime) -> tuple[SignIn, ...]:
        """The phones that this token has enrolled, as far as they still open the pages. Raises `RecordStoreError`."""
        return tuple(one for one in await self._store.phones(token_id) if one.holds(now))

    async def _sign_in(self, identity: SignInId) -> SignIn | None:
        known = self._known.get(identity)
        try:
            found = await self._ask(identity, is_known=known is not None)
        except (RecordStoreError, TimeoutError):
            if known is None:
                raise RecordStoreError("the record store cannot say whether this sign-in holds") from None
            return known
        if found is None and known is not None and identity in self._unwritten:
            found = await self._written(known)
        if found is None:
            self._known.pop(identity, None)
            return None
        if known is not None and known.ended_at is not None and found.ended_at is None:
            await self.end(found, known.ended_at)
        return self._keep(found)

    async def _written(self, known: SignIn) -> SignIn:
        with suppress(RecordStoreError):
            await self._store.begin(known)
            self._unwritten.discard(known.id)
        return known

    async def _ask(self, identity: SignInId, *, is_known: bool) -> SignIn | None:
        if is_known and self._asked_in_vain_at and datetime.now(UTC) - self._asked_in_vain_at < ASK_AGAIN_AFTER:
            raise TimeoutError
        within = ASK_WITHIN if is_known else FIRST_ASKED_WITHIN
        try:
            async with timeout(within.total_seconds()):
                found = await self._store.sign_ins([identity])
        except TimeoutError:
            self._asked_in_vain_at = datetime.now(UTC)
            raise
        self._asked_in_vain_at = None
        return found.get(identity)

    def _keep(self, found: SignIn) -> SignIn:
        known = self._known.get(found.id)
        kept = self._known[found.id] = found.joined(known) if known is not None else found
        return kept


def _id(shown: str) -> SignInId:
    return hashlib.sha256(shown.encode()).hexdigest()

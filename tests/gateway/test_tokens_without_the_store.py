"""Tokens while the record store hangs: those that were shown before still open, and it is asked again before long."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from domain.access import Grant, SentBy, Token, TokenRole
from gateway import tokens
from gateway.tokens import Tokens
from records.access import AccessStore, AdministrationAct
from tests.support.eventually import eventually

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
OPERATOR = SentBy(account="operator", request_id="1")
A_MOMENT = timedelta(milliseconds=10)


class Store:
    """One that keeps tokens, and may hang."""

    def __init__(self) -> None:
        self.kept: dict[str, Token] = {}
        self.is_well = True
        self.asked = 0
        self.takes = timedelta()

    async def create(self, token: Token, _act: AdministrationAct) -> None:
        self.kept[token.id] = token

    async def token(self, identity: str) -> Token | None:
        self.asked += 1
        if not self.is_well:
            await asyncio.Event().wait()
        await asyncio.sleep(self.takes.total_seconds())
        return self.kept.get(identity)

    async def used(self, identity: str, at: datetime) -> None:
        """Nobody asks here."""


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "ASK_WITHIN", A_MOMENT)
    monkeypatch.setattr(tokens, "ASK_AGAIN_AFTER", 30 * A_MOMENT)


async def test_a_token_that_was_revoked_meanwhile_is_refused_soon_however_often_it_is_shown() -> None:
    """A clinic that sends an event each moment gives a store that is back its turn all the same."""
    store = Store()
    book = Tokens(cast(AccessStore, store))
    made = await book.create(Grant(roles=(TokenRole.CLINIC,)), name="EHR", sent_by=OPERATOR)
    assert await book.caller(made.token)
    store.is_well = False
    for _ in range(20):
        assert await book.caller(made.token)
    assert store.asked < 20

    store.kept[made.id] = store.kept[made.id].but(revoked_at=AT)
    store.is_well = True

    async def is_refused() -> bool:
        for _ in range(20):
            await asyncio.sleep(A_MOMENT.total_seconds())
            if await book.caller(made.token) is None:
                return True
        return False

    assert await eventually(is_refused, within=timedelta(seconds=20))


async def test_a_token_that_was_never_shown_here_waits_for_a_busy_store() -> None:
    """A sign-in after the console's start: nothing is known of it that could count instead."""
    store = Store()
    made = await Tokens(cast(AccessStore, store)).create(
        Grant(roles=(TokenRole.ONCALL,)), name="Ward", sent_by=OPERATOR
    )
    store.takes = 5 * A_MOMENT

    assert await Tokens(cast(AccessStore, store)).caller(made.token)

"""Who is signed in at the pages, on the real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.access import Grant, SentBy, TokenRole
from domain.sign_in import Screen, SignIn
from gateway.sign_ins import SignIns
from gateway.tokens import Tokens
from records.access import AccessStore
from records.connections import open_connections
from records.sign_ins import SignInStore

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
OPERATOR = SentBy(account="operator", request_id="1")
MINUTE = timedelta(minutes=1)


async def test_a_sign_in_is_kept_until_it_ends(database_url: str) -> None:
    """What another console reads of it is what was written; its first end and its last use count."""
    async with open_connections(database_url) as connections:
        book = Tokens(AccessStore(connections))
        token = await book.create(Grant(roles=(TokenRole.OPERATIONS,)), name="a wall", sent_by=OPERATOR)
        store = SignInStore(connections)
        shown, begun = await SignIns(store).begin(token.id, Screen.WALL, AT)

        assert await store.sign_ins([begun.id, "0" * 64]) == {begun.id: begun}
        await store.use(begun.id, AT + 9 * MINUTE)
        await store.use(begun.id, AT + 5 * MINUTE)
        for minutes in (20, 30):
            await store.end(begun.id, AT + minutes * MINUTE)

        (found,) = (await store.sign_ins([begun.id])).values()
        assert found == SignIn(
            id=begun.id,
            token_id=token.id,
            screen=Screen.WALL,
            began_at=AT,
            used_at=AT + 9 * MINUTE,
            ended_at=AT + 20 * MINUTE,
        )
        assert await SignIns(store).of(shown, AT + 21 * MINUTE) is None


async def test_a_code_is_taken_once_however_many_enter_it_at_once(database_url: str) -> None:
    """At any console; the phone that it enrolled is listed until it is taken off, and no other screen is."""
    async with open_connections(database_url) as connections:
        book = Tokens(AccessStore(connections))
        token = await book.create(Grant(roles=(TokenRole.OPERATIONS,)), name="a desk", sent_by=OPERATOR)
        store = SignInStore(connections)
        code, _ = await SignIns(store).offer(token.id, AT)

        accepted = await asyncio.gather(*(SignIns(store).accept(code, AT + MINUTE) for _ in range(5)))

        assert [one for one in accepted if one is not None] == [token.id]
        begun = {screen: (await SignIns(store).begin(token.id, screen, AT))[1] for screen in Screen}
        phone = begun[Screen.PHONE]
        assert await SignIns(store).phones(token.id, AT + MINUTE) == (phone,)
        await store.end(phone.id, AT + 2 * MINUTE)
        assert await SignIns(store).phones(token.id, AT + 3 * MINUTE) == ()

"""One token's streams: as many as a shift has pages open, and none that a runaway program takes from others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

from console.live.stream import STREAMS_OF_A_TOKEN, Stream
from domain.access import Caller, TokenRole
from domain.values import CourseId
from domain.views.course import CourseView
from records.changes import ChangeListener, Changes
from records.errors import RecordStoreError

SHIFT, OTHER = (
    Caller(token_id=token, name="a token", roles=(TokenRole.OPERATIONS,)) for token in ("abcd1234", "other123")
)
SIGN_IN = "a" * 64


@asynccontextmanager
async def nobody_listening() -> AsyncIterator[ChangeListener]:
    """The record store is away: nothing has to be heard here."""
    raise RecordStoreError("away")
    yield  # a generator


async def of(_course: CourseId) -> CourseView:
    raise AssertionError


def stream() -> Stream:
    return Stream(cast(Changes, None), of, nobody_listening, lambda _at: None)


async def test_a_token_has_so_many_streams_and_no_more() -> None:
    """The next one ends at once, another token's does not; and where one was closed there is room again."""
    live = stream()
    async with live.kept(), AsyncExitStack() as opened:
        for _ in range(STREAMS_OF_A_TOKEN - 1):
            await opened.enter_async_context(live.listener(SHIFT, None))
        async with live.listener(SHIFT, None) as last:
            assert not last.ended.is_set()
            assert not live.has_room_for(SHIFT.token_id)
            async with live.listener(SHIFT, None) as one_more, live.listener(OTHER, None) as others:
                assert (one_more.ended.is_set(), others.ended.is_set()) == (True, False)
        assert live.has_room_for(SHIFT.token_id)


async def test_who_signs_out_ends_their_own_streams() -> None:
    """At once; a colleague on the same token listens on."""
    live = stream()
    shown_here, shown_there = live.listener(SHIFT, None, SIGN_IN), live.listener(SHIFT, None, "b" * 64)
    async with live.kept(), shown_here as theirs, shown_there as other:
        live.end_sign_in(SIGN_IN)

        assert (theirs.ended.is_set(), other.ended.is_set()) == (True, False)

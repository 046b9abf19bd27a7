"""A sign-in: held by the console and not by the browser, so that whoever signs out is out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from domain.sign_in import Screen, SignIn, SignInId
from gateway.sign_ins import SignIns
from records.errors import RecordStoreError
from records.sign_ins import SignInStore

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TOKEN = "abcd1234"


class Store(SignInStore):
    """Keeps them in a dictionary; nobody can ask while it is away."""

    def __init__(self) -> None:
        self.kept: dict[SignInId, SignIn] = {}
        self.is_away = False

    def _look(self) -> None:
        if self.is_away:
            raise RecordStoreError("away")

    async def begin(self, sign_in: SignIn) -> None:
        self._look()
        self.kept[sign_in.id] = sign_in

    async def sign_ins(self, ids: Iterable[SignInId]) -> dict[SignInId, SignIn]:
        self._look()
        return {one: self.kept[one] for one in ids if one in self.kept}

    async def use(self, sign_in: SignInId, at: datetime) -> None:
        self._look()
        self.kept[sign_in] = self.kept[sign_in].but(used_at=at)

    async def take(self, sign_in: SignInId, at: datetime) -> SignIn | None:
        self._look()
        found = self.kept.get(sign_in)
        if found is None or found.ended_at is not None:
            return None
        self.kept[sign_in] = found.but(ended_at=at)
        return found

    async def end(self, sign_in: SignInId, at: datetime) -> None:
        self._look()
        self.kept[sign_in] = self.kept[sign_in].but(ended_at=at)


@pytest.mark.parametrize(
    ("screen", "unused_for", "still"),
    [
        (Screen.PERSONAL, timedelta(hours=1) - SECOND, True),
        (Screen.PERSONAL, timedelta(hours=1), False),
        (Screen.WALL, timedelta(days=7) - SECOND, True),
        (Screen.WALL, timedelta(days=7), False),
        (Screen.PHONE, timedelta(days=14) - SECOND, True),
        (Screen.PHONE, timedelta(days=14), False),
    ],
)
async def test_a_sign_in_ends_when_it_goes_unused(screen: Screen, unused_for: timedelta, still: bool) -> None:
    """An hour for a screen of one's own; a wall is never touched, and signed in for a week."""
    sign_ins = SignIns(Store())

    shown, begun = await sign_ins.begin(TOKEN, screen, AT)

    assert (await sign_ins.of(shown, AT + unused_for) is not None) is still
    assert await sign_ins.ended_among([begun.id], AT + unused_for) == (set() if still else {begun.id})


@pytest.mark.parametrize(("after", "is_good"), [(SECOND, True), (10 * MINUTE - SECOND, True), (10 * MINUTE, False)])
async def test_a_code_enrols_once_within_ten_minutes(after: timedelta, is_good: bool) -> None:
    """However it is spaced; entered again, or too late, it is nothing."""
    sign_ins = SignIns(Store())
    code, offered = await sign_ins.offer(TOKEN, AT)

    assert offered.ends_at == AT + 10 * MINUTE
    assert await sign_ins.accept("AAAA-AAAA", AT) is None
    assert await sign_ins.accept(f" {code.lower()} ", AT + after) == (TOKEN if is_good else None)
    assert await sign_ins.accept(code, AT + after) is None


async def test_no_code_is_a_sign_in_and_no_sign_in_a_code() -> None:
    """What is shown at a desk opens no page by itself."""
    store = Store()
    sign_ins = SignIns(store)
    code, _ = await sign_ins.offer(TOKEN, AT)
    shown, _ = await sign_ins.begin(TOKEN, Screen.PHONE, AT)

    assert await sign_ins.of(code, AT) is None
    assert await sign_ins.accept(shown, AT) is None
    store.is_away = True
    with pytest.raises(RecordStoreError):
        await sign_ins.offer(TOKEN, AT)
    with pytest.raises(RecordStoreError):
        await sign_ins.accept(code, AT)


async def test_a_sign_in_ends_in_any_case() -> None:
    """Twelve hours, however busy they are."""
    sign_ins = SignIns(Store())
    shown, begun = await sign_ins.begin(TOKEN, Screen.PERSONAL, AT)

    for minutes in range(0, 12 * 60, 30):
        await sign_ins.use(begun, AT + timedelta(minutes=minutes))

    assert await sign_ins.of(shown, AT + timedelta(hours=12) - SECOND) is not None
    assert await sign_ins.of(shown, AT + timedelta(hours=12)) is None


async def test_nobody_makes_a_sign_in_but_the_console() -> None:
    """What stands in the record opens nothing, nor does what was made up, cut off or put in other characters."""
    store = Store()
    sign_ins = SignIns(store)
    shown, begun = await sign_ins.begin(TOKEN, Screen.PERSONAL, AT)

    assert await sign_ins.of(shown, AT) is not None
    assert shown not in str(store.kept)
    for forged in (begun.id, shown[:-1], f"{shown}A", shown[::-1], "", "é" * 43, f"{shown[:-1]}\n"):
        assert await sign_ins.of(forged, AT) is None


async def test_who_signs_out_is_out_at_every_console() -> None:
    """Two consoles on one record: what the browser showed opens nothing at either."""
    store = Store()
    here, there = SignIns(store), SignIns(store)
    shown, begun = await here.begin(TOKEN, Screen.PERSONAL, AT)
    assert await there.of(shown, AT) is not None

    await here.end(begun, AT)

    assert (await here.of(shown, AT), await there.of(shown, AT)) == (None, None)
    assert await there.ended_among([begun.id], AT) == {begun.id}


async def test_while_the_record_is_away_who_was_here_stays() -> None:
    """A nurse goes on reading; a console that never saw them cannot tell, and asks them to come again."""
    store = Store()
    here, there = SignIns(store), SignIns(store)
    shown, begun = await here.begin(TOKEN, Screen.PERSONAL, AT)
    store.is_away = True

    assert await here.of(shown, AT + MINUTE) is not None
    await here.use(begun, AT + 5 * MINUTE)
    with pytest.raises(RecordStoreError):
        await there.of(shown, AT + MINUTE)


async def test_who_signs_in_while_the_record_is_away_is_in_here_and_then_everywhere() -> None:
    """Nobody who is woken waits for the record: as soon as it is back, it learns who is in."""
    store = Store()
    store.is_away = True
    here = SignIns(store)
    shown, begun = await here.begin(TOKEN, Screen.PERSONAL, AT)
    assert await here.of(shown, AT) is not None

    store.is_away = False

    assert await here.ended_among([begun.id], AT) == set()
    assert await here.of(shown, AT) is not None
    assert await SignIns(store).of(shown, AT) is not None


async def test_who_signs_out_while_the_record_is_away_is_out_here_and_then_everywhere() -> None:
    """As soon as the cookie is shown here again, the record learns of it."""
    store = Store()
    here = SignIns(store)
    shown, begun = await here.begin(TOKEN, Screen.PERSONAL, AT)
    store.is_away = True
    await here.end(begun, AT)
    assert await here.of(shown, AT) is None

    store.is_away = False

    assert await here.of(shown, AT) is None
    assert await SignIns(store).of(shown, AT) is None


async def test_use_is_noted_once_a_minute() -> None:
    """Each page that is looked at would be a write of its own; what another console noted later counts too."""
    store = Store()
    here, there = SignIns(store), SignIns(store)
    shown, begun = await here.begin(TOKEN, Screen.PERSONAL, AT)

    await here.use(begun, AT + 59 * SECOND)
    assert store.kept[begun.id].used_at == AT
    await here.use(begun, AT + MINUTE)
    assert store.kept[begun.id].used_at == AT + MINUTE

    await there.use(begun, AT + 50 * MINUTE)
    assert await here.of(shown, AT + 100 * MINUTE) is not None

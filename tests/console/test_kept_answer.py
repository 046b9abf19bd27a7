"""What many ask at once is found out once; what is old is asked anew; who gives up takes it from nobody."""

import asyncio

import pytest

from console.kept_answer import KEPT_FOR, KeptAnswer


class Asked:
    """Counts how often it was asked; answers when it is let."""

    def __init__(self) -> None:
        self.times = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        await self.may_answer.wait()
        if self.times == 3:
            raise ValueError("away")
        return self.times


async def test_many_who_ask_at_once_share_an_answer() -> None:
    """A hundred scrapes a second cost one; the next moment costs another, and so does one that failed."""
    now, asked = [0.0], Asked()
    kept = KeptAnswer(asked, lambda: now[0])

    asking = [asyncio.create_task(kept.now()) for _ in range(100)]
    await asyncio.sleep(0)
    asking[0].cancel()
    asked.may_answer.set()
    assert set(await asyncio.gather(*asking[1:])) == {1}
    assert await kept.now() == 1

    now[0] += KEPT_FOR.total_seconds()
    assert (await kept.now(), await kept.now()) == (2, 2)
    now[0] += KEPT_FOR.total_seconds()
    with pytest.raises(ValueError, match="away"):
        await kept.now()
    now[0] += KEPT_FOR.total_seconds()
    assert (await kept.now(), asked.times) == (4, 4)

"""PostgreSQL neither answers nor refuses: one of us finds out, nobody else waits for it, and it is soon found again."""

from time import monotonic

import pytest

from records import connections
from records.connections import Connections, open_connections
from records.errors import RecordStoreUnreachable
from tests.records.conftest import Postgres
from tests.support.cast import seconds
from tests.support.eventually import eventually
from tests.support.running_stack import asleep

pytestmark = pytest.mark.xdist_group("postgres")

MANY = 20
WAITS = seconds(3)
"""It is asked for so long; twice that would be two waits one after the other."""


async def answers(pool: Connections) -> bool:
    async with pool.connection() as connection:
        return bool(await connection.fetchval("SELECT true"))


@pytest.mark.parametrize("is_warm", [False, True], ids=["before it is asked", "between two questions"])
async def test_only_one_waits_for_a_postgresql_that_hangs(
    postgres: Postgres, database_url: str, monkeypatch: pytest.MonkeyPatch, is_warm: bool
) -> None:
    """A page that asks three things is late once, not three times; when it is back, it is used again by itself."""
    monkeypatch.setattr(connections, "ACCEPT_WITHIN", WAITS)
    monkeypatch.setattr(connections, "ANSWER_WITHIN", WAITS)
    monkeypatch.setattr(connections, "ASKED_AGAIN_AFTER", 2 * WAITS)

    async def is_back() -> bool:
        try:
            return await answers(pool)
        except RecordStoreUnreachable:
            return False

    async with open_connections(database_url) as pool:
        assert not is_warm or await answers(pool)
        with asleep(*postgres.processes()):
            began = monotonic()
            with pytest.raises(RecordStoreUnreachable, match="it took too long"):
                await answers(pool)
            first = monotonic() - began
            for _ in range(MANY):
                with pytest.raises(RecordStoreUnreachable, match="it took too long"):
                    await answers(pool)
            others = monotonic() - began - first

        assert first < 1.8 * WAITS.total_seconds()
        assert others < MANY * first / 4
        assert await eventually(is_back)
        assert await answers(pool)


async def test_a_postgresql_that_was_stopped_is_used_as_soon_as_it_is_back(
    postgres: Postgres, database_url: str
) -> None:
    """Whoever says no lets nobody wait, so it is asked again at once."""
    async with open_connections(database_url) as pool:
        assert await answers(pool)
        postgres.stop()
        try:
            with pytest.raises(RecordStoreUnreachable):
                await answers(pool)
        finally:
            postgres.start()

        assert await answers(pool)

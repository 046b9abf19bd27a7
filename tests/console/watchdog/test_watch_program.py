"""`kapstan watch` says what keeps it from starting, and whether somebody watches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.watchdog.program import WatchHealth, watch
from domain.escalation.watchdog import Tick
from records.connections import open_connections
from records.watchdog import WatchdogStore
from settings import Misconfigured, Settings, read_settings
from stack.ports import claim
from tests.support.http_stack import House
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("console")


@asynccontextmanager
async def store_at(database: str) -> AsyncIterator[WatchdogStore]:
    async with open_connections(database) as connections:
        yield WatchdogStore(connections)


async def test_without_a_record_store_it_does_not_start() -> None:
    """It goes by nothing else."""
    with pytest.raises(Misconfigured, match="KAPSTAN_DATABASE_URL"):
        await watch(Settings(database_url=None), asyncio.Event())


async def test_without_anybody_to_page_it_does_not_start(tmp_path: Path) -> None:
    """The error names the setting."""
    nobody = Settings(database_url="postgresql://nobody@127.0.0.1/kapstan", oncall=tmp_path / "oncall.toml")

    with pytest.raises(Misconfigured, match="KAPSTAN_ONCALL"):
        await watch(nobody, asyncio.Event())


async def test_without_a_key_for_an_encrypted_record_it_does_not_start() -> None:
    """Whoever sets that it is encrypted sets what with, as for the console."""
    keyless = Settings(
        database_url="postgresql://nobody@127.0.0.1/kapstan",
        oncall=ROOT / "examples" / "oncall.toml",
        encrypt_records=True,
    )

    with pytest.raises(Misconfigured, match="KAPSTAN_PAYLOAD_KEYS: must have a key"):
        await watch(keyless, asyncio.Event())


@pytest.mark.parametrize("url", ["console:8080", "ftp://console", "http://"])
def test_where_the_console_answers_is_a_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable."""
    monkeypatch.setenv("KAPSTAN_CONSOLE_URL", url)

    with pytest.raises(Misconfigured, match="KAPSTAN_CONSOLE_URL: "):
        read_settings()


async def test_it_is_well_while_somebody_watches(house: House) -> None:
    """Whoever's turn it is: the record tells when somebody looked."""
    async with store_at(house.stack.database) as store:
        now = datetime.now(UTC)
        await store.look(Tick(looked_at=now, watching_since=now))

        assert await WatchHealth(store).faults() == ()


async def test_it_says_that_nobody_can_watch() -> None:
    """Without a record store it is unwell, and says why."""
    port = claim("127.0.0.1", {"nobody": None})["nobody"]
    async with store_at(f"postgresql://nobody@127.0.0.1:{port}/kapstan") as store:
        (fault,) = await WatchHealth(store).faults()

    assert fault.startswith("the record store does not answer")

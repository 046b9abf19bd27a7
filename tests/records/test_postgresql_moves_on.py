"""After a failover the old server may still answer: connections that can do their work no more are thrown away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final

import asyncpg
import pytest
from temporalio.exceptions import ApplicationError

from activities.records import Records
from records import changes as record_of_changes
from records import connections
from records.changes import listening
from records.connections import Connections, open_connections
from records.errors import RecordStoreError, RecordStoreReadOnly, RecordStoreUnreachable
from records.servers import Servers
from records.store import RecordStore, migrate, open_store
from records.watchdog import turn_to_watch
from tests.records.conftest import Postgres, running_postgres
from tests.support.cast import seconds
from tests.support.eventually import eventually
from tests.support.record_samples import MARA, batch, ledger, readings

pytestmark = pytest.mark.xdist_group("postgres")

READ_ONLY: Final = "ALTER SYSTEM SET default_transaction_read_only = on"
WRITABLE: Final = "ALTER SYSTEM RESET default_transaction_read_only"
MANY: Final = 5


async def becomes(postgres: Postgres, how: str) -> None:
    """The whole server, for those who are connected too."""
    await postgres.runs(how)
    await postgres.runs("SELECT pg_reload_conf()")
    wanted = "on" if how == READ_ONLY else "off"

    async def is_so() -> bool:
        connection = await asyncpg.connect(postgres.url("postgres"))
        try:
            return bool(await connection.fetchval("SHOW default_transaction_read_only") == wanted)
        finally:
            await connection.close()

    await eventually(is_so)


@asynccontextmanager
async def read_only(postgres: Postgres) -> AsyncIterator[None]:
    await becomes(postgres, READ_ONLY)
    try:
        yield
    finally:
        await becomes(postgres, WRITABLE)


async def fills(pool: Connections) -> None:
    """Every seat of the pool has a connection."""
    ready = asyncio.Barrier(MANY)

    async def one() -> None:
        async with pool.connection() as connection:
            await connection.fetchval("SELECT 1")
            await ready.wait()

    await asyncio.gather(*(one() for _ in range(MANY)))


async def writes(pool: Connections, number: int = 1) -> bool:
    """Whether it is kept now."""
    try:
        await RecordStore(pool).append(batch(ledger(readings(number))[number - 1 :]))
    except RecordStoreUnreachable:
        return False
    return True


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is sought again without a pause."""
    monkeypatch.setattr(connections, "SOUGHT_AGAIN_AFTER", timedelta())


@pytest.mark.usefixtures("at_once")
async def test_connections_that_stayed_read_only_are_replaced_before_they_are_used(
    superuser: asyncpg.Connection, database_url: str
) -> None:
    """They were made while the database took no writes; it does again, and nobody is refused for their sake."""
    database = await superuser.fetchval("SELECT current_database()")
    async with open_connections(database_url) as pool:
        await superuser.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        await fills(pool)
        with pytest.raises(RecordStoreReadOnly):
            await RecordStore(pool).append(batch(ledger(readings(1))))
        await fills(pool)
        await superuser.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")

        assert all([await writes(pool, number) for number in range(1, 2 * MANY)])


async def test_a_server_that_is_made_read_only_says_so_and_is_read_from(postgres: Postgres, database_url: str) -> None:
    """What is recorded is still shown; nothing is kept, and whoever asks is told; it is over by itself."""
    async with open_connections(database_url) as pool:
        assert await writes(pool)
        async with read_only(postgres):
            with pytest.raises(RecordStoreReadOnly, match="takes no writes"):
                await RecordStore(pool).append(batch(ledger(readings(2))[1:]))
            shown = await RecordStore(pool).courses()
            can_write = await pool.can_write()

        async def is_kept() -> bool:
            return await writes(pool, 2)

        assert [one.course_id for one in shown] == [MARA]
        assert not can_write
        assert await eventually(is_kept)
        assert await pool.can_write()


async def test_a_course_waits_for_a_server_that_takes_writes(postgres: Postgres, store: RecordStore) -> None:
    """The activity's failure is none that ends its retries."""
    async with read_only(postgres):
        with pytest.raises(RecordStoreError) as failed:
            await Records(store).append_entries(batch(ledger(readings(1))))

    assert not isinstance(failed.value, ApplicationError)


@pytest.mark.parametrize("sees", ["all", "one"])
async def test_connections_that_were_cut_off_are_replaced(
    superuser: asyncpg.Connection, database_url: str, sees: str
) -> None:
    """A server that is told to shut down ends every session: soon an attempt has another one."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kapstan'"
    async with open_connections(database_url) as pool:
        assert await writes(pool)
        await fills(pool)
        await superuser.execute(ended if sees == "all" else f"{ended} LIMIT 1")
        for number in (2, 3):
            assert await eventually(partial(writes, pool, number))


async def test_a_session_that_was_ended_in_the_middle_takes_nothing_with_it(
    superuser: asyncpg.Connection, database_url: str
) -> None:
    """What it had begun is not kept, and is written whole at the next attempt."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kapstan'"
    async with open_connections(database_url) as pool:

        async def begins() -> None:
            async with pool.transaction() as connection:
                await connection.execute("CREATE TABLE half (one integer)")
                await superuser.execute(ended)
                await connection.execute("CREATE TABLE whole (one integer)")

        with pytest.raises(RecordStoreUnreachable):
            await begins()

        assert await writes(pool)
        assert await superuser.fetchval("SELECT to_regclass('half')") is None


@pytest.mark.usefixtures("at_once")
async def test_whoever_may_not_write_is_not_ready(
    postgres: Postgres, superuser: asyncpg.Connection, database_url: str
) -> None:
    """A role that was forgotten in a grant reads everything, and nothing that it writes is kept."""
    await postgres.runs("CREATE ROLE reader LOGIN")
    try:
        await superuser.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        async with open_connections(database_url.replace("postgres:@", "reader:@")) as pool:
            assert not await pool.can_write()
            assert await RecordStore(pool).courses() == []
    finally:
        await superuser.execute("DROP OWNED BY reader")
        await postgres.runs("DROP ROLE reader")


async def test_a_disk_that_is_full_counts_until_something_is_kept(
    superuser: asyncpg.Connection, database_url: str
) -> None:
    """Nobody can ask a server whether its disk is full: what was refused last is the answer."""
    await superuser.execute(
        """
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON ledger EXECUTE FUNCTION full_disk();
        """
    )
    async with open_connections(database_url) as pool:
        before = await pool.can_write()
        with pytest.raises(RecordStoreError, match="DiskFullError"):
            await RecordStore(pool).append(batch(ledger(readings(1))))
        full = await pool.can_write()
        await superuser.execute("DROP TRIGGER full_disk ON ledger")
        kept = await writes(pool)
        after = await pool.can_write()

    assert (before, full, kept, after) == (True, False, True, True)


class Pair:
    """Two servers of one database, of which one takes writes."""

    def __init__(self, first: Postgres, second: Postgres) -> None:
        self.first, self.second = first, second
        hosts = ",".join(str(one.socket.parent) for one in (first, second))
        ports = ",".join(one.socket.name.rpartition(".")[2] for one in (first, second))
        self.url = f"postgresql://postgres@/postgres?host={hosts}&port={ports}"

    async def fails_over(self) -> None:
        """The first one takes no writes any more, and goes on answering; the second one does."""
        await becomes(self.first, READ_ONLY)
        await becomes(self.second, WRITABLE)

    async def is_back(self) -> None:
        await becomes(self.second, READ_ONLY)
        await becomes(self.first, WRITABLE)


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[Postgres, Postgres]]:
    with running_postgres() as first, running_postgres() as second:
        yield first, second


@pytest.fixture
async def pair(two: tuple[Postgres, Postgres]) -> AsyncIterator[Pair]:
    servers = Pair(*two)
    for one in two:
        await becomes(one, WRITABLE)
        await migrate(one.url("postgres"))
    await becomes(servers.second, READ_ONLY)
    yield servers
    for one in two:
        await becomes(one, WRITABLE)
        await one.runs("DROP SCHEMA public CASCADE")
        await one.runs("CREATE SCHEMA public")


async def test_what_is_written_goes_to_the_server_that_takes_it(pair: Pair) -> None:
    """Before and after: with both in the URL it is found, and the old one is left within seconds."""
    async with open_connections(pair.url) as pool:
        await fills(pool)
        assert await writes(pool)
        await pair.fails_over()

        async def is_kept() -> bool:
            return await writes(pool)

        began = monotonic()
        assert await eventually(is_kept)
        took = monotonic() - began
        can_write = await pool.can_write()
    async with open_store(pair.second.url("postgres")) as there:
        kept = await there.courses()

    assert took < 5
    assert can_write
    assert [one.course_id for one in kept] == [MARA]


async def test_what_is_read_comes_from_there_too(pair: Pair) -> None:
    """Nobody is shown the old server's rows for long because nothing was written meanwhile."""
    async with open_connections(pair.url) as pool:
        await fills(pool)
        await pair.fails_over()
        async with open_store(pair.second.url("postgres")) as there:
            await there.append(batch(ledger(readings(1))))

        async def is_seen() -> bool:
            return bool(await RecordStore(pool).courses())

        assert await eventually(is_seen, within=timedelta(seconds=10))


async def test_with_none_that_takes_writes_there_is_one_to_read_from(pair: Pair) -> None:
    """Whoever must write is told that none takes it."""
    await becomes(pair.first, READ_ONLY)

    async with open_connections(pair.url) as pool:
        assert await RecordStore(pool).courses() == []
        assert not await pool.can_write()
    with pytest.raises(RecordStoreReadOnly):
        async with listening(pair.url):
            raise AssertionError("nobody is heard there")


async def test_whoever_listens_is_told_that_nothing_is_told_here_any_more(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another server takes is not heard on the old one: they listen anew, there."""
    monkeypatch.setattr(record_of_changes, "LOOKED_AFTER_EVERY", seconds(0.1))
    async with listening(pair.url) as news:
        await pair.fails_over()
        with pytest.raises(RecordStoreReadOnly):
            await news.wait()
    async with listening(pair.url) as news, open_store(pair.second.url("postgres")) as there:
        heard = asyncio.create_task(news.wait())
        await there.append(batch(ledger(readings(1))))
        await asyncio.wait_for(heard, timeout=30)


async def test_the_turn_to_watch_is_lost_with_the_server(pair: Pair) -> None:
    """Or two would watch at once, one of them a record that nobody writes any more."""
    async with turn_to_watch(pair.url) as turn:
        await turn.check()
        await pair.fails_over()
        with pytest.raises(RecordStoreReadOnly):
            await turn.check()
    async with turn_to_watch(pair.url) as turn:
        await turn.check()


async def test_a_server_that_does_not_answer_uses_up_only_its_own_time(postgres: Postgres, database_url: str) -> None:
    """Its machine is gone, and nobody even refuses: the other one is asked all the same, and first from then on."""

    async def keeps_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            writer.close()

    gone = await asyncio.start_server(keeps_silent, "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    folder, _, name = str(postgres.socket).rpartition("/")
    database = database_url.partition("?")[0].rpartition("/")[2]
    url = f"postgresql://postgres@127.0.0.1:{port},{folder.replace('/', '%2F')}:{name.rpartition('.')[2]}/{database}"
    servers = Servers(url)
    try:
        took = []
        for _ in range(2):
            began = monotonic()
            connection = await servers.connect(within=seconds(2), for_writing=True)
            took.append(monotonic() - began)
            connection.terminate()
    finally:
        gone.close()

    assert took[0] < 2
    assert took[1] < 1


async def test_which_server_a_url_asks_for_is_its_own_affair(pair: Pair) -> None:
    """`target_session_attrs` says it as everywhere."""
    connection = await Servers(f"{pair.url}&target_session_attrs=read-only").connect(
        within=seconds(5), for_writing=False
    )
    try:
        assert await connection.fetchval("SHOW transaction_read_only") == "on"
    finally:
        await connection.close()


async def test_a_write_that_was_refused_is_forgotten_in_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody writes, nobody could take it back."""
    monkeypatch.setattr(connections, "REMEMBERED_FOR", timedelta())
    async with open_connections(database_url) as pool:
        with pytest.raises(RecordStoreError):
            async with pool.transaction():
                raise asyncpg.DiskFullError("no space")
        assert await pool.can_write()

"""A database is brought up to date once, by whoever comes first, and anything amiss is said in one clear sentence."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

import records
from records.errors import MigrationAltered, RecordStoreError, RecordStoreUnreachable, SchemaTooNew, SchemaTooOld, where
from records.schema import Migration, migrations
from records.statements import statement
from records.store import migrate, open_store
from tests.records.conftest import Postgres

pytestmark = pytest.mark.xdist_group("postgres")

NAMES = [step.name for step in migrations()]


def test_migrations_are_numbered_without_a_gap() -> None:
    """From 1, so that the newest number says how many there are."""
    assert [step.version for step in migrations()] == list(range(1, len(NAMES) + 1))


async def test_a_database_is_migrated_once(empty_database: str) -> None:
    """The first run takes every step, the second none."""
    assert await migrate(empty_database) == NAMES
    assert await migrate(empty_database) == []


async def test_many_migrating_at_once_take_each_step_once(empty_database: str) -> None:
    """Whoever comes second waits, and then finds nothing left to do."""
    taken = await asyncio.gather(*(migrate(empty_database) for _ in range(5)))

    assert sorted(taken) == [[], [], [], [], NAMES]


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database: str) -> None:
    """The steps before it stand; it can be taken again when it is mended."""
    broken = Migration(version=len(NAMES) + 1, name="9999_broken.sql", sql="CREATE TABLE half (n int); SELECT 1 / 0")
    mended = broken.but(sql="CREATE TABLE half (n int)")

    with pytest.raises(RecordStoreError, match="DivisionByZeroError"):
        await migrate(empty_database, (*migrations(), broken))

    assert await migrate(empty_database, (*migrations(), mended)) == [mended.name]


async def test_an_altered_migration_is_refused(database_url: str) -> None:
    """A step that this database had with another text stops everything, by name."""
    first, *others = migrations()

    with pytest.raises(MigrationAltered, match=r"0001_ledger\.sql"):
        await migrate(database_url, (first.but(sql=first.sql + "\n-- harmless?"), *others))


async def test_a_newer_database_is_not_migrated_by_an_older_kapstan(database_url: str) -> None:
    """The migration that it does not know is named."""
    with pytest.raises(SchemaTooNew, match=NAMES[-1]):
        await migrate(database_url, migrations()[:-1])


async def test_the_previous_version_serves_while_the_next_one_migrates(database_url: str) -> None:
    """A store that knows fewer migrations than the database has, works."""
    later = Migration(version=len(NAMES) + 1, name="9999_later.sql", sql="ALTER TABLE courses ADD COLUMN later text")
    async with open_store(database_url) as store:
        assert await store.courses() == []
        await migrate(database_url, (*migrations(), later))
        assert await store.courses() == []

    async with open_store(database_url) as store:
        assert await store.courses() == []


async def test_a_database_that_was_never_migrated_says_what_to_do(empty_database: str) -> None:
    """The store opens, refuses to work with the operator's next command, and works once that was run."""
    async with open_store(empty_database) as store:
        with pytest.raises(SchemaTooOld, match="run kapstan migrate"):
            await store.heads()

        await migrate(empty_database)

        assert await store.heads() == []


async def test_a_database_half_way_is_too_old(empty_database: str) -> None:
    """It is said how far it is and how far it must be."""
    await migrate(empty_database, migrations()[:1])

    async with open_store(empty_database) as store:
        with pytest.raises(SchemaTooOld, match=f"at migration 1 and {len(NAMES)} is needed"):
            await store.courses()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://kapstan:hunter2@127.0.0.1:1/kapstan", r"127\.0\.0\.1:1 \(database kapstan\)"),
        ("postgresql://kapstan:hunter2@no.such.host.invalid/kapstan", r"no\.such\.host\.invalid \(database kapstan\)"),
        ("postgresql://kapstan:hunter2@/kapstan?host=/nowhere", r"/nowhere \(database kapstan\)"),
        ("postgresql://kapstan:hunter2@%2Fnowhere/kapstan", r"/nowhere \(database kapstan\)"),
    ],
)
async def test_a_server_that_is_not_there_is_named_without_the_password(url: str, place: str) -> None:
    """For the migration as for the store: where it was sought, and nothing secret."""
    with pytest.raises(RecordStoreUnreachable, match=place) as told:
        await migrate(url)
    async with open_store(url) as store:
        with pytest.raises(RecordStoreUnreachable, match=place) as told_too:
            await store.courses()

    for error in (told.value, told_too.value):
        assert "hunter2" not in str(error)
        assert error.__cause__ is None


async def test_a_database_that_is_not_there_is_named_without_the_password(postgres: Postgres) -> None:
    """The server answers; the database is missing."""
    url = postgres.url("nowhere").replace("postgres:@", "postgres:hunter2@")

    with pytest.raises(RecordStoreUnreachable, match='database "nowhere" does not exist') as told:
        await migrate(url)

    assert "hunter2" not in str(told.value)
    assert where(url) == f"{postgres.socket.parent} (database nowhere)"


async def test_a_server_is_reached_by_host_and_port_too(postgres: Postgres, database_url: str) -> None:
    """What listens on a port is PostgreSQL just the same."""

    async def pass_on(from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(str(postgres.socket))
        await asyncio.gather(_pour(from_client, to_server), _pour(from_server, to_client))

    door = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    host, port = door.sockets[0].getsockname()
    name = database_url.partition("?")[0].rpartition("/")[2]
    async with door, open_store(f"postgresql://postgres@{host}:{port}/{name}") as store:
        assert await store.heads() == []


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while some := await source.read(65536):
        sink.write(some)
        await sink.drain()
    sink.close()


QUERIES = sorted(path.stem for path in (Path(records.__file__).parent / "queries").glob("*.sql"))


async def test_every_statement_says_what_it_is_for_and_fits_the_schema(superuser: asyncpg.Connection) -> None:
    """Its first line describes it, and PostgreSQL understands it against the newest schema."""
    for name in QUERIES:
        assert statement(name).startswith("-- "), name
        await superuser.prepare(statement(name))

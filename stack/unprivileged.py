"""PostgreSQL refuses to run as root: the system user that it runs as instead, and its way to its files."""

import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

from stack.errors import ServiceDown

SYSTEM_USER = "pgserver"
USERADD_PATIENCE = 5.0  # seconds; two stacks that start at once take turns at /etc/passwd
BETWEEN_ATTEMPTS = 0.2


def user_for_postgres() -> str | None:
    """The system user to run as when this is root, created where it is missing; else none: one runs as oneself.

    Raises `ServiceDown` when it cannot be created.
    """
    if os.geteuid() != 0:
        return None
    deadline = time.monotonic() + USERADD_PATIENCE
    while not _exists(SYSTEM_USER):
        complaint = _create(SYSTEM_USER)
        if complaint and time.monotonic() > deadline:
            raise ServiceDown(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} for it cannot be created:"
                f" {complaint}. Create it, or start Kapstan as an ordinary user"
            )
        if complaint:
            time.sleep(BETWEEN_ATTEMPTS)
    return SYSTEM_USER


def hand_over(folder: Path, user: str) -> None:
    """`folder` belongs to `user` alone."""
    shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)


def open_the_way(to: Path) -> None:
    """Other users can pass through the folders above `to`; what those folders hold they still cannot list."""
    for folder in to.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _create(user: str) -> str:
    """Nothing on success, else what the machine complained about."""
    try:
        created = subprocess.run(  # noqa: S603  no shell, no outside words
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "there is no useradd here"
    return "" if created.returncode == 0 else created.stderr.strip()

"""The system user that PostgreSQL runs as when Kapstan is root, since it refuses root, and that user's access."""

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
    """The system user to run as if this process is root, created if missing; otherwise None.

    Raises `ServiceDown` if it cannot be created.
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
    """Makes `user` the owner of `folder`."""
    shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)


def open_the_way(to: Path) -> None:
    """Lets other users pass through the folders above `to`; they still cannot list those folders."""
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
    """Creates the user; returns the error output, empty on success."""
    try:
        created = subprocess.run(  # noqa: S603  no shell, no outside words
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user],  # noqa: S607  found on PATH, as root has it
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "there is no useradd here"
    return "" if created.returncode == 0 else created.stderr.strip()

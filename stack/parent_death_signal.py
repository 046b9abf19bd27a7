"""Starts one program that the kernel signals when its supervisor dies.

Run as a script it asks Linux to signal this very process when its parent dies, changes to an unprivileged user if it
must, and becomes the program: the process id stays the same. It is a process of its own because the supervisor has
threads, and between `fork` and `exec` of such a process no Python may safely run (`preexec_fn`).
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
NOBODY_NEW = "-"


def with_death_signal(
    command: Sequence[str], *, signal_at_death: signal.Signals, user: str | None = None
) -> tuple[str, ...]:
    """The command line that runs `command`, signalled when the calling process dies; as `user`, if called by root.

    Linux counts the thread that starts it as the parent: that must be one that lives as long as the supervisor.
    """
    launcher = (sys.executable, "-I", "-S", __file__)
    return (*launcher, str(os.getpid()), str(int(signal_at_death)), user or NOBODY_NEW, *command)


def _become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def main() -> None:
    """Asks for the signal, then becomes the program that the arguments name."""
    parent, signal_at_death, user, *command = sys.argv[1:]
    if user != NOBODY_NEW:
        _become(user)
    if sys.platform == "linux":
        # After the change of user: that change would clear the signal again.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_at_death), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the supervisor was gone before this program could start")
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    try:
        os.execv(command[0], command)  # noqa: S606  no shell, on purpose
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()

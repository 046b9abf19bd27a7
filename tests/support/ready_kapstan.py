"""The `kapstan` command, loaded once: each command that is asked for is a process that begins where it is loaded.

Whoever starts it speaks to it at the socket that is its standard input: a message for each command, with its arguments
and environment as JSON, and the files that are its standard input, output and error, and where its exit code goes as
four bytes. It ends with the socket.
"""

import array
import gc
import json
import os
import select
import socket
import sys
from collections.abc import Sequence
from typing import Final

import starter

LONGEST: Final = 1 << 20
"""Bytes of a message."""

FILES: Final = 4


def serve(door: socket.socket) -> list[str] | None:
    """Returns once whoever started it is gone; and in each command's own process at once, with its arguments."""
    running = dict[int, tuple[int, int]]()
    poll = select.poll()
    poll.register(door, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready != door.fileno():
                poll.unregister(ready)
                _tell(ready, *running.pop(ready))
                continue
            message, files, _, _ = socket.recv_fds(door, LONGEST, FILES)
            if not message:
                return None
            asked = json.loads(message)
            process = os.fork()
            if process == 0:
                for file in (door.fileno(), *running, *(told for _, told in running.values())):
                    os.close(file)
                _becomes(files, asked["environment"])
                return list(map(str, asked["arguments"]))
            for file in files[:3]:
                os.close(file)
            watched = os.pidfd_open(process)
            running[watched] = process, files[3]
            poll.register(watched, select.POLLIN)


def _tell(watched: int, process: int, where: int) -> None:
    """How it ended, as `subprocess` counts: the exit code, or the signal below zero."""
    _, status = os.waitpid(process, 0)
    os.write(where, array.array("i", [os.waitstatus_to_exitcode(status)]).tobytes())
    os.close(where)
    os.close(watched)


def _becomes(files: Sequence[int], environment: dict[str, str]) -> None:
    """This process has its own input, output and environment, and nothing of who it came from."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)


def main() -> None:
    door = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    gc.collect()
    gc.freeze()
    arguments = serve(door)
    if arguments is not None:
        sys.argv[1:] = arguments
        starter.main()


if __name__ == "__main__":
    main()

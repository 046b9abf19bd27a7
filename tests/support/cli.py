"""Somebody at the keyboard: `kapstan …` as a shell runs it."""

import array
import asyncio
import atexit
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryFile
from typing import BinaryIO

from tests.support.paths import ROOT

OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("KAPSTAN_", "TEMPORAL_"))}


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def kapstan(*arguments: str, stdin: str = "", **environment: str) -> Said:
    """`kapstan …`, in a process of its own, which begins where all of it is loaded: that takes longer than most do."""
    with TemporaryFile() as read, TemporaryFile() as out, TemporaryFile() as err:
        read.write(stdin.encode())
        read.seek(0)
        code = await _run(arguments, environment, read, out, err)
        return Said(code, _whole(out), _whole(err))


async def _run(arguments: tuple[str, ...], environment: dict[str, str], *files: BinaryIO) -> int:
    asked = json.dumps({"arguments": arguments, "environment": {**OUTSIDE, **environment}}).encode()
    here, there = socket.socketpair()
    with here:
        here.setblocking(False)
        with there:
            socket.send_fds(_loaded(), [asked], [*(file.fileno() for file in files), there.fileno()])
        told = await asyncio.get_running_loop().sock_recv(here, array.array("i").itemsize)
    (code,) = array.array("i", told)
    return int(code)


def _whole(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


@cache
def _loaded() -> socket.socket:
    """Where commands are asked for: one such process serves all tests of this one, and ends with it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        loaded = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ready_kapstan"],
            cwd=ROOT,
            env=OUTSIDE,
            stdin=there.fileno(),
            stdout=subprocess.DEVNULL,
        )

    @atexit.register
    def ends() -> None:
        here.shutdown(socket.SHUT_RDWR)
        loaded.wait()

    return here

"""Picks the ports of the services: the requested ones if they are free, else any free ones."""

import errno
import socket
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from random import randrange
from types import MappingProxyType
from typing import Final

from stack.errors import StackMisconfigured

LOOPBACK: Final = "127.0.0.1"

QUIET_PORTS: Final = (20_000, 32_000)
"""Below the range that Linux gives to outgoing connections, which could take a port between its claim and its use."""

ATTEMPTS: Final = 20


def claim(
    host: str,
    wanted: Mapping[str, int | None],
    apart_from: Collection[int] = (),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, int]:
    """A port for each option, free on `host` now, no two the same, and none that is picked among `apart_from`.

    Options of `elsewhere` listen on a host of their own.

    Raises `StackMisconfigured`, naming port and option, for a port in use or a host that is not this machine's.
    """
    with ExitStack() as held:
        # Requested ports first: a free port must not be picked that a later option asks for.
        hosts = {option: elsewhere.get(option, host) for option in wanted}
        given = {
            option: _bound(held, hosts[option], option, port) for option, port in wanted.items() if port is not None
        }
        free = [option for option, port in wanted.items() if port is None]
        found = {option: _bound_to_any(held, hosts[option], option, apart_from) for option in free}
    return given | found


def reachable(host: str) -> str:
    """The name under which this machine itself reaches a service that listens on `host`."""
    match host:
        case "0.0.0.0":  # noqa: S104  it is recognised here, not listened on
            return "127.0.0.1"
        case "::":
            return "[::1]"
        case _:
            return f"[{host}]" if ":" in host else host


def _bound_to_any(held: ExitStack, host: str, option: str, apart_from: Collection[int]) -> int:
    for _ in range(ATTEMPTS):
        port = randrange(*QUIET_PORTS)  # noqa: S311  not a secret
        if port in apart_from:
            continue
        try:
            return _bound(held, host, option, port)
        except StackMisconfigured:
            continue
    return _bound(held, host, option, 0)


def _bound(held: ExitStack, host: str, option: str, port: int) -> int:
    if port not in range(2**16):  # the system would use such a number modulo 65536
        raise StackMisconfigured(f"{option} {port}: a port is a number from 1 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = held.enter_context(socket.socket(family, kind, protocol))
        # A port that only waits for late packets of a stopped server counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StackMisconfigured(f"{option} {port}: this port is in use on {host}") from None
        if error.errno == errno.EACCES:
            raise StackMisconfigured(f"{option} {port}: this port needs more rights than yours") from None
        raise StackMisconfigured(f"--host {host}: nothing can listen there: {error.strerror}") from None
    return int(listener.getsockname()[1])

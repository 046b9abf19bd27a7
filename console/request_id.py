"""The ids of a request: the caller's own name for it, which is returned, and the server's, which nobody chooses.

Both are logged, and kept in the audit log and the ledger: two callers may give two requests the same name.
"""

import re
from contextvars import ContextVar
from typing import Final
from uuid import uuid4

HEADER: Final = "X-Request-Id"

FIT: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""Ids that are safe to log."""

_current: ContextVar[str] = ContextVar("request_id", default="")
_own: ContextVar[str] = ContextVar("own_request_id", default="")


def begin(offered: str | None) -> str:
    """Sets the ids of this request. Returned is the caller's if it is safe to log, else the server's."""
    own = uuid4().hex
    name = offered if offered and FIT.fullmatch(offered) else own
    _own.set(own)
    _current.set(name)
    return name


def request_id() -> str:
    """The id of the current request, as the caller knows it."""
    return _current.get()


def own_request_id() -> str:
    """The server's own id of the current request."""
    return _own.get()

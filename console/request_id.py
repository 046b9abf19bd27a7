"""The request id: taken from the caller or made here; returned, logged, and kept in the audit log and the ledger."""

import re
from contextvars import ContextVar
from typing import Final
from uuid import uuid4

HEADER: Final = "X-Request-Id"

FIT: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""Ids that are safe to log."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(offered: str | None) -> str:
    """Sets the id of this request: the one the caller sent, if it is safe to log, else a new one."""
    name = offered if offered and FIT.fullmatch(offered) else uuid4().hex
    _current.set(name)
    return name


def request_id() -> str:
    """The id of the current request."""
    return _current.get()

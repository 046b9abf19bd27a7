"""A request's name: given by the caller or by us, told in the answer, the log, the record of reads and the ledger."""

import re
from contextvars import ContextVar
from typing import Final
from uuid import uuid4

HEADER: Final = "X-Request-Id"

FIT: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""What may stand in the log."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(offered: str | None) -> str:
    """This request's name from now on: the one that the caller offers, where it is fit to be logged, else a new one."""
    name = offered if offered and FIT.fullmatch(offered) else uuid4().hex
    _current.set(name)
    return name


def request_id() -> str:
    """The name of the request that is being answered."""
    return _current.get()

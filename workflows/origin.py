"""The trace of the request that something in a workflow follows from, where traces are kept."""

from contextvars import ContextVar
from typing import Final

ORIGIN: Final[ContextVar[str]] = ContextVar("kapstan_origin", default="")
"""A W3C `traceparent`: random ids, nothing of a patient. Empty where nobody keeps traces, and for what no request asked
for. No decision of a workflow may rest on it: a replay may have another.
"""

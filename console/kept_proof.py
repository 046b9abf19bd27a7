"""The proof of the on-call file, worked out beside the requests and kept until the file changes or an hour is over."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from domain.coverage.proof import Proof, prove
from domain.oncall.file import OnCall

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=366)
"""How far ahead it is proved."""

WAITED_FOR: Final = timedelta(seconds=2)
"""How long a page waits for it. A year of a weekly rota takes a third of a second."""


Prove = Callable[[OnCall, datetime, datetime], Proof]
"""Proves an on-call file from one moment until another."""


class KeptProof:
    """Proves each file once an hour at most, in a thread; whoever asks waits so long at most."""

    def __init__(self, prove: Prove = prove, waited_for: timedelta = WAITED_FOR) -> None:
        self._prove = prove
        self._waited_for = waited_for
        self._of: tuple[OnCall, datetime] | None = None
        self._proving: asyncio.Future[Proof] | None = None

    async def of(self, on_call: OnCall, now: datetime) -> Proof | None:
        """The proof from the beginning of this hour on; None while it takes longer than a page waits."""
        begins_at = now.replace(minute=0, second=0, microsecond=0)
        if self._proving is None or self._of is None or self._of[0] is not on_call or self._of[1] != begins_at:
            self._of = (on_call, begins_at)
            self._proving = asyncio.ensure_future(asyncio.to_thread(self._prove, on_call, begins_at, begins_at + AHEAD))
        proving = self._proving
        await asyncio.wait({proving}, timeout=self._waited_for.total_seconds())
        if not proving.done():
            return None
        if (wrong := proving.exception()) is not None:
            log.error("The on-call file cannot be proved", exc_info=wrong)
            return None
        return proving.result()

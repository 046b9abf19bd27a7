"""The outgoing heartbeat: tells a dead man's switch elsewhere that Kapstan works, and is silent when it does not."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import httpx

from console.readiness import Readiness

ANSWER_WITHIN: Final = timedelta(seconds=10)

log = logging.getLogger(__name__)


def _unheard() -> None:
    """Nobody counts."""


class Heartbeat:
    """Sends a bare GET to this URL at each beat, while all of Kapstan is up.

    It is sent by the watchdog that watches, so it ends with the watch; and only where Temporal, the record store and
    workers are up too, and a console answers at `console_url`, if that is given. The request says nothing but that.
    Nothing logs the URL: whoever knows it could keep it alive.
    """

    def __init__(
        self,
        url: str,
        readiness: Callable[[], Awaitable[Readiness]],
        sent: Callable[[], None] = _unheard,
        within: timedelta = ANSWER_WITHIN,
        console_url: str = "",
    ) -> None:
        self._url = url
        self._console_url = console_url
        self._readiness = readiness
        self._sent = sent
        self._within = within.total_seconds()
        self._trouble = ""

    async def beat(self) -> None:
        """Sends one, if all is up. Whatever becomes of it is logged once, and raises nothing."""
        try:
            self._tell(await self._tried())
        except Exception as fault:  # noqa: BLE001  the watch that sends it must go on
            self._tell(f"it failed with {type(fault).__name__}")

    async def _tried(self) -> str:
        """What kept it back; empty if it was taken."""
        found = await self._readiness()
        if not found.is_ready:
            down = [name for name, is_up in found.model_dump().items() if not is_up]
            return f"not up: {', '.join(down)}"
        if self._console_url and not await self._does_console_answer():
            return "not up: console"
        async with httpx.AsyncClient(timeout=self._within, headers={"User-Agent": "kapstan"}) as client:
            answer = await client.get(self._url)
        if not answer.is_success:
            return f"it was answered {answer.status_code}"
        self._sent()
        return ""

    async def _does_console_answer(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=self._within, trust_env=False) as client:
                return (await client.get(f"{self._console_url}/healthz")).is_success
        except httpx.HTTPError:
            return False

    def _tell(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            log.error("No heartbeat leaves this process (%s)", trouble)
        else:
            log.warning("Heartbeats leave this process again")

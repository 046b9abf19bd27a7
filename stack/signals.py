"""Stop signals of the stack: the first stops everything in order, a second one hurries it."""

import asyncio
import signal
from typing import Self

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Context manager: SIGINT, SIGTERM and a closed terminal set `asked`, and the next one sets `hurried`."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def __enter__(self) -> Self:
        # Under nohup a closed terminal must change nothing.
        self._before = {
            number: handler
            for number in ASKING
            if (handler := signal.getsignal(number)) is not signal.SIG_IGN or number is not signal.SIGHUP
        }
        for number in self._before:
            asyncio.get_running_loop().add_signal_handler(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def _receive(self) -> None:
        (self.hurried if self.asked.is_set() else self.asked).set()

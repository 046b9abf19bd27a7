"""Runs of workflows that a worker can no longer let go of: the worker has to begin anew."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from temporalio.worker import Worker

HELD_FOR: Final = timedelta(seconds=30)
"""How long a worker tries to let go of a run before it is given up. By itself the SDK tries for ever."""

NOT_BEFORE: Final = timedelta(minutes=10)
"""How long a worker has to have worked: what one that has just begun cannot let go of would hold up the next too."""

EVERY: Final = timedelta(seconds=5)
"""How often it is looked at."""


async def held_runs(
    workers: Sequence[Worker],
    after: timedelta = HELD_FOR,
    every: timedelta = EVERY,
    not_before: timedelta = NOT_BEFORE,
) -> int:
    """Returns how many runs these workers hold, once one was held throughout `after`; before `not_before` it waits.

    On a machine that was starved or frozen for two seconds the SDK interrupts a task in the midst of its work. Now and
    then some part of that run never ends, and the worker keeps it: it does no further task of that run, has a slot less
    for others, and cannot even be stopped (sdk-python 806, 875). Another process can take the run over at once.
    """
    loop = asyncio.get_running_loop()
    begun_at = free_at = loop.time()
    while True:
        if not (held := sum(map(_held, workers))):
            free_at = loop.time()
        elif loop.time() >= max(free_at + after.total_seconds(), begun_at + not_before.total_seconds()):
            return held
        await asyncio.sleep(every.total_seconds())


def _held(worker: Worker) -> int:
    """The SDK counts them, and tells nobody (sdk-python 875)."""
    return worker._workflow_worker._could_not_evict_count if worker._workflow_worker else 0  # noqa: SLF001

"""Waiting that goes on when somebody cancels the workflow in Temporal."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow


async def until(condition: Callable[[], bool], within: timedelta | None = None, *, summary: str | None = None) -> None:
    """Waits until the condition holds, as `workflow.wait_condition` does, whatever becomes of the workflow meanwhile.

    Raises `TimeoutError` after `within`, which Temporal's UI shows with its `summary`.

    Where tasks are applied whole (`gateway/whole_tasks.py`) the SDK (1.35) ends every wait by a cancellation that came
    since it began, also one of a part that the cancellation is nothing to (`background_tasks.py`).
    """
    try:
        await workflow.wait_condition(condition, timeout=within, timeout_summary=summary)
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if waiting is None or waiting.cancelling():
            raise  # the worker evicts this workflow
        if not condition():
            raise TimeoutError from None

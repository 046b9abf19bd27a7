"""Temporal's development server, which the SDK gives five seconds to start: a busy machine is no failure."""

from collections.abc import Awaitable, Callable

from temporalio.testing import WorkflowEnvironment

TRIES = 12


async def started(start: Callable[[], Awaitable[WorkflowEnvironment]]) -> WorkflowEnvironment:
    """The server, as soon as one has started in time."""
    for _ in range(TRIES - 1):
        try:
            return await start()
        except RuntimeError as error:
            if "did not start within" not in str(error):
                raise
    return await start()

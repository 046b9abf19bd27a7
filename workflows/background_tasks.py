"""Runs a workflow's main coroutine and its background tasks: no failure goes unseen, and a cancellation ends none.

    def __init__(self, …):
        self._alongside = Alongside()

    async def run(self, …):
        self._alongside.start(self._outbox.run())
        return await self._alongside.see_through(self._story(), self._say_that_it_was_cancelled)

`run` itself then only waits, so the cancellation that Temporal throws into it never reaches an activity or a timer that
the main coroutine waits for.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

Result = TypeVar("Result")


class GoneWrong(Exception):  # noqa: N818  it is read in Temporal's history
    """A background task or the main coroutine has failed by a bug; the error is its `__cause__`.

    It fails the workflow task and never the workflow, whatever the cause: Temporal shows it and retries the task until
    a deploy fixes it. A bare `TimeoutError`, cancellation or Temporal failure would end the workflow.
    """


class Alongside:
    """The background tasks of a workflow and their failures. Created in `@workflow.init`."""

    def __init__(self) -> None:
        self._failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._was_cancelled = False

    @property
    def was_cancelled(self) -> bool:
        """Whether somebody asked Temporal to cancel this run, which goes on regardless."""
        return self._was_cancelled

    def start(self, part: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Starts a background task, which may end by itself. Whatever it raises is raised by `see_through`.

        Its task must not be cancelled: that would count as a failure.
        """
        return asyncio.create_task(self._watched(part))

    async def see_through(self, story: Coroutine[Any, Any, Result], cancelled: Callable[[], None]) -> Result:
        """Awaits the main coroutine's result or continue-as-new. To be called by `run` only.

        A cancellation only calls `cancelled`, and ends nothing. Raises `GoneWrong` as soon as the main coroutine or a
        background task has failed.
        """
        main = asyncio.create_task(story)
        either: list[asyncio.Future[Any]] = [main, self._failure]
        while not (main.done() or self._failure.done()):
            try:
                await workflow.wait(either, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise  # the worker evicts this workflow: all tasks end here
                self._was_cancelled = True
                cancelled()
        if self._failure.done():
            raise GoneWrong("a part that runs beside the workflow's story has failed") from self._failure.result()
        try:
            return main.result()
        except (Exception, asyncio.CancelledError) as failure:
            raise GoneWrong("the workflow's story has failed") from failure

    async def _watched(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001  it is raised in `see_through`
            if not self._failure.done():
                self._failure.set_result(failure)

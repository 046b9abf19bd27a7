"""What goes on beside a workflow's main story, so that none of it fails unseen and a cancellation ends none of it.

    def __init__(self, …):
        self._alongside = Alongside()

    async def run(self, …):
        self._alongside.start(self._recorder.run())
        return await self._alongside.see_through(self._story(), self._say_that_it_was_cancelled)

`run` itself then only waits, so the cancellation that Temporal throws into it never reaches an activity or a timer that
the story waits for.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

Told = TypeVar("Told")


class GoneWrong(Exception):  # noqa: N818  it is read in Temporal's history
    """A part of a workflow has failed by a bug; what failed is its cause.

    It fails the workflow task and never the workflow, whatever the cause is: Temporal shows it and tries the task again
    until a deploy has cured it. A `TimeoutError`, a cancellation or one of Temporal's failures would end the workflow.
    """


class Alongside:
    """Everything that a workflow does at the same time, and what became of it. Made in `@workflow.init`."""

    def __init__(self) -> None:
        self._failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._was_cancelled = False

    @property
    def was_cancelled(self) -> bool:
        """Whether somebody asked Temporal to cancel this run, and it goes on all the same."""
        return self._was_cancelled

    def start(self, part: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """The part goes on beside the story; it may end by itself. Whatever it raises comes out of `see_through`.

        Nobody may cancel its task: that would count as its failure.
        """
        return asyncio.create_task(self._watched(part))

    async def see_through(self, story: Coroutine[Any, Any, Told], cancelled: Callable[[], None]) -> Told:
        """The story's own end, or its continue-as-new. Awaited by `run` alone.

        A cancellation calls `cancelled`, which says so, and ends nothing. Raises `GoneWrong` as soon as the story or a
        part has failed.
        """
        told = asyncio.create_task(story)
        either: list[asyncio.Future[Any]] = [told, self._failure]
        while not (told.done() or self._failure.done()):
            try:
                await workflow.wait(either, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise  # the worker lets go of this workflow: all tasks end here
                self._was_cancelled = True
                cancelled()
        if self._failure.done():
            raise GoneWrong("a part that runs beside the workflow's story has failed") from self._failure.result()
        try:
            return told.result()
        except (Exception, asyncio.CancelledError) as failure:
            raise GoneWrong("the workflow's story has failed") from failure

    async def _watched(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001  it is raised in `see_through`
            if not self._failure.done():
                self._failure.set_result(failure)

"""A workflow that says something to everybody whom a workflow may talk to: an activity, a child, another workflow."""

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn
async def fetch(what: str) -> str:
    """Fetches it."""
    return what


@workflow.defn
class Listener:
    """Ends with what it is told."""

    def __init__(self) -> None:
        self._told: str | None = None

    @workflow.run
    async def run(self, greeting: str) -> str:
        """Waits to be told."""
        await workflow.wait_condition(lambda: self._told is not None)
        return f"{greeting}: {self._told}"

    @workflow.signal
    def tell(self, what: str) -> None:
        """Tells it."""
        self._told = what


@workflow.defn
class Errands:
    """Fetches something, has a child listen, and tells it."""

    @workflow.run
    async def run(self, what: str) -> str:
        """What the child was told."""
        fetched = await workflow.execute_activity(fetch, what, start_to_close_timeout=timedelta(minutes=1))
        child = await workflow.start_child_workflow(Listener.run, "heard", id=f"{workflow.info().workflow_id}-child")
        await workflow.get_external_workflow_handle(child.id).signal("tell", fetched)
        return await child

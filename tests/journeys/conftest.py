"""One stack with the shipped protocol, for whoever is at its keyboard."""

from collections.abc import AsyncIterator

import pytest

from stack.stackfile import StackFile
from tests.support.running_stack import Floor, Inbox, fresh_folder, inbox, on_call_file


@pytest.fixture(scope="package")
async def running() -> AsyncIterator[tuple[Floor, Inbox]]:
    with fresh_folder() as folder:
        async with inbox() as received:
            floor = Floor(folder / "data", "--oncall", str(on_call_file(folder, received)))
            await floor.up()
            yield floor, received
            assert await floor.down() == 0


@pytest.fixture
def data(running: tuple[Floor, Inbox]) -> str:
    return str(running[0].data)


@pytest.fixture
async def stack(running: tuple[Floor, Inbox]) -> StackFile:
    """Where it is reached."""
    found = await running[0].stack()
    assert found is not None
    return found

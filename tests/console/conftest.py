"""One house for all of the console's tests; it ends with them, for its patients are watched and paged for as long."""

from collections.abc import AsyncIterator

import pytest

from tests.support.http_stack import House, open_house, standing


@pytest.fixture(scope="package")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
async def left_behind() -> AsyncIterator[None]:
    """Whoever a file's tests brought in is gone with them."""
    yield
    for opened in standing():
        await opened.is_left()

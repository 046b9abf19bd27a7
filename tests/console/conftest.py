"""One house for all of the console's tests of a session."""

from collections.abc import AsyncIterator

import pytest

from tests.support.http_stack import House, open_house


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened

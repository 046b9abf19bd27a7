"""One house for the tests that take something away from it and give it back."""

from collections.abc import AsyncIterator

import pytest

from tests.support.http_stack import House, open_house


@pytest.fixture(scope="package")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened

"""One house and one browser for the pages' tests of a group, which end with them; there are two groups of them."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.support.browser import open_browser
from tests.support.http_stack import House, open_house, standing


@pytest.fixture(scope="package")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
async def left_behind() -> AsyncIterator[None]:
    """Whoever a file's tests brought in is gone with them."""
    yield
    for opened in standing():
        await opened.is_left()

"""One house and one browser for all of the pages' tests of a session."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.console.house import House, open_house
from tests.pages.browser import open_browser


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened

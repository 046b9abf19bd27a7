"""One house and one browser for all of the pages' tests, which end with them."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.support.browser import open_browser
from tests.support.http_stack import House, open_house


@pytest.fixture(scope="package")
async def house() -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened

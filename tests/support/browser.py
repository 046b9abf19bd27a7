"""A real browser for the pages' tests: whoever uses it sees what a person would, and every complaint is kept."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

DESK: Final = (1440, 900)
PHONE: Final = (390, 844)
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING: Final = "Chromium is missing: the pages are tested in a real browser (Debian: apt-get install chromium)"

expect.set_options(timeout=30_000)
"""Milliseconds: a busy machine is no failure."""

WHERE_WE_PROMISED: Final = "CI"
"""Set where a browser has to be: there the tests fail without one instead of being passed over."""


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        (pytest.fail if WHERE_WE_PROMISED in os.environ else pytest.skip)(MISSING)
    async with async_playwright() as playwright:
        # A sandbox cannot be set up by root, as whom a container's tests run.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


class Eyes:
    """Somebody at a screen. `complaints` is what the browser's console said, `strangers` the other hosts asked."""

    def __init__(self, url: str, context: BrowserContext, page: Page) -> None:
        self.url = url
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asks)

    async def signs_in(self, token: str, to: str = "/") -> None:
        """With this token, on the way to a page."""
        await self.page.goto(f"{self.url}/sign-in?{urlencode({'to': to})}")
        await self.page.get_by_label("Token").fill(token)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_load_state()

    async def goes_to(self, path: str) -> None:
        """A page by its address."""
        await self.page.goto(f"{self.url}{path}")

    async def is_live(self) -> None:
        """The page hears of changes from now on."""
        await self.page.wait_for_selector('#link[data-state="live"]', state="attached")

    async def barriers(self, *rules: str) -> list[str]:
        """What axe-core finds that would keep somebody from using this page, by these of its rules, or by all."""
        only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        found = await Axe().run(self.page, options={"resultTypes": ["violations"], **only})
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
            for one in found.response["violations"]
        ]

    def _asks(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.url:
            self.strangers.append(request.url)


@asynccontextmanager
async def looks(browser: Browser, url: str, size: tuple[int, int] = DESK, theme: str = "light") -> AsyncIterator[Eyes]:
    """Somebody with a fresh browser, at a screen of this size, whose device is light or dark."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
    )
    try:
        yield Eyes(url, context, await context.new_page())
    finally:
        await context.close()

"""A real browser for the pages' tests: whoever uses it sees what a person would, and every complaint is kept."""

import os
import shutil
from collections import deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final
from urllib.parse import urlencode, urlsplit
from weakref import WeakKeyDictionary

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, CDPSession, Error, Page, Request, async_playwright, expect

from tests.support.eventually import eventually

DESK: Final = (1440, 900)
PHONE: Final = (390, 844)
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING: Final = "Chromium is missing: the pages are tested in a real browser (Debian: apt-get install chromium)"

THUMB: Final = 44
"""Pixels: what a thumb hits at night."""
TOO_SMALL: Final = """
(thumb) => Array.from(document.querySelectorAll("a[href], button, summary, select, textarea, input, label.choice"))
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches(".skip, .choice > input"))
  .filter((one) => {
    const said = (of) => of.innerText.trim().length;
    const isInline = one.matches("a") && getComputedStyle(one).display === "inline";
    const isInSentence = isInline && said(one.parentElement) > said(one);
    return !isInSentence && one.getBoundingClientRect().height < thumb - 0.5;
  })
  .map((one) => `${one.localName} of ${Math.round(one.getBoundingClientRect().height)} px: ${one.innerText.trim()}`)
"""
"""What is smaller than a thumb, but for links within a sentence."""

expect.set_options(timeout=30_000)
"""Milliseconds: a busy machine is no failure."""

NOTES_GESTURES: Final = """
window.gestures = [];
const noted = ["mousedown", "mouseup", "click", "submit", "invalid", "htmx:beforeRequest", "htmx:afterRequest",
  "htmx:beforeSwap", "htmx:timeout", "htmx:sendError", "htmx:validation:halted", "beforeunload"];
for (const name of noted) {
  addEventListener(name, ({ target, detail, clientX, clientY }) => {
    const at = clientX === undefined ? "" : `at ${clientX}, ${clientY}`;
    const what = [target.tagName, target.id, target.name, at, detail?.xhr?.status].filter(Boolean).join(" ");
    gestures.push(`${(performance.now() / 1000).toFixed(2)} s: ${name} ${what}`);
  }, true);
}
"""
"""Run in each document before its own scripts: where a tap went, and what came of it."""

LAST = 80
"""How much of what happened is told of a test that failed."""

ABORTED: Final = "net::ERR_ABORTED"
"""What the browser says where another navigation overtook the one that was asked for."""

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
        self._happened: deque[str] = deque(maxlen=LAST)
        self._began = monotonic()
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asks)
        page.on("request", lambda sent: self._notes(f"sent {sent.method} {sent.url}"))
        page.on("response", lambda come: self._notes(f"answered {come.status} {come.url}"))
        page.on("requestfailed", lambda sent: self._notes(f"failed {sent.method} {sent.url}: {sent.failure}"))
        page.on("framenavigated", lambda frame: self._notes(f"shows {frame.url}"))

    async def signs_in(self, token: str, to: str = "/") -> None:
        """With this token, on the way to a page: by what the form sends, without the form."""
        answer = await self.context.request.post(
            f"{self.url}/sign-in", form={"token": token, "to": to}, headers={"Origin": self.url}, max_redirects=0
        )
        assert answer.status == 303, await answer.text()
        await self.goes_to(answer.headers["location"])

    async def signs_in_at_the_form(self, token: str, to: str = "/") -> None:
        """As a person does it."""
        await self.goes_to(f"/sign-in?{urlencode({'to': to})}")
        await self.page.get_by_label("Token").fill(token)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_load_state()

    async def goes_to(self, path: str) -> None:
        """A page by its address; once more where the page moved by itself meanwhile, which takes the browser along."""
        try:
            await self.page.goto(f"{self.url}{path}")
        except Error as error:
            if ABORTED not in str(error):
                raise
            await self.page.goto(f"{self.url}{path}")

    async def is_live(self) -> None:
        """The page hears of changes from now on."""
        await self.page.wait_for_selector('#link[data-state="live"]', state="attached")

    async def has_caught_up(self) -> None:
        """It has shown itself anew, as every page does once it is live, for what happened before anybody listened."""
        await self.is_live()

        async def is_anew() -> bool:
            return any("htmx:afterRequest DIV floor" in one for one in await self.page.evaluate("window.gestures"))

        await eventually(is_anew)

    async def barriers(self, *rules: str, but: Collection[str] = ()) -> list[str]:
        """What axe-core finds that would keep somebody from using this page, by these of its rules, or by all `but`."""
        only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        left_out = {"rules": {rule: {"enabled": False} for rule in but}}
        options = {"resultTypes": ["violations"], **only, **left_out}
        if not await self.page.evaluate("typeof axe === 'object'"):  # the document has it still
            await self.page.evaluate(AXE_SCRIPT)
        violations = await self.page.evaluate("(how) => axe.run(how).then((found) => found.violations)", options)
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in violations
        ]

    async def happened(self) -> str:
        """What the browser did lately, and what was done to the document that it shows: for a test that failed."""
        try:
            gestures = await self.page.evaluate("window.gestures")
        except Error as error:
            gestures = [f"the page does not say: {error}"]
        self._notes("asked what happened")
        return "\n".join((*self._happened, "in this document:", *gestures[-LAST:]))

    def _notes(self, what: str) -> None:
        self._happened.append(f"{monotonic() - self._began:.2f} s: {what}")

    def _asks(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.url:
            self.strangers.append(request.url)


@asynccontextmanager
async def looks(
    browser: Browser, url: str, size: tuple[int, int] = DESK, theme: str = "light", *, is_new: bool = False
) -> AsyncIterator[Eyes]:
    """Somebody at a screen of this size, whose device is light or dark; nobody before them left anything behind.

    The browser is one that somebody used before, with its caches, unless it has to be new: where a test adds scripts
    to all of its pages, stops its clock, or counts them.
    """
    screen = await _new_screen(browser, size, theme) if is_new else await _screen(browser, url, size, theme)
    eyes = Eyes(url, screen.context, await screen.context.new_page())
    is_well = False
    try:
        yield eyes
        is_well = True
    except AssertionError as error:
        error.add_note(await eyes.happened())
        raise
    finally:
        if is_well and not is_new:
            await screen.is_left(url)
            _FREE.setdefault(browser, {}).setdefault((size, theme), []).append(screen)
        else:
            await screen.context.close()


class _Screen:
    """A browser's profile, and a page within it that stays: with it stays the process that shows Kapstan's pages."""

    def __init__(self, context: BrowserContext, stays: Page | None, session: CDPSession | None) -> None:
        self.context = context
        self._stays = stays
        self._session = session

    async def is_left(self, url: str) -> None:
        """Whoever comes next finds none of its pages, cookies, drafts and permissions."""
        for page in self.context.pages:
            if page is not self._stays:
                await page.close()
        await self.context.set_offline(offline=False)
        await self.context.unroute_all()
        await self.context.clear_cookies()
        await self.context.clear_permissions()
        assert self._session is not None
        await self._session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})


_FREE: Final[WeakKeyDictionary[Browser, dict[tuple[tuple[int, int], str], list[_Screen]]]] = WeakKeyDictionary()
"""Of each browser the screens at which nobody is, by their size and theme."""


async def _screen(browser: Browser, url: str, size: tuple[int, int], theme: str) -> _Screen:
    free = _FREE.setdefault(browser, {}).setdefault((size, theme), [])
    if free:
        return free.pop()
    context = (await _new_screen(browser, size, theme)).context
    stays = await context.new_page()
    await stays.route("**", lambda route: route.fulfill(body="", content_type="text/plain"))
    await stays.goto(url)
    await stays.unroute_all()
    return _Screen(context, stays, await context.new_cdp_session(stays))


async def _new_screen(browser: Browser, size: tuple[int, int], theme: str) -> _Screen:
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
    )
    await context.add_init_script(NOTES_GESTURES)
    return _Screen(context, None, None)

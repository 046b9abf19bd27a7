"""Makes the pictures of docs/images/ from a living floor: `make screenshots`, with Debian's Chromium.

A floor of `kapstan demo --serve` is opened, looked at as somebody who is signed in would, and closed again.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, NamedTuple

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).parent.parent
IMAGES: Final = Path(__file__).parent / "images"
LARGEST: Final = 150_000
"""Bytes of a picture: it lies in the repository for ever."""
COLOURS: Final = 256
"""Of a picture: a page is drawn with few, and nobody sees those between them."""

OPEN_WITHIN, STOPPED_WITHIN = 300.0, 60.0
LIVED_FOR: Final = 75.0
"""Seconds after which something has happened that was not there at the beginning."""
SIGNS_IN_AS: Final = "operations"


class Floor(NamedTuple):
    """Where the floor is, the token that opens it, and the link of a page that nobody has answered."""

    url: str
    token: str
    phone_page: str


class Picture(NamedTuple):
    """What is looked at, on a screen of which size, by day or by night."""

    name: str
    path: str
    size: tuple[int, int]
    theme: Literal["light", "dark"]


def main() -> None:
    """Every picture is made anew. Exits with a sentence where something is missing."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="kapstan-pictures-") as folder, _floor(Path(folder) / "output") as floor:
        time.sleep(LIVED_FOR)
        course = _course_behind_the_page(floor)
        pictures = (
            Picture("board", "/", (1440, 900), "light"),
            Picture("sessions", "/sessions", (1440, 900), "dark"),
            Picture("course", f"/courses/{course}", (1440, 900), "light"),
            Picture("phone", floor.phone_page.removeprefix(floor.url), (390, 844), "light"),
        )
        with _browser() as browser:
            for picture in pictures:
                _take(browser, floor, picture)


@contextmanager
def _floor(output: Path) -> Iterator[Floor]:
    command = (sys.executable, "-u", str(ROOT / "starter.py"), "demo", "--patients", "0", "--serve")
    with output.open("wb") as written:
        serving = subprocess.Popen(command, stdout=written, stderr=written)  # noqa: S603  our own command
    try:
        yield _eventually(lambda: _shown(output.read_text(encoding="utf-8"), serving))
    finally:
        serving.terminate()
        serving.wait(STOPPED_WITHIN)


def _shown(said: str, serving: subprocess.Popen[bytes]) -> Floor | None:
    if serving.poll() is not None:
        sys.exit(f"kapstan demo --serve has ended:\n{said}")
    url = re.search(r"^Pages +(http://\S+)/", said, re.MULTILINE)
    token = re.search(rf"^ +{SIGNS_IN_AS} +(kap_\S+)$", said, re.MULTILINE)
    page = re.search(r"^A page .*(http://\S+/ack/\S+)$", said, re.MULTILINE)
    return Floor(url[1], token[1], page[1]) if url and token and page else None


def _eventually(look: Callable[[], Floor | None]) -> Floor:
    give_up_at = time.monotonic() + OPEN_WITHIN
    while time.monotonic() < give_up_at:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    sys.exit(f"kapstan demo --serve was not open within {OPEN_WITHIN:.0f} s")


def _course_behind_the_page(floor: Floor) -> str:
    """The course of the open escalation whose page is shown: a patient in a session."""
    answer = httpx.get(
        f"{floor.url}/v1/escalations",
        params={"state": "open", "severity": "urgent"},
        headers={"Authorization": f"Bearer {floor.token}"},
        timeout=30,
    )
    return str(answer.raise_for_status().json()["items"][0]["course_id"])


@contextmanager
def _browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing: the pictures are taken with it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # A sandbox cannot be set up by root, as whom a container works.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def _take(browser: Browser, floor: Floor, picture: Picture) -> None:
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=picture.theme,
        reduced_motion="reduce",
        base_url=floor.url,
    )
    page = context.new_page()
    if not picture.path.startswith("/ack/"):
        _sign_in(page, floor.token)
    answer = page.goto(picture.path, wait_until="load")
    if answer is None or not answer.ok:
        sys.exit(f"{picture.path} answered {answer.status if answer else 'nothing'}")
    file = IMAGES / f"{picture.name}.png"
    page.screenshot(path=file, animations="disabled")
    context.close()
    _shrink(file)
    size = file.stat().st_size
    if size > LARGEST:
        sys.exit(f"{file} has {size:,} bytes; must be at most {LARGEST:,}")
    sys.stdout.write(f"{file.relative_to(ROOT)}  {width} × {height}, {picture.theme}, {size:,} bytes\n")


def _shrink(file: Path) -> None:
    with Image.open(file) as taken:
        few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def _sign_in(page: Page, token: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


if __name__ == "__main__":
    main()

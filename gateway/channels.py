"""The channels that pages go out by: every service that Apprise knows, many at once, each within its time."""

import asyncio
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from typing import Final

import apprise

from domain.page import Text
from domain.values import Severity

CHANNEL_WITHIN: Final = timedelta(seconds=10)
"""How long one channel may take. The others of the page do not wait for it."""

CHANNELS_AT_ONCE: Final = 64
"""A channel that hangs holds a thread until its own socket gives up, so there are more of them than could hang."""

URGENCY: Final = {
    Severity.ROUTINE: apprise.NotifyType.INFO,
    Severity.URGENT: apprise.NotifyType.WARNING,
    Severity.EMERGENCY: apprise.NotifyType.FAILURE,
}


class Channels:
    """Sends texts to channels. What it answers and logs holds no address. It gets ready beside whatever else starts."""

    def __init__(self, within: timedelta = CHANNEL_WITHIN) -> None:
        self._within = within.total_seconds()
        self._threads = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="page")
        self._threads.submit(prepare)

    async def send(self, url: str, text: Text, severity: Severity) -> str | None:
        """The channel at this Apprise URL took the text (None), or what went wrong, in words without the address."""
        sending = asyncio.get_running_loop().run_in_executor(self._threads, send, url, text, severity)
        try:
            async with asyncio.timeout(self._within):
                return await sending
        except TimeoutError:
            return f"the channel did not answer within {self._within:g} s"


def send(url: str, text: Text, severity: Severity) -> str | None:
    """The same, however long it takes. Blocks while it sends."""
    prepare()
    # Without a store on disk: it would keep addresses. Without Apprise's own threads: six of them, shared by all pages.
    asset = apprise.AppriseAsset(app_id="Kapstan", app_desc="Kapstan", storage_mode="memory", async_mode=False)
    sender = apprise.Apprise(asset=asset)
    try:
        if not sender.add(url):
            return "no service takes this channel's URL"
        is_sent = sender.notify(
            title=text.title, body=text.body, notify_type=URGENCY[severity], body_format=apprise.NotifyFormat.TEXT
        )
    except Exception as error:  # noqa: BLE001  whatever a service's plugin raises, the other channels go on
        return f"the channel failed ({type(error).__name__})"
    return None if is_sent else "the channel did not take the page"


def prepare() -> None:
    """Everything is loaded, and no log names an address. Apprise and the HTTP client below it would."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
    _load_services()


@cache
def _load_services() -> None:
    """Apprise loads all it knows at its first channel, for a second or more: better now than while a page waits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise.Apprise().add("json://127.0.0.1")

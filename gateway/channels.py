"""The channels that pages go out by: every service that Apprise knows, many at once, each within its time."""

import asyncio
import logging
import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Final

import apprise
from apprise.manager_plugins import NotificationManager

from domain.escalation.page_text import Text
from domain.values import Severity

CHANNEL_WITHIN: Final = timedelta(seconds=10)
"""How long one channel may take. The others of the page do not wait for it."""

CHANNELS_AT_ONCE: Final = 64
"""A channel that hangs holds a thread until its own socket gives up, so there are more of them than could hang."""

HANGING_AT_MOST: Final = 4
"""So many pages of one channel may hang on at once; it is tried again as soon as one of them has ended.

One that answers a byte every few seconds never ends by itself: without a bound it would take every thread there is, and
with them everybody's pages.
"""

SOCKET_WITHIN: Final = timedelta(seconds=60)
"""How long a URL may let its own socket wait (`cto`, `rto`)."""

URGENCY: Final = {
    Severity.ROUTINE: apprise.NotifyType.INFO,
    Severity.URGENT: apprise.NotifyType.WARNING,
    Severity.EMERGENCY: apprise.NotifyType.FAILURE,
}

LEFT_OUT: Final = re.compile(r"drop|invalid|ignor", re.IGNORECASE)
"""How Apprise says that it leaves a recipient out; it takes the rest of the URL all the same."""

PART: Final = re.compile(r"[/?&;,=<>+\s]|%20|%2c", re.IGNORECASE)
"""Between the parts of a URL of which each may hold one `@`."""


class Channels:
    """Sends texts to channels. What it answers and logs holds no address. It gets ready beside whatever else starts."""

    def __init__(self, within: timedelta = CHANNEL_WITHIN) -> None:
        self._within = within.total_seconds()
        self._threads = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="page")
        self._threads.submit(prepare)
        self._hanging = Counter[str]()
        self._counting = threading.Lock()

    async def send(self, url: str, text: Text, severity: Severity) -> str | None:
        """The channel at this Apprise URL took the text (None), or what went wrong, in words without the address."""
        if self._hanging[url] >= HANGING_AT_MOST:
            return f"the channel has not answered the last {HANGING_AT_MOST} pages yet"
        sending = self._threads.submit(send, url, text, severity)
        try:
            async with asyncio.timeout(self._within):
                return await asyncio.wrap_future(sending)
        except TimeoutError:
            if not sending.cancel():
                self._count(url, 1)
                sending.add_done_callback(lambda _: self._count(url, -1))
            return f"the channel did not answer within {self._within:g} s"

    def _count(self, url: str, by: int) -> None:
        with self._counting:
            self._hanging[url] += by


def send(url: str, text: Text, severity: Severity) -> str | None:
    """The same, however long it takes. Blocks while it sends."""
    prepare()
    sender = _sender()
    try:
        if not sender.add(url):
            return "no service takes this channel's URL"
        is_sent = sender.notify(
            title=text.title, body=text.body, notify_type=URGENCY[severity], body_format=apprise.NotifyFormat.TEXT
        )
    except Exception as error:  # noqa: BLE001  whatever a service's plugin raises, the other channels go on
        return f"the channel failed ({type(error).__name__})"
    return None if is_sent else "the channel did not take the page"


def fault(url: str) -> str | None:
    """Why no page could ever go out by this channel, in words without its address; None where one might.

    Apprise is asked, and nothing is sent: whether the address exists and the token is good is not known.
    """
    prepare()
    scheme, _, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if any(part.lstrip("@").count("@") > 1 for part in PART.split(rest)):
        return f"{scheme}:// must have no @ too many: one within a name, a password or a token is written %40"
    sender = _sender()
    try:
        with _listening() as listener:
            is_taken = sender.add(url)
    except Exception:  # noqa: BLE001  whatever a service's plugin raises, it would raise for a page too
        is_taken = False
    if not is_taken:
        return _why_not(scheme)
    if len(list(sender)) > 1:
        return f"{scheme}:// must be one URL: another channel is another entry of the list"
    (service,) = sender
    if listener.has_heard or not _names_somebody(url, service):
        return f"{scheme}:// must name whom a page goes to, and everybody so that Apprise can read it"
    waits = (service.socket_connect_timeout, service.socket_read_timeout)
    if not all(0 < wait <= SOCKET_WITHIN.total_seconds() for wait in waits):
        return f"{scheme}:// must wait for more than 0 and at most {SOCKET_WITHIN.seconds} seconds (cto, rto)"
    if service.port is not None and service.port not in range(1, 65536):
        return f"{scheme}:// must have a port between 1 and 65535"
    return None


def _why_not(scheme: str) -> str:
    known = NotificationManager()  # type: ignore[no-untyped-call]
    if scheme not in known.schemas(include_disabled=True):  # type: ignore[no-untyped-call]
        return f"{scheme}:// must be the name of a service that Apprise knows"
    if scheme not in known.schemas(include_disabled=False):  # type: ignore[no-untyped-call]
        return f"{scheme}:// must be a service whose software is installed on this machine"
    return f"{scheme}:// must be written as Apprise reads it: something is missing or out of place"


def _names_somebody(url: str, service: apprise.NotifyBase) -> bool:
    """Whether there is a recipient, as far as the service needs to be told one."""
    if len(service) == 0:
        return False
    needs = type(service).template_tokens.get("targets", {}).get("required", False)
    named = (type(service).parse_url(url) or {}).get("targets") or ()
    return not needs or any(named) or bool(getattr(service, "targets", None))


def _sender() -> apprise.Apprise:
    # Without a store on disk: it would keep addresses. Without Apprise's own threads: six of them, shared by all pages.
    # It takes them for every deadline of its own, too: six pages that hang would be the last that anybody gets.
    asset = apprise.AppriseAsset(
        app_id="Kapstan", app_desc="Kapstan", storage_mode="memory", async_mode=False, service_timeout=0
    )
    return apprise.Apprise(asset=asset)


class _Listener(logging.Handler):
    """Hears what Apprise says in one thread that it leaves out. It holds addresses, so that nobody reads it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.has_heard = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and LEFT_OUT.search(record.getMessage()):
            self.has_heard = True


@contextmanager
def _listening() -> Iterator[_Listener]:
    listener = _Listener()
    logger = logging.getLogger("apprise")
    logger.addHandler(listener)
    try:
        yield listener
    finally:
        logger.removeHandler(listener)


def prepare() -> None:
    """Everything is loaded, and no log names an address. Apprise and the HTTP client below it would."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        listeners = (handler for handler in logger.handlers if isinstance(handler, _Listener))
        logger.handlers = [logging.NullHandler(), *listeners]
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    _load_services()


@cache
def _load_services() -> None:
    """Apprise loads all it knows at its first channel, for a second or more: better now than while a page waits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise.Apprise().add("json://127.0.0.1")

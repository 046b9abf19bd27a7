"""Sends pages through Apprise channels, many in parallel, each with a time limit."""

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
"""Sending threads: more than could hang at once, as a hanging channel holds one until its socket times out."""

HANGING_AT_MOST: Final = 4
"""Most pages of one channel that may hang at once; it is used again as soon as one of them has ended.

A channel that answers a byte every few seconds never ends by itself: without a limit it would take every thread, and
nobody would be paged.
"""

SOCKET_WITHIN: Final = timedelta(seconds=60)
"""Longest socket timeout that a URL may set (`cto`, `rto`)."""

URGENCY: Final = {
    Severity.ROUTINE: apprise.NotifyType.INFO,
    Severity.URGENT: apprise.NotifyType.WARNING,
    Severity.EMERGENCY: apprise.NotifyType.FAILURE,
}

LEFT_OUT: Final = re.compile(r"drop|invalid|ignor", re.IGNORECASE)
"""Words in Apprise's log messages about recipients that it drops, although it accepts the rest of the URL."""

PART: Final = re.compile(r"[/?&;,=<>+\s]|%20|%2c", re.IGNORECASE)
"""Separators between the parts of a URL, each of which may hold one `@`."""


class Channels:
    """Sends texts to channels. Results and logs hold no address. Loads Apprise in a background thread."""

    def __init__(self, within: timedelta = CHANNEL_WITHIN) -> None:
        self._within = within.total_seconds()
        self._threads = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="page")
        self._threads.submit(prepare)
        self._hanging = Counter[str]()
        self._counting = threading.Lock()

    async def send(self, url: str, text: Text, severity: Severity) -> str | None:
        """Sends to the channel at this Apprise URL. Returns None, or what went wrong, without the address."""
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
    """Sends without a time limit; blocks meanwhile. Returns as `Channels.send` does."""
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
    """Why no page could ever go out by this channel, without its address; None if one might.

    Only parses the URL with Apprise and sends nothing, so it cannot tell whether the address and token are valid.
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
    """Whether the URL names a recipient, if the service needs one."""
    if len(service) == 0:
        return False
    needs = type(service).template_tokens.get("targets", {}).get("required", False)
    named = (type(service).parse_url(url) or {}).get("targets") or ()
    return not needs or any(named) or bool(getattr(service, "targets", None))


def _sender() -> apprise.Apprise:
    # No store on disk: it would keep addresses. None of Apprise's own threads and timeouts: it has six threads for all
    # pages, so six pages that hang would block all others. No picture and no address of Apprise's own: whoever is shown
    # the page would fetch them from a third party. And nobody sends a page on to another address: the one of another
    # kind than `POST` would arrive empty, and count as taken.
    asset = apprise.AppriseAsset(
        app_id="Kapstan",
        app_desc="Kapstan",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,
    )
    return apprise.Apprise(asset=asset)


class _Listener(logging.Handler):
    """Notices log messages of one thread about dropped recipients. They hold addresses, so they are not kept."""

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
    """Loads Apprise's services, and silences its logs and its HTTP client's, which would name addresses."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        listeners = (handler for handler in logger.handlers if isinstance(handler, _Listener))
        logger.handlers = [logging.NullHandler(), *listeners]
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    _load_services()


@cache
def _load_services() -> None:
    """Loads Apprise's services now. Otherwise the first page waits a second or more for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise.Apprise().add("json://127.0.0.1")

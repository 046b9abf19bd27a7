"""The channels that pages go out by: every service that Apprise knows."""

import logging
import warnings
from functools import cache
from typing import Final

import apprise

from activities.paging import Text
from domain.values import Severity

URGENCY: Final = {
    Severity.ROUTINE: apprise.NotifyType.INFO,
    Severity.URGENT: apprise.NotifyType.WARNING,
    Severity.EMERGENCY: apprise.NotifyType.FAILURE,
}


def send(url: str, text: Text, severity: Severity) -> str | None:
    """The channel at this Apprise URL took the text, or what went wrong, without the address. Blocks while it sends."""
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

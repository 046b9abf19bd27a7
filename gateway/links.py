"""Signed links in pages: valid for a day, for one person and one escalation, to acknowledge once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from pydantic import ValidationError

from domain.escalation.ids import EscalationId
from domain.oncall.file import FALLBACK
from domain.values import Frozen, Moment, PersonId
from settings import Settings

GOOD_FOR: Final = timedelta(days=1)
"""How long a link is valid. An escalation that nobody answers pages again, each time with a new link."""

SALT: Final = "kapstan.acknowledge"
FALLBACK_SALT: Final = "kapstan.fallback"
FALLBACK_PAGE: Final = "page"
"""The query parameter of a fallback's link that shows where it came from."""


class Invitation(Frozen):
    """The content of a link: this person may acknowledge this escalation. `link` identifies the link itself."""

    escalation: EscalationId
    person: PersonId
    issued_at: Moment
    link: str


class BadLink(Exception):  # noqa: N818  somebody who was woken reads it
    """The link is not valid; the message says why and what to do instead."""


class Links:
    """Makes and verifies links. Only the secret is needed, so that a page waits for no database."""

    def __init__(self, secret: str, public_url: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt=SALT)
        self._fallback = URLSafeSerializer(secret, salt=FALLBACK_SALT)
        self._public_url = public_url.rstrip("/")

    def for_(self, escalation: EscalationId, person: PersonId, at: datetime) -> str:
        """The link to acknowledge this person's page of that moment; for the fallback, the escalation's web page."""
        if person == FALLBACK:
            came_from = self._fallback.dumps(escalation)
            return f"{escalation_page(self._public_url, escalation)}?{FALLBACK_PAGE}={came_from}"
        signed = self._serializer.dumps([escalation, person, int(at.timestamp())])
        return f"{self._public_url}/ack/{signed}"

    def is_of_the_fallback(self, signed: str, escalation: EscalationId) -> bool:
        """Whether this came with a page of that escalation to the fallback's channels. It opens nothing."""
        try:
            return bool(self._fallback.loads(signed) == escalation)
        except BadData:
            return False

    def read(self, token: str, now: datetime) -> Invitation:
        """Verifies the link's last part. Raises `BadLink` if it was forged, cut off or is over a day old."""
        try:
            escalation, person, seconds = self._serializer.loads(token)
            found = Invitation(
                escalation=escalation,
                person=person,
                issued_at=datetime.fromtimestamp(seconds, UTC),
                link=token.rpartition(".")[2],
            )
        except (BadData, ValidationError, ValueError, TypeError, OverflowError):
            raise BadLink(
                "This link is not one of ours, or not all of it arrived: open it from the page again"
            ) from None
        if now - found.issued_at > GOOD_FOR:
            raise BadLink("This link is over a day old: use the one of the newest page, or sign in") from None
        return found


def escalation_page(public_url: str, escalation: EscalationId) -> str:
    """The URL of an escalation's page, for somebody who signs in."""
    return f"{public_url.rstrip('/')}/escalations/{escalation}"


def link_builder(settings: Settings) -> Callable[[EscalationId, PersonId, datetime], str]:
    """The function that makes links: to acknowledge at once if links are signed, else to the escalation's page."""
    if settings.link_secret is None:
        return lambda escalation, _person, _at: escalation_page(settings.public_url, escalation)
    return Links(settings.link_secret.get_secret_value(), settings.public_url).for_

"""Sealed links in pages: nobody without the secret can make one, or read in it what it is about.

A person's link is valid for a day, for one person and one escalation, and answers once. The fallback's leads to how to
answer, and for somebody who is signed in on to the escalation.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import TypeAdapter, ValidationError

from domain.escalation.ids import EscalationId
from domain.oncall.file import FALLBACK
from domain.values import Frozen, Moment, PersonId
from gateway.purpose_keys import key_for
from settings import Settings

GOOD_FOR: Final = timedelta(days=1)
"""How long a link is valid. An escalation that nobody answers pages again, each time with a new link."""

KEY_BYTES: Final = 64

ALARM: Final = "/alarm"
"""The path at which whoever reads a fallback's page is told how to answer."""

_ESCALATION: Final[TypeAdapter[EscalationId]] = TypeAdapter(EscalationId)


class Invitation(Frozen):
    """The content of a link: this person may answer this page of this escalation, once."""

    escalation: EscalationId
    person: PersonId
    issued_at: Moment

    @property
    def link(self) -> str:
        """The link's name within its escalation: that of its person and moment, however it was written."""
        return f"{self.person} {int(self.issued_at.timestamp())}"


class BadLink(Exception):  # noqa: N818  somebody who was woken reads it
    """The link is not valid; the message says why and what to do instead."""


class Links:
    """Makes and reads links. Only the secrets are needed, so that a page waits for no database.

    The first secret seals, each opens, so that secrets can rotate. What is sealed is the same each time, so that a page
    that is tried again has the same link, and only one spelling of it opens.
    """

    def __init__(self, secrets: Sequence[str], public_url: str) -> None:
        self._personal = [AESSIV(key_for("acknowledge", secret, KEY_BYTES)) for secret in secrets]
        self._alarms = [AESSIV(key_for("alarm", secret, KEY_BYTES)) for secret in secrets]
        self._public_url = public_url.rstrip("/")

    def for_(self, escalation: EscalationId, person: PersonId, at: datetime) -> str:
        """The link to answer this person's page of that moment; the fallback's leads to how to answer."""
        if person == FALLBACK:
            return f"{self._public_url}{self.alarm(escalation)}"
        told = json.dumps([escalation, person, int(at.timestamp())], separators=(",", ":"))
        return f"{self._public_url}/ack/{_sealed(self._personal, told)}"

    def read(self, token: str, now: datetime) -> Invitation:
        """Opens the link's last part. Raises `BadLink` if it was forged, altered, cut off or is over a day old."""
        try:
            escalation, person, seconds = json.loads(_opened(self._personal, token))
            found = Invitation(escalation=escalation, person=person, issued_at=datetime.fromtimestamp(seconds, UTC))
        except (ValueError, TypeError, OverflowError):  # a ValidationError is a ValueError
            raise BadLink(
                "This link is not one of ours, or not all of it arrived: open it from the page again"
            ) from None
        if now - found.issued_at > GOOD_FOR:
            raise BadLink("This link is over a day old: use the one of the newest page, or sign in") from None
        return found

    def alarm(self, escalation: EscalationId) -> str:
        """The path that leads to the escalation, and says to nobody which it is."""
        return f"{ALARM}/{_sealed(self._alarms, escalation)}"

    def alarm_of(self, token: str) -> EscalationId | None:
        """The escalation to which the path's last part leads; None if it is not one of ours."""
        try:
            return _ESCALATION.validate_python(_opened(self._alarms, token))
        except (ValidationError, ValueError):
            return None


def link_builder(settings: Settings) -> Callable[[EscalationId, PersonId, datetime], str]:
    """The function that makes links. Without a secret each leads to how to answer, by signing in."""
    if not settings.link_secrets:
        return lambda _escalation, _person, _at: f"{settings.public_url.rstrip('/')}{ALARM}"
    return Links(settings.link_secrets, settings.public_url).for_


def _sealed(ciphers: Sequence[AESSIV], told: str) -> str:
    return _spelled(ciphers[0].encrypt(told.encode(), None))


def _opened(ciphers: Sequence[AESSIV], token: str) -> str:
    """What was sealed. Raises ValueError if it was not sealed here, or is spelled in another way."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error as error:
        raise ValueError("not sealed here") from error
    # Base64 has several spellings of the same bytes.
    if _spelled(sealed) != token:
        raise ValueError("not sealed here")
    for cipher in ciphers:
        try:
            return cipher.decrypt(sealed, None).decode()
        except InvalidTag:
            continue
    raise ValueError("not sealed here")


def _spelled(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

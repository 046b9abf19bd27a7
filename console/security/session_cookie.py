"""The session cookie, and what is derived from it: the key of a sign-in's forms, and seals on what a browser keeps.

The cookie is random and the browser's alone. So no secret of the console's can make one, and nothing derived from one
says anything about another.
"""

import hmac
from hashlib import sha256
from typing import Final

from fastapi import Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import JsonValue

from settings import Settings

COOKIE: Final = "kapstan"


def form_key(shown: str) -> str:
    """The CSRF token of every form of the sign-in whose cookie is this."""
    return hmac.new(shown.encode(), b"form", sha256).hexdigest()


def is_form_key(shown: str, told: str) -> bool:
    """Whether this is the CSRF token of the sign-in whose cookie is this; any text may be told."""
    return hmac.compare_digest(form_key(shown).encode(), told.encode(errors="replace"))


def sealed(shown: str, purpose: str, value: JsonValue) -> str:
    """Signs a value for the browser to keep: it can be read there, and is nothing to another sign-in."""
    told: str = URLSafeSerializer(shown, salt=f"kapstan.{purpose}").dumps(value)
    return told


def unsealed(shown: str, purpose: str, kept: str) -> JsonValue | None:
    """The signed value that a browser kept; None if it was not signed for this purpose in this sign-in."""
    try:
        found: JsonValue = URLSafeSerializer(shown, salt=f"kapstan.{purpose}").loads(kept)
    except BadData:
        return None
    return found


def set_cookie(
    response: Response, name: str, value: str, settings: Settings, *, lasts: int | None = None, path: str = "/"
) -> None:
    """Gives the browser a cookie that no script reads and no other site's form sends; for `lasts` seconds, if given."""
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        path=path,
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
    )

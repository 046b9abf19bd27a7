"""Remembers who acts at this screen: a shift may share one token, so whoever acts says who they are."""

from typing import Final

from fastapi import Response

from console.pages.frame.viewer import Viewer
from domain.values import PersonId

COOKIE: Final = "kapstan-me"


def me(viewer: Viewer) -> PersonId | None:
    """Who acted last at this screen, if the on-call file knows them."""
    who = viewer.request.cookies.get(COOKIE)
    return who if who in viewer.services.on_call.now().people else None


def remember(response: Response, who: PersonId) -> None:
    """Remembers them as the suggestion for next time, until the browser is closed."""
    response.set_cookie(COOKIE, who, httponly=True, samesite="lax")

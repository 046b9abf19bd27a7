"""Remembers who acts at this screen: a shift may share one token, so whoever acts says who they are."""

from typing import Final

from fastapi import Response

from console.pages.frame.viewer import Viewer
from console.security.session_cookie import set_cookie
from domain.values import PersonId
from settings import Settings

COOKIE: Final = "kapstan-me"


def me(viewer: Viewer) -> PersonId | None:
    """Who acted last at this screen, if the on-call file knows them."""
    who = viewer.request.cookies.get(COOKIE)
    return who if who in viewer.services.on_call.now().people else None


def remember(response: Response, who: PersonId, settings: Settings) -> None:
    """Remembers them as the suggestion for next time, until the browser is closed."""
    set_cookie(response, COOKIE, who, settings)

"""Remembers who reported last in this sign-in, as the suggestion for next time."""

from typing import Final

from fastapi import Response
from pydantic import ValidationError

from console.pages.frame.viewer import Viewer
from console.security.session_cookie import sealed, set_cookie, unsealed
from domain.values import Actor, Frozen, PersonId, Role

REPORTER: Final = "kapstan-reporter"


class _Reporter(Frozen):
    """Who reported last."""

    id: PersonId
    role: Role


def reporter(viewer: Viewer) -> Actor | None:
    """Who reported last in this sign-in: nobody else who signs in at this browser is taken for them."""
    kept = unsealed(viewer.shown, REPORTER, viewer.request.cookies.get(REPORTER, ""))
    try:
        found = _Reporter.model_validate(kept)
    except ValidationError:
        return None
    return Actor(id=found.id, role=found.role)


def keep_reporter(viewer: Viewer, response: Response, actor: Actor) -> None:
    """Remembers who reported, until the sign-in ends."""
    said = _Reporter(id=actor.id, role=actor.role).model_dump(mode="json")
    ends = viewer.signed_in.ends_at - viewer.now if viewer.signed_in else None
    set_cookie(
        response,
        REPORTER,
        sealed(viewer.shown, REPORTER, said),
        viewer.services.settings,
        lasts=int(ends.total_seconds()) if ends else None,
    )

"""Signed cookies of the pages: who reported last in this sign-in, and the latest recorded answer."""

from datetime import timedelta
from typing import Final

from fastapi import Response
from pydantic import ValidationError

from console.pages.frame.viewer import Viewer
from domain.values import Actor, Frozen, PersonId, Role

REPORTER: Final = "kapstan-reporter"
ANSWER: Final = "kapstan-answer"
COURSES: Final = "/"

ANSWER_KEPT_FOR: Final = timedelta(minutes=10)
"""How long a reloaded page still shows the answer to the last event."""


class _Reporter(Frozen):
    """Who reported last. `key` is the sign-in's, so that nobody else who signs in here is taken for them."""

    key: str
    id: PersonId
    role: Role


class RecordedFlash(Frozen):
    """The answer to one event in sentences, with the mark of the most severe."""

    event_id: str
    mark: str
    words: tuple[str, ...]


def reporter(viewer: Viewer) -> Actor | None:
    """Who reported last in this sign-in."""
    kept = viewer.services.seal.unsealed(viewer.request.cookies.get(REPORTER, ""), REPORTER)
    try:
        found = _Reporter.model_validate(kept)
    except ValidationError:
        return None
    return Actor(id=found.id, role=found.role) if found.key == _key(viewer) else None


def keep_reporter(viewer: Viewer, response: Response, actor: Actor) -> None:
    """Remembers who reported as the suggestion for next time, until the sign-in ends."""
    said = _Reporter(key=_key(viewer), id=actor.id, role=actor.role)
    ends = viewer.signed_in.ends_at - viewer.now if viewer.signed_in else None
    _keep(viewer, response, REPORTER, said, COURSES, ends)


def answer(viewer: Viewer, event_id: str | None) -> RecordedFlash | None:
    """The answer to that event, if it was recorded in this browser a moment ago."""
    kept = viewer.services.seal.unsealed(viewer.request.cookies.get(ANSWER, ""), ANSWER)
    try:
        found = RecordedFlash.model_validate(kept)
    except ValidationError:
        return None
    return found if found.event_id == event_id else None


def keep_answer(viewer: Viewer, response: Response, page: str, recorded: RecordedFlash) -> None:
    """Keeps the answer for the page at this path to show."""
    _keep(viewer, response, ANSWER, recorded, page, ANSWER_KEPT_FOR)


def _key(viewer: Viewer) -> str:
    return viewer.signed_in.key if viewer.signed_in else viewer.caller.token_id


def _keep(viewer: Viewer, response: Response, name: str, said: Frozen, path: str, length: timedelta | None) -> None:
    response.set_cookie(
        name,
        viewer.services.seal.sealed(said.model_dump(mode="json"), name),
        max_age=int(length.total_seconds()) if length else None,
        path=path,
        httponly=True,
        samesite="lax",
        secure=viewer.services.settings.public_url.startswith("https:"),
    )

"""What a browser keeps for a page, sealed: who reported last in this sign-in, and what was answered just now."""

from datetime import timedelta
from typing import Final

from fastapi import Response
from pydantic import ValidationError

from console.pages.frame.viewer import Viewer
from domain.values import Actor, CourseId, Frozen, PersonId, Role

REPORTER: Final = "kapstan-reporter"
ANSWER: Final = "kapstan-answer"
COURSES: Final = "/"

ANSWER_KEPT_FOR: Final = timedelta(minutes=10)
"""How long a page that was answered says so when it is loaded again."""


class _Reporter(Frozen):
    """Who reported last. `key` is the sign-in's: nobody else who signs in here is taken for them."""

    key: str
    id: PersonId
    role: Role


class RecordedFlash(Frozen):
    """What was answered to one event: in a sentence each, with the shape of the worst of it."""

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
    """They are asked for beforehand from now on, until the sign-in ends."""
    said = _Reporter(key=_key(viewer), id=actor.id, role=actor.role)
    ends = viewer.signed_in.ends_at - viewer.now if viewer.signed_in else None
    _keep(viewer, response, REPORTER, said, COURSES, ends)


def answer(viewer: Viewer, event_id: str | None) -> RecordedFlash | None:
    """What was answered to that event, where it was recorded here a moment ago."""
    kept = viewer.services.seal.unsealed(viewer.request.cookies.get(ANSWER, ""), ANSWER)
    try:
        found = RecordedFlash.model_validate(kept)
    except ValidationError:
        return None
    return found if found.event_id == event_id else None


def keep_answer(viewer: Viewer, response: Response, course_id: CourseId, recorded: RecordedFlash) -> None:
    """The course's page says it next."""
    _keep(viewer, response, ANSWER, recorded, f"/courses/{course_id}", ANSWER_KEPT_FOR)


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

"""Phones: a code that is shown at a desk enrols one, so that no token is typed at night; and how one is taken off."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from console.errors.problems import AGAIN_AFTER, ProblemCode, problem_error
from console.pages.frame.clock import Clock
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.viewer import Viewer, acting, looking
from domain.durations import in_words
from domain.sign_in import Screen, SignIn, SignInId
from domain.values import Frozen
from records.errors import RecordStoreError

PATH: Final = "/phones"

router = APIRouter(include_in_schema=False)

Reader = Annotated[Viewer, Depends(looking(*SEES_COURSES))]
Owner = Annotated[Viewer, Depends(acting(*SEES_COURSES))]


class Phone(Frozen):
    """A phone that was enrolled: since when, when it was used last, and until when it is good."""

    id: SignInId
    enrolled: Clock
    used: Clock
    ends: Clock


class PhonesPage(Frozen):
    """The viewer's phones, and the code that enrols the next one, once it was asked for.

    `may_enrol` is false on a phone and on a wall: who found one would enrol another.
    """

    who: str
    phones: tuple[Phone, ...]
    may_enrol: bool
    lasts: str
    unused: str
    code: str | None = None
    code_ends: Clock | None = None


@router.get(PATH)
async def phones(viewer: Reader) -> Response:
    """The phones of whoever is signed in."""
    return await _page(viewer)


@router.post(PATH + "/code")
async def show_code(viewer: Owner) -> Response:
    """Shows a code: entered at a phone within ten minutes, it enrols that phone for this token."""
    if not _may_enrol(viewer):
        raise problem_error(ProblemCode.FORBIDDEN, "A phone is enrolled by a code that is shown at a desk")
    try:
        code, offered = await viewer.services.sign_ins.offer(viewer.caller.token_id, viewer.now)
    except RecordStoreError:
        detail = "No code can be made now: the record store does not answer"
        raise problem_error(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None
    return await _page(viewer, code, offered.ends_at)


@router.post(PATH + "/off")
async def take_off(viewer: Owner, phone: Annotated[SignInId, Form()]) -> Response:
    """Takes a phone off: it opens nothing any more, at once."""
    for one in await _phones(viewer):
        if one.id == phone:
            viewer.services.stream.end_sign_in(one.id)
            await viewer.services.sign_ins.end(one, viewer.now)
    return RedirectResponse(PATH, status_code=303)


def _may_enrol(viewer: Viewer) -> bool:
    return viewer.signed_in is None or viewer.signed_in.screen is Screen.PERSONAL


async def _phones(viewer: Viewer) -> tuple[SignIn, ...]:
    try:
        return await viewer.services.sign_ins.phones(viewer.caller.token_id, viewer.now)
    except RecordStoreError:
        detail = "Nobody can tell now which phones are enrolled: the record store does not answer"
        raise problem_error(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None


async def _page(viewer: Viewer, code: str | None = None, code_ends: datetime | None = None) -> Response:
    clock = viewer.clock()
    shown = PhonesPage(
        who=viewer.name_of(viewer.caller.person) if viewer.caller.person else viewer.caller.name,
        phones=tuple(
            Phone(
                id=one.id,
                enrolled=clock.at(one.began_at),
                used=clock.at(one.used_at),
                ends=clock.at(one.ends_unused_at),
            )
            for one in await _phones(viewer)
        ),
        may_enrol=_may_enrol(viewer),
        lasts=in_words(Screen.PHONE.longest),
        unused=in_words(Screen.PHONE.idle) if Screen.PHONE.idle else "",
        code=code,
        code_ends=clock.at(code_ends) if code_ends else None,
    )
    return await floor_page(viewer, PATH, "phones.html", shown, here=PATH)

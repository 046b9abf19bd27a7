"""Sign-in for people: an API token, entered once, opens the pages until it goes unused for too long."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.auth import AuthenticatorDep
from console.errors.problems import ProblemCode, ProblemError
from console.pages.frame.rendering import page
from console.pages.frame.shell import THEME, theme_of
from console.pages.frame.viewer import AnyViewer, is_of_our_pages, sign_in_of
from console.security.session_cookie import COOKIE, set_cookie
from console.services import Services, ServicesDep
from domain.access import TokenId
from domain.durations import in_words
from domain.sign_in import Screen, SignIn
from domain.values import Frozen
from records.errors import RecordStoreError

HOME: Final = "/"
THEME_KEPT_FOR: Final = 365 * 86_400

To = Annotated[str, Query(max_length=2000)]

router = APIRouter(include_in_schema=False)


class ScreenChoice(Frozen):
    """One choice of where they sign in, and what follows from it."""

    value: Screen
    label: str
    lasts: str


class SignInPage(Frozen):
    """The sign-in form, where it leads, and why it is shown again."""

    to: str
    screens: tuple[ScreenChoice, ...]
    theme: str
    message: str | None


SCREENS: Final = tuple(
    ScreenChoice(
        value=screen,
        label={Screen.PERSONAL: "My own screen or phone", Screen.WALL: "A screen on the wall"}[screen],
        lasts=f"signed out after {in_words(screen.idle)} without use, and after {in_words(screen.longest)}"
        if screen.idle
        else f"stays signed in for {in_words(screen.longest)}",
    )
    for screen in (Screen.PERSONAL, Screen.WALL)
)


@router.get("/sign-in")
async def ask(request: Request, to: To = HOME) -> Response:
    """The sign-in form."""
    return _form(request, to)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: ServicesDep,
    authenticator: AuthenticatorDep,
    token: Annotated[str, Form(max_length=200)],
    screen: Annotated[Literal[Screen.PERSONAL, Screen.WALL], Form()] = Screen.PERSONAL,
    to: Annotated[str, Form(max_length=2000)] = HOME,
) -> Response:
    """Signs in whoever shows a valid token, and takes them to the page they wanted. Who was signed in here is out."""
    try:
        caller = await authenticator.by_token(request, token.strip())
    except ProblemError as no:
        wrong = no.problem.code is ProblemCode.UNAUTHENTICATED
        why = "This token is unknown, revoked or expired. It begins with kap_" if wrong else no.problem.detail
        return _form(request, to, why, no.problem.status)
    return await _begin(request, services, caller.token_id, screen, to)


@router.get("/sign-in/code")
async def code_again() -> Response:
    """The form, for whoever reloads the answer to a code."""
    return RedirectResponse("/sign-in", status_code=303)


@router.post("/sign-in/code")
async def enrol(
    request: Request,
    services: ServicesDep,
    authenticator: AuthenticatorDep,
    code: Annotated[str, Form(max_length=40)],
    to: Annotated[str, Form(max_length=2000)] = HOME,
) -> Response:
    """Enrols this phone by the code that is shown at a desk: it is signed in from now on as whoever had it shown."""
    try:
        token_id = await services.sign_ins.accept(code, datetime.now(UTC))
        if token_id is None:
            authenticator.audit_log.note_failed_sign_in(request.client.host if request.client else None, None)
            return _form(request, to, "This code is unknown, too old or used: have a new one shown", 401)
        await authenticator.by_sign_in(request, token_id)
    except RecordStoreError:
        return _form(request, to, "Nobody can tell now whether this code holds: sign in with a token", 503)
    except ProblemError as no:
        return _form(request, to, no.problem.detail, no.problem.status)
    return await _begin(request, services, token_id, Screen.PHONE, to)


async def _begin(request: Request, services: Services, token_id: TokenId, screen: Screen, to: str) -> Response:
    now = datetime.now(UTC)
    if (before := await sign_in_of(request, services, now)) is not None:
        await _end(services, before, now)
    shown, _ = await services.sign_ins.begin(token_id, screen, now)
    response = RedirectResponse(_ours(to), status_code=303)
    set_cookie(response, COOKIE, shown, services.settings, lasts=int(screen.longest.total_seconds()))
    return response


@router.post("/sign-out")
async def sign_out(viewer: AnyViewer) -> Response:
    """Signs out: the sign-in opens nothing any more, and its streams end."""
    await is_of_our_pages(viewer)
    if viewer.signed_in is not None:
        await _end(viewer.services, viewer.signed_in, viewer.now)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.post("/theme")
async def choose_theme(
    theme: Annotated[str, Form(max_length=10)], to: Annotated[str, Form(max_length=2000)] = HOME
) -> Response:
    """Sets the theme: light, dark, or the device's own."""
    response = RedirectResponse(_ours(to), status_code=303)
    response.set_cookie(THEME, theme_of(theme), max_age=THEME_KEPT_FOR, httponly=True, samesite="lax")
    return response


async def _end(services: Services, sign_in: SignIn, now: datetime) -> None:
    services.stream.end_sign_in(sign_in.id)
    await services.sign_ins.end(sign_in, now)


def _form(request: Request, to: str, message: str | None = None, status: int = 200) -> Response:
    shown = SignInPage(to=_ours(to), screens=SCREENS, theme=theme_of(request.cookies.get(THEME)), message=message)
    return page("sign_in.html", shown, status)


def _ours(to: str) -> str:
    """The path if it is one of this console, else the start page.

    A browser reads a backslash as `/`, drops tabs and line ends, and takes what begins with two slashes for a host.
    """
    is_ours = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if is_ours else HOME

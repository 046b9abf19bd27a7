"""Sign-in for people: an API token, entered once, opens the pages until it goes unused for too long."""

from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.auth import AuthenticatorDep
from console.errors.problems import ProblemCode, ProblemError
from console.pages.frame.rendering import page
from console.pages.frame.shell import THEME, theme_of
from console.pages.frame.viewer import AnyViewer, is_of_our_pages
from console.security.session_cookie import COOKIE, Screen
from console.services import ServicesDep
from domain.durations import in_words
from domain.values import Frozen

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
    for screen in Screen
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
    screen: Annotated[Screen, Form()] = Screen.PERSONAL,
    to: Annotated[str, Form(max_length=2000)] = HOME,
) -> Response:
    """Signs in whoever shows a valid token, and takes them to the page they wanted."""
    try:
        caller = await authenticator.by_token(request, token.strip())
    except ProblemError as no:
        wrong = no.problem.code is ProblemCode.UNAUTHENTICATED
        why = "This token is unknown, revoked or expired. It begins with kap_" if wrong else no.problem.detail
        return _form(request, to, why, no.problem.status)
    now = datetime.now(UTC)
    signed_in = services.seal.begin(caller.token_id, screen, now)
    response = RedirectResponse(_ours(to), status_code=303)
    response.set_cookie(
        COOKIE,
        services.seal.cookie(signed_in),
        max_age=int(screen.longest.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https:"),
    )
    return response


@router.post("/sign-out")
async def sign_out(viewer: AnyViewer) -> Response:
    """Signs out."""
    await is_of_our_pages(viewer)
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


def _form(request: Request, to: str, message: str | None = None, status: int = 200) -> Response:
    shown = SignInPage(to=_ours(to), screens=SCREENS, theme=theme_of(request.cookies.get(THEME)), message=message)
    return page("sign_in.html", shown, status)


def _ours(to: str) -> str:
    """The path if it is one of this console, else the start page."""
    parts = urlsplit(to.replace("\\", "/"))
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return to if is_ours and to.isprintable() else HOME

"""Who views a page: somebody with a session cookie, or a program with a token, and their rights."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request

from console.auth import AuthenticatorDep
from console.errors.problems import AGAIN_AFTER, ProblemCode, problem_error
from console.pages.frame.clock import WallClock, zone_of
from console.security.session_cookie import COOKIE, form_key, is_form_key
from console.services import Services, ServicesDep
from domain.access import Caller, Right, TokenId
from domain.sign_in import SignIn, SignInId
from domain.values import CourseId, PersonId
from records.errors import RecordStoreError

LIVE: Final = "kapstan-live"
"""Header of a request that an open page makes by itself, because something changed."""

HX: Final = "hx-request"
"""Header of a form submitted in place."""

HX_PAGE: Final = "hx-current-url"
"""Its header that names the page from which it was submitted."""

FORM_KEY: Final = "form_key"


@dataclass(frozen=True)
class Viewer:
    """The viewer of one request. `signed_in` is None for a program that sends its token each time.

    `shown` is what they showed, cookie or token: never printed, and what the keys of their forms are derived from.
    """

    request: Request
    services: Services
    caller: Caller
    signed_in: SignIn | None
    now: datetime
    shown: str = field(repr=False)

    @property
    def is_live(self) -> bool:
        """Whether an open page fetches itself anew, without anybody's action."""
        return LIVE in self.request.headers

    @property
    def here(self) -> str:
        """The path and query of the request."""
        query = self.request.url.query
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    @property
    def form_key(self) -> str:
        """The CSRF token of their forms."""
        return form_key(self.shown) if self.signed_in else ""

    @property
    def whose(self) -> SignInId | TokenId:
        """Whose what they recorded is: their sign-in's, or their token's where they have none."""
        return self.signed_in.id if self.signed_in else self.caller.token_id

    def clock(self, site: str | None = None) -> WallClock:
        """The wall clock of the site, or of their own site."""
        zone = zone_of(site or self.caller.site, self.services.settings.timezones, self.services.on_call.now())
        return WallClock(zone, self.now)

    def name_of(self, person: PersonId) -> str:
        """A person's name; for somebody not in the on-call file, the id."""
        people = self.services.on_call.now().people
        return people[person].name if person in people else person

    def saw(self, what: str, course_id: CourseId | None = None) -> None:
        """Notes the read in the audit log; for an open, self-updating page only now and then."""
        if not self.is_live or self.services.audit_throttle.is_worth_noting(
            self.caller.token_id, what, course_id, self.now
        ):
            self.services.audit_log.note(self.caller, what, course_id)


async def viewer_of(request: Request, services: ServicesDep, authenticator: AuthenticatorDep) -> Viewer:
    """The viewer. Raises `ProblemError` (`unauthenticated`, `too_many`, `unavailable`)."""
    now = datetime.now(UTC)
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        caller = await authenticator.by_token(request, shown.strip())
        return _known(Viewer(request, services, caller, None, now, shown.strip()))
    signed_in = await sign_in_of(request, services, now)
    if signed_in is None:
        raise problem_error(ProblemCode.UNAUTHENTICATED, "Nobody is signed in here, or has not been for a while")
    caller = await authenticator.by_sign_in(request, signed_in.token_id)
    used_now = signed_in if LIVE in request.headers else signed_in.but(used_at=now)
    return _known(Viewer(request, services, caller, used_now, now, request.cookies[COOKIE]))


async def sign_in_of(request: Request, services: Services, now: datetime) -> SignIn | None:
    """The sign-in of this browser, if it holds. Raises `ProblemError` (`unavailable`)."""
    try:
        return await services.sign_ins.of(request.cookies.get(COOKIE, ""), now)
    except RecordStoreError:
        detail = "Nobody can tell now who is signed in here: the record store does not answer"
        raise problem_error(ProblemCode.UNAVAILABLE, detail, retry_after=AGAIN_AFTER) from None


def known_viewer(request: Request) -> Viewer | None:
    """The viewer, if authentication got that far in this request."""
    viewer = getattr(request.state, "viewer", None)
    return viewer if isinstance(viewer, Viewer) else None


def _known(viewer: Viewer) -> Viewer:
    viewer.request.state.viewer = viewer
    return viewer


AnyViewer = Annotated[Viewer, Depends(viewer_of)]
"""A page's parameter: an authenticated viewer."""


def looking(*rights: Right) -> Callable[[Viewer], Awaitable[Viewer]]:
    """A page's dependency: a viewer who has one of these rights."""

    async def admitted(viewer: AnyViewer) -> Viewer:
        if not viewer.caller.has(*rights):
            wanted = " or ".join(rights)
            raise problem_error(ProblemCode.FORBIDDEN, f"A token of role {viewer.caller.role} may not {wanted}")
        return viewer

    return admitted


def acting(*rights: Right) -> Callable[[Viewer], Awaitable[Viewer]]:
    """A form's dependency: the same, and the form carries the CSRF token of this sign-in."""

    async def admitted(viewer: Annotated[Viewer, Depends(looking(*rights))]) -> Viewer:
        await is_of_our_pages(viewer)
        return viewer

    return admitted


async def is_of_our_pages(viewer: Viewer) -> None:
    """Checks the form's CSRF token. Raises `ProblemError` (`forbidden`)."""
    if viewer.signed_in is None:
        return
    told = (await viewer.request.form()).get(FORM_KEY)
    if not isinstance(told, str) or not is_form_key(viewer.shown, told):
        raise problem_error(ProblemCode.FORBIDDEN, "This form is not one of this sign-in's pages: open the page again")

"""No, and why, to somebody at a browser: they are asked to sign in, or told in a sentence what is the matter."""

from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from console.errors.problems import Problem, ProblemCode
from console.pages.frame.rendering import floor_page, page
from console.pages.frame.viewer import HX, known_viewer
from domain.values import Frozen

MACHINES: Final = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json")
"""Where programs ask: they are answered in JSON whatever they accept."""


UNCERTAIN: Final = (
    "Kapstan did not answer in time: nobody knows yet whether anything was noted down, and perhaps nobody else is "
    "called. Look after the patient, and try again."
)
"""Of whatever somebody did: it may have been taken although nobody said so."""


class ErrorPage(Frozen):
    """A sentence in place of the page."""

    title: str
    message: str
    href: str | None = None
    link: str | None = None


def is_browser(request: Request) -> bool:
    """Whether a person is told, and not a program. What a page fetches by itself says of itself that it does."""
    is_page = "text/html" in request.headers.get("accept", "") or HX in request.headers
    return is_page and not request.url.path.startswith(MACHINES)


async def tell(request: Request, problem: Problem, headers: dict[str, str]) -> Response:
    """The problem as a page; where somebody signed in only looked, as one from which they go on and that comes back.

    What a page fetches by itself, or a form in place, is told the sentence alone, and leaves the page that is open.
    """
    if problem.code is ProblemCode.UNAUTHENTICATED:
        return _sign_in_first(request)
    only_looks = request.method == "GET"
    shown = in_a_sentence(problem, only_looks=only_looks)
    viewer = known_viewer(request) if only_looks else None
    if viewer is None or HX in request.headers:
        response = page("message.html", shown, problem.status)
    else:
        response = await floor_page(viewer, request.url.path, "message.html", shown, problem.status)
    response.headers.update(headers)
    return response


def in_a_sentence(problem: Problem, *, only_looks: bool = False) -> ErrorPage:
    """The problem to a person. Where nobody answered: what that means for what they wanted, not what to repair."""
    if problem.code is not ProblemCode.UNAVAILABLE:
        return ErrorPage(title=problem.title, message=problem.detail)
    if only_looks:
        what = problem.detail.partition(";")[0].rstrip(".")
        again = "Nothing is lost: try again in a moment, or look at what else there is."
        return ErrorPage(title="Not now", message=f"{what[0].upper()}{what[1:]}. {again}")
    return ErrorPage(title="Not now", message=UNCERTAIN)


def _sign_in_first(request: Request) -> Response:
    wanted = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    if HX in request.headers:
        seen = request.headers.get("hx-current-url", "")
        wanted = "/" + seen.split("/", 3)[3] if seen.count("/") > 2 else "/"
        return Response(status_code=401, headers={"HX-Redirect": f"/sign-in?{urlencode({'to': wanted})}"})
    if request.method != "GET":
        wanted = "/"
    return RedirectResponse(f"/sign-in?{urlencode({'to': wanted})}", status_code=303)

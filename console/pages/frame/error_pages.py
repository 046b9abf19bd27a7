"""Error pages: asks for sign-in, or tells a person in a sentence what is wrong."""

from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from console.errors.problems import Problem, ProblemCode
from console.pages.frame.rendering import floor_page, page
from console.pages.frame.viewer import HX, HX_PAGE, known_viewer
from domain.values import Frozen

MACHINES: Final = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json")
"""Paths for programs: they get JSON whatever they accept."""


UNCERTAIN: Final = (
    "Kapstan did not answer in time: nobody knows yet whether anything was noted down, and perhaps nobody else is "
    "called. Look after the patient, and try again."
)
"""Shown when an act got no answer: it may have been accepted."""


MISTYPED: Final = "This address cannot be read: it is mistyped, or a part of it is missing."
_OF_THE_ADDRESS: Final = ("/path/", "/query/")
"""How the detail begins where a part of the address is not what it must be: told in patterns, to programs."""


class ErrorPage(Frozen):
    """A sentence in place of the page."""

    title: str
    message: str
    href: str | None = None
    link: str | None = None


def is_browser(request: Request) -> bool:
    """Whether the request comes from a page rather than a program; a page's own fetches say so in a header."""
    is_page = "text/html" in request.headers.get("accept", "") or HX in request.headers
    return is_page and not request.url.path.startswith(MACHINES)


async def tell(request: Request, problem: Problem, headers: dict[str, str]) -> Response:
    """The problem as a page; within the usual frame, and reloading, for a signed-in person who only looked.

    A page's own fetch, or a form submitted in place, gets the sentence alone, so that the open page stays.
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
    """The problem for a person. If nothing answered, it says what that means for them, not what to repair.

    A course of which nothing is known may have been one, whose content was erased.
    """
    if problem.code is ProblemCode.UNKNOWN_COURSE:
        return ErrorPage(title="Nothing to show", message=problem.detail, href="/", link="The floor")
    if only_looks and problem.detail.startswith(_OF_THE_ADDRESS):
        return ErrorPage(title="Nothing to show", message=MISTYPED, href="/", link="The floor")
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
        seen = request.headers.get(HX_PAGE, "")
        wanted = "/" + seen.split("/", 3)[3] if seen.count("/") > 2 else "/"
        return Response(status_code=401, headers={"HX-Redirect": f"/sign-in?{urlencode({'to': wanted})}"})
    if request.method != "GET":
        wanted = "/"
    return RedirectResponse(f"/sign-in?{urlencode({'to': wanted})}", status_code=303)

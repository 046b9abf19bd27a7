"""Exception handlers: answer a problem as a page to browsers, and as problem JSON to programs."""

from fastapi import Request, Response

from console.errors.mapping import fault, problem_of
from console.errors.problems import MEDIA_TYPE, ProblemError
from console.pages.frame.error_pages import is_browser, tell
from console.request_id import request_id


async def answer_with(request: Request, problem: ProblemError) -> Response:
    """The response to the problem: a page for a browser, problem JSON for a program."""
    told_now = problem.problem.but(request_id=request_id() or None)
    if is_browser(request):
        return await tell(request, told_now, problem.headers())
    return Response(told_now.body(), status_code=told_now.status, media_type=MEDIA_TYPE, headers=problem.headers())


async def on_error(request: Request, error: Exception) -> Response:
    """Exception handler of every expected error."""
    problem = problem_of(error)
    assert problem is not None
    return await answer_with(request, problem)


async def on_fault(request: Request, error: Exception) -> Response:
    """Exception handler of every unexpected error."""
    return await answer_with(request, fault(error))

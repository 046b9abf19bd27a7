"""Refuses what another site's page makes a browser send here: nobody is signed in, or acts, by a form of elsewhere."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from console.errors.problems import ProblemCode, problem_error
from console.services import ServicesDep

CHANGES_NOTHING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def from_our_pages(request: Request, services: ServicesDep) -> None:
    """A dependency of every page. Raises `ProblemError` (`forbidden`) for a form of another site.

    Browsers say where a form comes from: in `Sec-Fetch-Site`, or where that is missing (without TLS, or an older one)
    in `Origin`. A program says neither, and has no cookie that it did not get itself.
    """
    if request.method not in CHANGES_NOTHING and not _is_ours(request, services.settings.public_url):
        raise problem_error(ProblemCode.FORBIDDEN, "This form is not one of this console's pages: open the page again")


def _is_ours(request: Request, public_url: str) -> bool:
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site in {"same-origin", "none"}
    if (origin := request.headers.get("origin")) is None:
        return True
    # A proxy may have given us another `Host` than the browser has.
    return _host(origin) in {request.headers.get("host"), _host(public_url)}


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""

"""The front of Temporal's Web UI: whoever looks sees everything, and nobody changes anything.

The server that comes with `up` cannot be told to show its UI without the buttons, and its UI answers whatever host name
it is called by, so that a stranger's page in somebody's browser could end a course. It therefore listens where no
browser finds it, and this passes on what only reads.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from secrets import randbelow
from typing import Any, Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stack.errors import ServiceDown
from stack.ports import LOOPBACK

READS: Final = ("GET", "HEAD")
QUERY: Final = re.compile(rb"/api/v1/namespaces/[^/]+/workflows/[^/]+/query(/[^/]+)?")
"""The one thing that the UI posts and that changes nothing: a question to a workflow."""

SETTINGS: Final = "/api/v1/settings"
OF_ONE_LINE: Final = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
WITHIN: Final = timedelta(seconds=60)
"""Longest wait for an answer: the UI waits long for news of a history."""


def out_of_the_way() -> str:
    """An address of this machine that nobody guesses. The loopback has sixteen million of them."""
    return "127." + ".".join(str(1 + randbelow(254)) for _ in range(3))


def create_front(behind: str, name: str, codec: str | None) -> Starlette:
    """The application before the UI at `behind`. It answers to this host name alone, as `host:port`.

    The UI is told to show no buttons, and to read payloads at the endpoint `codec`.
    """
    client = httpx.AsyncClient(base_url=behind, trust_env=False, timeout=WITHIN.total_seconds())

    async def passed_on(request: Request) -> Response:
        if request.headers.get("host") != name:
            return PlainTextResponse(f"Temporal's UI answers at http://{name} alone\n", status_code=421)
        path: bytes = request.scope["raw_path"]
        asks = request.method == "POST" and QUERY.fullmatch(path)
        if request.method not in READS and not asks:
            return PlainTextResponse("Temporal's UI is for reading here: use kapstan\n", status_code=405)
        sent = [(name, value) for name, value in request.headers.raw if name not in {b"host", b"accept-encoding"}]
        query: bytes = request.scope["query_string"]
        url = httpx.URL(behind).copy_with(raw_path=path + (b"?" + query if query else b""))
        try:
            answer = await client.request(
                request.method, url, headers=[*sent, (b"accept-encoding", b"identity")], content=await request.body()
            )
        except httpx.HTTPError:
            return PlainTextResponse("Temporal's UI does not answer\n", status_code=502)
        content = _settings(answer, codec) if request.url.path == SETTINGS and answer.is_success else answer.content
        told = Response(content, status_code=answer.status_code)
        told.raw_headers.extend(
            (name.lower(), value) for name, value in answer.headers.raw if name.lower().decode() not in OF_ONE_LINE
        )
        return told

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", passed_on, methods=every)], lifespan=lifespan)


def _settings(answer: httpx.Response, codec: str | None) -> bytes:
    told: dict[str, Any] = answer.json()
    told["DisableWriteActions"] = True
    if codec is not None:
        told["Codec"] = {**told.get("Codec", {}), "Endpoint": codec, "IncludeCredentials": True}
    return json.dumps(told).encode()


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the supervisor."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def read_only_ui(behind: str, port: int, codec: str | None = None) -> AsyncIterator[None]:
    """The front answers on this port of the loopback while this is open. Raises `ServiceDown` if it cannot listen."""
    config = uvicorn.Config(
        create_front(behind, f"{LOOPBACK}:{port}", codec),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        lifespan="on",
    )
    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as error:  # somebody has taken the port since it was claimed
        raise ServiceDown(f"Temporal's UI cannot listen on {LOOPBACK}:{port}: {error.strerror}") from None
    with listener:
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving

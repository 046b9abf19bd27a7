"""What a program without pages answers over HTTP: `/metrics` for Prometheus, and `/healthz`, whether it works."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import product
from typing import Final, Protocol

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError

from gateway.pollers import ACTIVITIES, QUEUES, WORKFLOWS, pollers
from gateway.sdk_metrics import SdkMetrics
from settings import Misconfigured

ASKED_AT_ONCE: Final = 16
"""Requests at a time; whoever asks beyond that is told 503 at once. Each look at its health asks Temporal."""

LINE_KEPT: Final = 5
GOODBYE_WITHIN: Final = 2
"""Seconds: keep-alive timeout, and what a request under way may take when the program is stopped."""

KINDS: Final = {WORKFLOWS: "workflows", ACTIVITIES: "activities"}


class Runs(Protocol):
    """A worker, as far as is asked whether it runs."""

    @property
    def is_running(self) -> bool: ...  # noqa: D102


class Health(Protocol):
    """Looks whether a program does its work."""

    async def faults(self) -> Sequence[str]:
        """What is wrong, a sentence each; empty if nothing is."""


class WorkerHealth:
    """Whether this process works: its workers run, and Temporal has seen them poll lately."""

    def __init__(self, client: Client, workers: Sequence[Runs]) -> None:
        self._client = client
        self._workers = workers

    async def faults(self) -> Sequence[str]:
        """What is wrong, a sentence each; empty if nothing is."""
        if not all(worker.is_running for worker in self._workers):
            return ("it is starting or stopping",)
        looks = list(product(QUEUES, KINDS))
        try:
            seen = await asyncio.gather(*(pollers(self._client, queue, kind) for queue, kind in looks))
        except (RPCError, RuntimeError):
            return ("Temporal does not answer",)
        return [
            f"it has not polled {queue} for {KINDS[kind]} lately"
            for (queue, kind), identities in zip(looks, seen, strict=True)
            if self._client.identity not in identities
        ]


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def create_app(health: Health, sdk: SdkMetrics, registry: CollectorRegistry) -> Starlette:
    """The application over one program's health and metrics."""

    async def alive(_request: Request) -> Response:
        faults = await health.faults()
        return PlainTextResponse("".join(f"{one}\n" for one in faults or ("ok",)), status_code=503 if faults else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry) + await sdk.text(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", alive), Route("/metrics", metrics)])


def listening(address: str, setting: str) -> socket.socket:
    """A socket that listens on this `host:port`, which that setting says. Raises `Misconfigured`."""
    host, _, port = address.rpartition(":")
    try:
        return socket.create_server((host, int(port)))
    except OSError as error:
        raise Misconfigured(f"{setting}: nothing can listen on {address}: {error}") from None


@asynccontextmanager
async def answering(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    """The application answers on this socket while this is open."""
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            limit_concurrency=ASKED_AT_ONCE,
            timeout_keep_alive=LINE_KEPT,
            timeout_graceful_shutdown=GOODBYE_WITHIN,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving

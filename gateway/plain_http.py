"""Asks the programs of this machine over HTTP in clear."""

import ssl
from datetime import timedelta
from functools import cache
from typing import Final

import httpx

ANSWER_WITHIN: Final = timedelta(seconds=5)


def plain_http(within: timedelta = ANSWER_WITHIN) -> httpx.AsyncClient:
    """A client for what answers in clear, past any proxy; over TLS it would believe nobody.

    Without one given, each client reads every certificate authority of the world first: that takes longer than most
    answers, and what waits for a program to come up asks many times a second.
    """
    return httpx.AsyncClient(timeout=within.total_seconds(), trust_env=False, verify=_believes_nobody())


@cache
def _believes_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def is_well(url: str, within: timedelta = ANSWER_WITHIN) -> bool:
    """Whether the program at this address says that it is well."""
    try:
        async with plain_http(within) as client:
            return (await client.get(f"{url}/healthz")).is_success
    except httpx.HTTPError:
        return False

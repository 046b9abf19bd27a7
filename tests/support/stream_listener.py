"""Somebody who listens to the stream over HTTP, as a browser would."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

ALIVE = "alive"


@dataclass(frozen=True)
class Heard:
    """One event of the stream; one that is no change has no number."""

    id: int | None
    kind: str
    data: dict[str, Any]


class Ear:
    """What comes out of one open stream; `last_id` is what a browser would send when it comes back."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.last_id: int | None = None

    async def hears(self, wanted: Callable[[Heard], bool]) -> list[Heard]:
        """All that is heard until one is what is waited for, that one included; a sign of life is no news."""
        heard: list[Heard] = []
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
                continue
            if "id" in fields:
                self.last_id = int(fields["id"])
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                one = Heard(number, fields["event"], json.loads(fields["data"]))
                if one.kind != ALIVE or wanted(one):
                    heard.append(one)
                if wanted(one):
                    return heard
            fields = {}
        raise EOFError("the stream ended")

    async def is_listening(self) -> None:
        """The stream has said that it is there, and from which number on it tells."""
        async for line in self._lines:
            name, _, value = line.partition(":")
            if name == "id":
                self.last_id = int(value)
            if not line:
                return

    async def ends(self) -> None:
        """The stream has ended."""
        async for _ in self._lines:
            pass


@asynccontextmanager
async def listens(client: httpx.AsyncClient, after: int | None = None, path: str = "/v1/stream") -> AsyncIterator[Ear]:
    """An open stream; after this number where one is given."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        ear = Ear(response)
        await ear.is_listening()
        yield ear

"""Tokens as an operator makes and takes them at the keyboard, while the console runs."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from domain.access import TokenId, TokenRole
from records.access import AccessStore
from records.connections import open_connections
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.stream_listener import listens

pytestmark = pytest.mark.xdist_group("console")


class Operator:
    """Somebody at the keyboard of the machine that this house runs on."""

    def __init__(self, house: House) -> None:
        self._data = str(house.floor.data)

    async def creates(self, role: str, name: str, *more: str) -> dict[str, Any]:
        said = await kapstan("token", "create", "--role", role, "--name", name, *more, "--data", self._data, "--json")
        assert said.code == 0, said.err
        made: dict[str, Any] = json.loads(said.out)
        return made

    async def lists(self) -> tuple[str, dict[TokenId, dict[str, Any]]]:
        said = await kapstan("token", "list", "--data", self._data, "--json")
        return said.out, {token["id"]: token for token in json.loads(said.out)}

    async def revokes(self, token: TokenId) -> int:
        return (await kapstan("token", "revoke", token, "--data", self._data)).code


def secret_of(token: dict[str, Any]) -> str:
    return str(token["token"]).split("_", 2)[2]


async def test_a_token_opens_from_its_making_until_it_is_revoked_and_its_stream_with_it(house: House) -> None:
    """Its last use is shown; revoked it opens nothing from that moment on, and what it listens to ends."""
    operator = Operator(house)
    made = await operator.creates("auditor", "Ward round", "--site", "bend")
    assert made.keys() == {"id", "token", "role", "name", "site"}
    assert (made["role"], made["name"], made["site"]) == ("auditor", "Ward round", "bend")
    client = house.client(made["token"])

    async with listens(client) as ear:
        text, listed = await operator.lists()
        assert listed[made["id"]]["last_used_at"] is not None
        assert listed[made["id"]]["revoked_at"] is None
        assert secret_of(made) not in text
        assert await operator.revokes(made["id"]) == 0

        async def refused() -> httpx.Response | None:
            """As soon as the record store said so in time: while it does not, what was last known counts."""
            answer = await client.get("/v1/courses")
            return None if answer.is_success else answer

        answer = await eventually(refused)
        async with asyncio.timeout(60):
            await ear.ends()

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert await operator.revokes("nobody00") == 2


async def test_a_secret_is_kept_nowhere(house: House) -> None:
    """Not in the database, nor in any file of the stack: there is a hash, each with a salt of its own."""
    tokens = [await house.token(TokenRole.AUDITOR) for _ in range(2)]
    for token in tokens:
        assert (await house.client(token.token).get("/v1/protocols")).status_code == 200
        wrong = httpx.Headers({"Authorization": f"Bearer {token.token}x"})
        assert (await house.client().get("/v1/protocols", headers=wrong)).status_code == 401

    async with open_connections(house.stack.database) as connections:
        kept = [await AccessStore(connections).token(token.id) for token in tokens]
        async with connections.connection() as connection:
            # Whatever lies in memory still is on disk then, where the next look sees it.
            await connection.execute("CHECKPOINT")

    assert [len(one.hash) for one in kept if one] == [32, 32]
    assert len({one.salt for one in kept if one}) == 2
    secrets = [token.token.split("_", 2)[2].encode() for token in tokens]
    for file in house.floor.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(secret in content for secret in secrets), file

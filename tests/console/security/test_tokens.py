"""Tokens as an operator makes and takes them at the keyboard, while the console runs."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
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
    assert made.keys() == {"id", "token", "role", "name", "site", "speaks_as", "person", "expires_at"}
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


async def test_a_nurses_token_is_made_at_the_keyboard(house: House) -> None:
    """Several roles, the actors and the person that it speaks for, and how long it holds; the list shows the same."""
    operator, began = Operator(house), datetime.now(UTC)

    made = await operator.creates(
        "oncall,clinic", "Lind's phone", "--as", "therapist, monitor", "--person", "lind", "--expires", "P90D"
    )

    told = ("clinic,oncall", ["monitor", "therapist"], "lind")
    _, listed = await operator.lists()
    for token in (made, listed[made["id"]]):
        assert (token["role"], token["speaks_as"], token["person"]) == told
        left = datetime.fromisoformat(token["expires_at"]) - began
        assert timedelta(days=90) <= left < timedelta(days=90, minutes=10)
    assert (await house.client(made["token"]).get("/v1/escalations")).status_code == 200


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            ("--role", "nurse"),
            "--role: must be of clinic, operations, oncall, auditor, admin, wall, ",
        ),
        (("--role", "clinic,"), "--role: must be of clinic"),
        (("--role", "clinic", "--as", "nurse"), "--as: must be of prescriber, monitor, "),
        (("--role", "clinic", "--expires", "90 days"), "--expires: must be a duration such as"),
        (("--role", "clinic", "--expires", "PT0S"), "--expires: must be longer than zero"),
        (("--role", "clinic", "--person", ""), "--person: must be one line of 1 to 64 characters"),
        (("--role", "wall"), "--site: must name the site whose floor"),
        (("--role", "wall,admin", "--site", "bend"), "--role: wall must stand alone"),
    ],
)
async def test_a_token_that_cannot_be_meant_is_not_made(house: House, options: tuple[str, ...], why: str) -> None:
    """The option is named, and what it must be."""
    said = await kapstan("token", "create", "--name", "X", *options, "--data", str(house.floor.data))

    assert said.code == 2
    assert why in said.err


async def test_a_token_that_has_expired_opens_nothing(house: House) -> None:
    """Nor does the sign-in by it, and its stream ends."""
    made = await Operator(house).creates("auditor", "Until tonight", "--expires", "PT3S")
    client, screen = house.client(made["token"]), house.client()

    async with listens(client) as ear:
        entered = await screen.post("/sign-in", data={"token": made["token"]})
        async with asyncio.timeout(60):
            await ear.ends()

    assert entered.status_code == 303
    answer = await client.get("/v1/courses")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (await screen.get("/protocols")).status_code == 401


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

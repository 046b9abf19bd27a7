"""Temporal's UI reads a course through the console: with a token, from its own pages alone, and on the record."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload

from domain.access import TokenRole
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import load_folder
from gateway.temporal import connect
from gateway.workflow_calls import KeysDiffer
from tests.support.cast import hold
from tests.support.cli import kapstan
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

PLAIN = {
    "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
    "data": base64.b64encode(b'"tea"').decode(),
}


@pytest.fixture(scope="module")
async def course(house: House) -> str:
    return await house.has(Ward.referred)


async def kept(house: House, course: str) -> Payload:
    """What Temporal keeps of the course's referral."""
    client = await connect(identity="whoever reaches Temporal", target_host=house.stack.temporal)
    history = await client.get_workflow_handle(f"course/{course}").fetch_history()
    [accepted, *_] = [
        event.workflow_execution_update_accepted_event_attributes
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
    [payload] = accepted.accepted_request.input.args.payloads
    return payload


async def asks(
    client: httpx.AsyncClient, what: str, *payloads: Mapping[str, Any], origin: str | None = None
) -> httpx.Response:
    headers = {"Origin": origin} if origin else {}
    return await client.post(f"/codec/{what}", json={"payloads": payloads}, headers=headers)


def data_of(payload: Mapping[str, Any]) -> str:
    return base64.b64decode(payload["data"]).decode()


async def test_whoever_reaches_temporal_without_a_key_moves_no_course(house: House, course: str) -> None:
    """Any user of this machine may call its port, and forge what they like: no course takes it."""
    client = await connect(identity="whoever reaches Temporal", target_host=house.stack.temporal)
    stranger = Courses(client, load_folder(house.stack.protocols), NothingRecorded(), allow_unapproved=True)
    before = await house.state_of(course)

    with pytest.raises(KeysDiffer, match="must be encrypted with the key k1"):
        await stranger.report(hold(course, at=datetime.now(UTC)))
    with pytest.raises(KeysDiffer, match="must be encrypted with the key k1"):
        await stranger.view(course)

    assert await house.state_of(course) == before


async def test_what_temporal_keeps_is_read_by_whoever_may(house: House, course: str) -> None:
    """The auditor and the administrator; what was never encrypted comes back as it is."""
    sealed = await kept(house, course)
    assert course.encode() not in sealed.data
    for role in (TokenRole.AUDITOR, TokenRole.ADMIN):
        answer = await asks(await house.caller(role), "decode", MessageToDict(sealed), PLAIN)
        told, plain = answer.json()["payloads"]
        assert json.loads(data_of(told))["event"]["subject"] == course
        assert plain == PLAIN
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", [TokenRole.CLINIC, TokenRole.OPERATIONS, TokenRole.ONCALL])
async def test_nobody_else_reads_it(house: House, course: str, role: TokenRole) -> None:
    """Nor somebody of one site: Temporal keeps the courses of all."""
    sealed = MessageToDict(await kept(house, course))
    for caller, status in (
        (await house.caller(role), 403),
        (await house.caller(TokenRole.AUDITOR, "bend"), 403),
        (house.client(), 401),
    ):
        assert (await asks(caller, "decode", sealed)).status_code == status


async def test_who_read_it_is_on_the_record(house: House, course: str) -> None:
    """With the course that it was of."""
    auditor = await house.caller(TokenRole.AUDITOR)
    answer = await asks(auditor, "decode", MessageToDict(await kept(house, course)))

    [read] = await house.readings(frozenset({answer.headers["x-request-id"]}))

    assert (read.role, read.course_id, read.what) == (TokenRole.AUDITOR, course, "payloads of Temporal")


async def test_only_the_administrator_encrypts(house: House) -> None:
    """Whoever can encrypt can say to a course whatever they like; it is on the record too."""
    assert (await asks(await house.caller(TokenRole.AUDITOR), "encode", PLAIN)).status_code == 403
    answer = await asks(house.admin, "encode", PLAIN)
    [sealed] = answer.json()["payloads"]
    assert base64.b64decode(sealed["metadata"]["encoding"]) == b"binary/encrypted"
    assert (await asks(house.admin, "decode", sealed)).json()["payloads"] == [PLAIN]
    [read] = await house.readings(frozenset({answer.headers["x-request-id"]}))
    assert read.what == "payloads for Temporal, encrypted"


async def test_only_the_uis_own_pages_may_ask(house: House, course: str) -> None:
    """A browser lets its page in; any other page is refused, signed in or not."""
    ui, sealed = house.stack.temporal_ui, MessageToDict(await kept(house, course))
    for origin in ("http://evil.example", "null", house.url, f"{ui}.evil.example"):
        assert (await asks(house.admin, "decode", sealed, origin=origin)).status_code == 403
        asked = await house.client().options("/codec/decode", headers={"Origin": origin})
        assert "access-control-allow-origin" not in asked.headers
    asked = await house.client().options("/codec/decode", headers={"Origin": ui})
    answer = await asks(house.admin, "decode", sealed, origin=ui)
    for one in (asked, answer):
        assert one.is_success
        assert one.headers["access-control-allow-origin"] == ui
        assert one.headers["access-control-allow-credentials"] == "true"
    assert "Authorization" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize("body", [b"", b"{", b"3", b'{"payloads": 3}', b'{"payloads": [null]}', b"\xff"])
async def test_what_is_no_list_of_payloads_is_refused(house: House, body: bytes) -> None:
    """With what it must be, and not as a fault of Kapstan's."""
    answer = await house.admin.post("/codec/decode", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_what_cannot_be_read_says_why_in_its_place(house: House, course: str) -> None:
    """Somebody who looks sees which key is missing, and everything else."""
    sealed = await kept(house, course)
    sealed.metadata["encryption-key-id"] = b"2019"
    nonsense = Payload(metadata={"encoding": b"binary/zstd"}, data=b"no frame")

    answer = await asks(house.admin, "decode", MessageToDict(sealed), MessageToDict(nonsense), PLAIN)

    without_its_key, no_frame, plain = answer.json()["payloads"]
    assert "must have the key 2019" in data_of(without_its_key)
    assert "must be encrypted" in data_of(no_frame)
    assert plain == PLAIN


async def test_a_command_with_another_key_says_which_is_wanted(house: House, course: str) -> None:
    """No traceback, and nothing of a course that is not there."""
    here = {"TEMPORAL_ADDRESS": house.stack.temporal, "KAPSTAN_DATABASE_URL": house.stack.database}
    mistyped = f"k1:{base64.b64encode(bytes(32)).decode()}"
    for keys, wanted in (("", "must be encrypted with the key k1"), (mistyped, "the key k1 of KAPSTAN_PAYLOAD_KEYS")):
        said = await kapstan("show", course, KAPSTAN_PAYLOAD_KEYS=keys, **here)
        assert (said.code, said.out) == (2, "")
        assert wanted in said.err
        assert len(said.err.splitlines()) == 1
    assert (await kapstan("show", course, "--data", str(house.floor.data))).code == 0

"""Whatever arrives at the other routes that is no good question or act: the documented problem, and nothing changes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from tests.console.security.test_who_may_what import ORDERS
from tests.support.cast import vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

JSON: Final = "application/json"
LONGEST: Final = 256 * 1024


@dataclass(frozen=True)
class Phone:
    """A nurse's, with one escalation that is open."""

    house: House
    nurse: httpx.AsyncClient
    escalation: str

    async def sends(self, act: str, body: bytes, kind: str = JSON) -> httpx.Response:
        return await self.nurse.post(
            f"/v1/escalations/{self.escalation}/{act}", content=body, headers={"Content-Type": kind}
        )

    async def standing(self) -> dict[str, Any]:
        view: dict[str, Any] = (await self.nurse.get(f"/v1/escalations/{self.escalation}")).json()
        # Pages go out meanwhile, whatever arrives.
        return {name: view[name] for name in ("state", "acknowledged_by", "resolved_by", "snoozed_until", "note")}


@pytest.fixture(scope="module")
async def phone(house: House) -> Phone:
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    found = Phone(house, await house.caller(TokenRole.ONCALL), f"{course}~vitals_emergency~1~1")

    async def opened() -> bool:
        return (await found.nurse.get(f"/v1/escalations/{found.escalation}")).status_code == 200

    await eventually(opened)
    return found


def written(order: dict[str, str], **changed: object) -> bytes:
    return json.dumps({**order, **changed}).encode()


def text(order: dict[str, str], new: str) -> bytes:
    """Who acts is spelled as no JSON library would."""
    return json.dumps(order).replace('"lind"', new, 1).encode()


WRONG: Final[dict[str, tuple[Callable[[dict[str, str]], bytes], int, str]]] = {
    "nothing": (lambda _: b"", 400, "malformed"),
    "half of it": (lambda order: written(order)[:-3], 400, "malformed"),
    "UTF-16": (lambda order: json.dumps(order).encode("utf-16"), 400, "malformed"),
    "broken UTF-8": (lambda order: text(order, '"#"').replace(b"#", b"\xc3("), 400, "malformed"),
    "half a character": (lambda order: text(order, '"\\ud800"'), 400, "malformed"),
    "NaN": (lambda order: text(order, "NaN"), 400, "malformed"),
    "a number beyond all numbers": (lambda order: text(order, "1e999"), 400, "malformed"),
    "5,000 digits": (lambda order: text(order, "9" * 5000), 400, "malformed"),
    "100,000 deep": (lambda order: text(order, "[" * 100_000), 400, "malformed"),
    "900 deep": (lambda order: text(order, "[" * 900 + "]" * 900), 422, "invalid"),
    "a key twice": (lambda order: text(order, '"lind", "by": "osei"'), 400, "malformed"),
    "no object": (lambda _: b'["lind"]', 422, "invalid"),
    "null": (lambda _: b"null", 422, "invalid"),
    "a number for a person": (lambda order: written(order, by=7), 422, "invalid"),
    "nobody": (lambda order: written(order, by=""), 422, "invalid"),
    "NUL": (lambda order: written(order, by="li\0nd"), 422, "invalid"),
    "somebody whom the file does not name": (lambda order: written(order, by="mallory"), 422, "invalid"),
    "a long note": (lambda order: written(order, note="x" * 4001), 422, "invalid"),
    "an unknown field": (lambda order: written(order, mood="fair"), 422, "invalid"),
    "a body over 256 KiB": (lambda order: written(order).ljust(LONGEST + 1), 413, "too_large"),
}
"""What arrives in place of an act's order, and what is told of it."""


@pytest.mark.parametrize("act", ORDERS)
async def test_an_act_that_is_wrong_is_told_and_changes_nothing(phone: Phone, act: str) -> None:
    """Whatever brings it about, on each of the four; no answer is a 5xx."""
    before = await phone.standing()

    for wrong, (arrives, status, code) in WRONG.items():
        answer = await phone.sends(act, arrives(ORDERS[act]))
        assert (answer.status_code, answer.json()["code"]) == (status, code), f"{wrong}: {answer.text}"

    assert await phone.standing() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/cloudevents+json", "", "application/json; charset=utf-16"])
async def test_an_act_of_another_content_type_is_not_guessed_at(phone: Phone, kind: str) -> None:
    """415, however good the order inside."""
    before = await phone.standing()

    for act, order in ORDERS.items():
        answer = await phone.sends(act, written(order), kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    assert await phone.standing() == before


@pytest.mark.parametrize(
    "length", ["PT0S", "-PT5M", "P400Y", "P1Y", "PT", "five minutes", "5", "", 300, None, ["PT5M"], 1e300]
)
async def test_a_snooze_has_a_length(phone: Phone, length: object) -> None:
    """More than nothing, in ISO 8601, and no longer than a calendar."""
    before = await phone.standing()

    answer = await phone.sends("snooze", written(ORDERS["snooze"], **{"for": length}))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["pointer"] == "/for"
    assert await phone.standing() == before


@pytest.mark.parametrize(
    "question",
    [
        "/v1/courses?limit=0",
        "/v1/courses?limit=201",
        "/v1/courses?limit=99999999999999999999999",
        "/v1/courses?limit=ten",
        "/v1/courses?limit=NaN",
        "/v1/courses?limit=",
        "/v1/courses?cursor=%00",
        "/v1/courses?cursor=Mara%20Jones",
        "/v1/courses?site=%00",
        "/v1/courses?site=" + "x" * 65,
        "/v1/courses?held=perhaps",
        "/v1/courses?phase=asleep",
        "/v1/courses?attention=none",
        "/v1/courses?outcome=alive",
        "/v1/courses?protocol=" + "x" * 201,
        "/v1/courses/Mara%20Jones",
        "/v1/courses/%ff",
        "/v1/courses/%00",
        "/v1/courses/" + "x" * 65,
        "/v1/courses/EX-1%0A",
        "/v1/courses/%00/ledger",
        "/v1/escalations?state=asleep",
        "/v1/escalations?severity=7",
        "/v1/escalations?course_id=%00",
        "/v1/escalations?cursor=EX-1",
        "/v1/escalations/EX-1",
        "/v1/escalations/EX-1~item9_positive~-1~1",
        "/v1/escalations/EX-1~item9_positive~0~1%0A",
        "/v1/protocols?limit=-1",
        "/v1/protocols?cursor=" + "x" * 201,
        "/v1/protocols/%00",
        "/v1/protocols/kap-im-weekly?version=%00",
    ],
)
async def test_a_question_that_is_wrong_is_told(house: House, question: str) -> None:
    """422, with the parameter named; nobody guesses what was meant."""
    answer = await house.admin.get(question)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["pointer"].split("/")[1] in {"path", "query"}


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("/v1/courses/NOBODY-1", "unknown_course"),
        ("/v1/courses/NOBODY-1/ledger", "unknown_course"),
        ("/v1/escalations/NOBODY-1~item9_positive~0~1", "unknown_escalation"),
        ("/v1/escalations/NOBODY-1~item9_positive~99999999999999999999~1", "unknown_escalation"),
        ("/v1/escalations/NOBODY-1~dancing~0~1", "unknown_escalation"),
        ("/v1/protocols/other", "unknown_protocol"),
        ("/v1/protocols/..%2Fkap-im-weekly", "not_found"),
        ("/v1/protocols/kap-im-weekly?version=9.9.9", "unknown_protocol"),
        ("/v1/courses/", "not_found"),
        ("/v1/courses/EX-1/notes", "not_found"),
        ("/v2/courses", "not_found"),
        ("//v1/courses", "not_found"),
    ],
)
async def test_what_there_is_not_is_not_found(house: House, question: str, code: str) -> None:
    """404, and which thing it is that there is not."""
    answer = await house.admin.get(question)

    assert (answer.status_code, answer.json()["code"]) == (404, code), answer.text


@pytest.mark.parametrize("shown", ["Bearer", "Basic bGluZDpsaW5k", "kap_00000000_x", "Bearer a b"])
async def test_what_is_shown_in_place_of_a_token_opens_nothing(house: House, shown: str) -> None:
    """Another scheme, half a header, a token without its word: 401."""
    answer = await house.client().get("/v1/protocols", headers={"Authorization": shown})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("offered", ["", "x" * 65, "Mara Jones", "a/b", "a\tb", "<b>"])
async def test_a_request_is_not_called_what_no_log_should_hold(house: House, offered: str) -> None:
    """It gets another name, and is answered."""
    answer = await house.client().get("/healthz", headers={"X-Request-Id": offered})

    assert answer.status_code == 200
    assert answer.headers["x-request-id"] != offered
    assert answer.headers["x-request-id"].isalnum()

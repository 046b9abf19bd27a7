"""Whatever arrives at `POST /v1/events` that is no good event: the documented problem, and nothing has changed."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from tests.support.cast import LIND, MONDAY, booking, clearance, cssrs, referral
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

JSON: Final = "application/json"
STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
LONGEST: Final = 256 * 1024

Event = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """A clinic's software with one screened course."""

    house: House
    clinic: httpx.AsyncClient
    course: str

    async def sends(self, body: bytes, kind: str = STRUCTURED, **headers: str) -> httpx.Response:
        return await self.clinic.post("/v1/events", content=body, headers={"Content-Type": kind, **headers})

    async def standing(self) -> tuple[int, str]:
        view = (await self.house.admin.get(f"/v1/courses/{self.course}")).json()
        return view["sequence"], view["ledger_head"]


@pytest.fixture(scope="module")
async def desk(house: House) -> Desk:
    course = await house.has(Ward.screened)
    return Desk(house, await house.caller(TokenRole.CLINIC), course)


def good(course: str) -> Event:
    """An event that would be accepted, were nothing done to it."""
    return on_the_wire(cssrs(course, at=MONDAY + timedelta(days=1)))


def written(event: Event) -> bytes:
    return json.dumps(event).encode()


def text(course: str, old: str, new: str) -> bytes:
    """The good event with one piece of its text replaced, as no JSON library would write it."""
    whole = json.dumps(good(course))
    assert old in whole
    return whole.replace(old, new, 1).encode()


def with_data(course: str, **data: object) -> bytes:
    event = good(course)
    return written({**event, "data": {**event["data"], **data}})


WRONG: Final[dict[str, tuple[Callable[[str], bytes], int, str]]] = {
    "nothing": (lambda _: b"", 400, "malformed"),
    "no JSON": (lambda _: b"hello", 400, "malformed"),
    "half of it": (lambda course: written(good(course))[:-9], 400, "malformed"),
    "an array that is no batch": (lambda course: json.dumps([good(course)]).encode(), 400, "malformed"),
    "UTF-16": (lambda course: json.dumps(good(course)).encode("utf-16"), 400, "malformed"),
    "broken UTF-8": (lambda course: text(course, "cssrs", "#").replace(b"#", b"\xc3("), 400, "malformed"),
    "NaN": (lambda course: text(course, "[0", "[NaN"), 400, "malformed"),
    "a number beyond all numbers": (lambda course: text(course, "[0", "[1e999"), 400, "malformed"),
    "5,000 digits": (lambda course: text(course, "[0", "[" + "9" * 5000), 400, "malformed"),
    "400 digits": (lambda course: text(course, "[0", "[" + "9" * 400), 422, "invalid"),
    "100,000 deep": (lambda course: text(course, "[0", "[" * 100_000 + "0"), 400, "malformed"),
    "a key twice": (lambda course: text(course, '"data": {', '"id": "again", "data": {'), 400, "malformed"),
    "half a character": (lambda course: text(course, "cssrs", "\\ud800"), 400, "malformed"),
    "NUL": (lambda course: text(course, "cssrs", "\\u0000"), 422, "invalid"),
    "another CloudEvent": (lambda course: written({**good(course), "specversion": "0.3"}), 400, "malformed"),
    "no id": (lambda course: written({**good(course), "id": ""}), 400, "malformed"),
    "an unknown type": (lambda course: written({**good(course), "type": "kap.patient.danced"}), 400, "malformed"),
    "the system's own type": (lambda course: written({**good(course), "type": "kap.course.closed"}), 400, "malformed"),
    "no time": (lambda course: written({**good(course), "time": None}), 422, "invalid"),
    "a time without an offset": (lambda course: written({**good(course), "time": "2026-01-06T09:00"}), 422, "invalid"),
    "a name as course id": (lambda course: written({**good(course), "subject": "Mara Jones"}), 422, "invalid"),
    "the zero time of Go": (
        lambda course: written({**good(course), "time": "0001-01-01T00:00:00Z"}),
        422,
        "invalid",
    ),
    "a null date east of Greenwich": (
        lambda course: written({**good(course), "time": "0001-01-01T00:00:00+01:00"}),
        422,
        "invalid",
    ),
    "the end of the calendar": (
        lambda course: written(
            on_the_wire(booking(course, at=MONDAY, starts_at=MONDAY)) | {"time": "9999-12-31T23:59:59-14:00"}
        ),
        422,
        "invalid",
    ),
    "a referral of the year 1": (
        lambda _: written(on_the_wire(referral("NEW-1", at=MONDAY)) | {"time": "0001-01-01T00:00:00Z"}),
        422,
        "invalid",
    ),
    "HL7's digits": (lambda course: written({**good(course), "time": "202611271914"}), 422, "invalid"),
    "seconds in quotes": (lambda course: written({**good(course), "time": "-1"}), 422, "invalid"),
    "an unknown field": (lambda course: with_data(course, mood="fair"), 422, "invalid"),
    "a text for a number": (lambda course: with_data(course, score="12"), 422, "invalid"),
    "nobody did it": (lambda course: with_data(course, actor=None), 422, "invalid"),
    "nobody's course": (lambda _: written(good("NOBODY-1")), 404, "unknown_course"),
    "a course twice": (
        lambda course: written(on_the_wire(referral(course, at=MONDAY).but(id="x"))),
        409,
        "course_exists",
    ),
    "a role that may not": (
        lambda course: written(on_the_wire(clearance(course, 1, at=MONDAY + timedelta(days=1), by=LIND))),
        409,
        "blocked",
    ),
}
"""What arrives, and what is told of it."""


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_wrong_is_told_and_changes_nothing(desk: Desk, wrong: str) -> None:
    """Each row of the contract's table of problems, by whatever brings it about; no answer is a 5xx."""
    arrives, status, code = WRONG[wrong]
    before = await desk.standing()

    answer = await desk.sends(arrives(desk.course))

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await desk.standing() == before


@pytest.mark.parametrize("told", ["202611271914", "2026-11-20_10%3A00Z", "0001-01-01T00:00:00Z", "-1"])
async def test_a_moment_in_the_head_is_read_like_any_other(desk: Desk, told: str) -> None:
    """In binary mode `ce-time` must be what `time` must be, and is told of as that."""
    event, before = good(desk.course), await desk.standing()
    head = {f"ce-{name}": event[name] for name in ("specversion", "id", "source", "type", "subject")}

    answer = await desk.sends(written(event["data"]), JSON, **head, **{"ce-time": told})

    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, ["/time"])
    assert "must be RFC 3339 text with an offset" in answer.json()["detail"]
    assert await desk.standing() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json; charset=utf-16"])
async def test_another_content_type_is_not_guessed_at(desk: Desk, kind: str) -> None:
    """415, however good the event inside."""
    before = await desk.standing()

    answer = await desk.sends(written(good(desk.course)), kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert await desk.standing() == before


async def test_a_body_is_256_kib_at_most(desk: Desk) -> None:
    """One byte more is `too_large`, said beforehand or found while reading; exactly as much is read."""
    before = await desk.standing()
    exactly = written({**good(desk.course), "id": "exactly", "subject": "NOBODY-1"}).ljust(LONGEST)

    async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    for body, status in ((exactly, 404), (exactly + b" ", 413)):
        whole = await desk.sends(body)
        chunked = await desk.clinic.post("/v1/events", content=in_pieces(body), headers={"Content-Type": STRUCTURED})
        assert (whole.status_code, chunked.status_code) == (status, status)
    assert whole.json()["code"] == chunked.json()["code"] == "too_large"
    assert await desk.standing() == before


async def test_a_stranger_is_told_to_sign_in_before_a_long_body_is_read(house: House) -> None:
    """401 whatever the size; only a caller's own body is measured."""
    too_long = {**good("NOBODY-1"), "id": "x" * LONGEST}
    async with httpx.AsyncClient(base_url=house.url, timeout=60) as stranger:
        answer = await stranger.post("/v1/events", content=written(too_long), headers={"Content-Type": STRUCTURED})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_body_that_is_too_long_is_counted_for_its_route(house: House, desk: Desk) -> None:
    """Whoever watches the 413s of a route sees them."""
    counted = 'kapstan_http_requests_total{method="POST",route="/v1/events",status="413"}'

    async def count() -> float:
        lines = (await house.admin.get("/metrics")).text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(counted)), 0)

    before = await count()
    assert (await desk.sends(written(good(desk.course)).ljust(LONGEST + 1))).status_code == 413

    assert await count() == before + 1


async def test_a_batch_is_of_100_events_at_most(desk: Desk) -> None:
    """The hundred and first makes all of it `too_large`; a hundred are answered one by one, whatever they are."""
    before = await desk.standing()
    nobodys = good("NOBODY-1")

    most = await desk.sends(json.dumps([nobodys] * 100).encode(), BATCHED)
    more = await desk.sends(json.dumps([nobodys] * 101).encode(), BATCHED)
    odd = await desk.sends(json.dumps([None, 1, "x", [], {}]).encode(), BATCHED)
    no_batch = await desk.sends(written(good(desk.course)), BATCHED)

    assert [one["status"] for one in most.json()["results"]] == [404] * 100
    assert (more.status_code, more.json()["code"]) == (413, "too_large")
    assert [one["body"]["code"] for one in odd.json()["results"]] == ["malformed"] * 5
    assert (no_batch.status_code, no_batch.json()["code"]) == (400, "malformed")
    assert await desk.standing() == before


async def test_a_clinics_clock_may_run_ahead_by_a_minute(house: House) -> None:
    """An event of a minute from now is accepted; clearly later it is `invalid` and starts nothing."""
    clinic, early, far = await house.caller(TokenRole.CLINIC), house.expects(), house.expects()

    within = await clinic.post(
        "/v1/events", json=on_the_wire(referral(early, at=datetime.now(UTC) + timedelta(seconds=60)))
    )
    beyond = await clinic.post(
        "/v1/events", json=on_the_wire(referral(far, at=datetime.now(UTC) + timedelta(seconds=75)))
    )

    assert within.status_code == 201
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "/time")
    assert (await house.admin.get(f"/v1/courses/{far}")).status_code == 404


async def test_a_refused_referral_leaves_nothing_behind(house: House) -> None:
    """By a protocol that there is not, or an indication that is none of its: there is no course, and may be one yet."""
    clinic, course = await house.caller(TokenRole.CLINIC), house.expects()
    at = MONDAY

    unknown = await clinic.post("/v1/events", json=on_the_wire(referral(course, at=at, protocol="other")))
    others = await clinic.post("/v1/events", json=on_the_wire(referral(course, at=at, indications=("Z99",))))

    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid")
    assert others.status_code in {409, 422}
    assert (await house.admin.get(f"/v1/courses/{course}")).json()["code"] == "unknown_course"
    good_one = await clinic.post("/v1/events", json=on_the_wire(referral(course, at=at).but(id="a better one")))
    assert good_one.status_code == 201


async def test_an_events_id_is_its_own_for_ever(desk: Desk) -> None:
    """With other content it is `event_id_reused`; with the same, in whatever mode, the first answer comes again."""
    event = {**good(desk.course), "id": "for ever"}
    first = await desk.sends(written(event))
    before = await desk.standing()
    attributes = {f"ce-{name}": value for name, value in event.items() if isinstance(value, str)}

    again = [
        await desk.sends(written(event), JSON),
        await desk.sends(json.dumps(event["data"]).encode(), JSON, **{**attributes, "ce-id": "for%20ever"}),
    ]
    batch = await desk.sends(json.dumps([event]).encode(), BATCHED)
    other = await desk.sends(written({**event, "data": {**event["data"], "note": "changed"}}))

    assert first.status_code == 200
    assert "idempotent-replayed" not in first.headers
    for answer in again:
        assert (answer.status_code, answer.json()) == (200, first.json())
        assert answer.headers["idempotent-replayed"] == "true"
    assert batch.json()["results"] == [{"status": 200, "body": first.json(), "replayed": True}]
    assert (other.status_code, other.json()["code"]) == (409, "event_id_reused")
    assert await desk.standing() == before


async def test_binary_mode_starts_a_course(house: House) -> None:
    """The attributes stand in the head, the data is the body; an attribute that is missing is `malformed`."""
    clinic, course = await house.caller(TokenRole.CLINIC), house.expects()
    event = on_the_wire(referral(course, at=MONDAY))
    head = {f"ce-{name}": value for name, value in event.items() if name not in {"data", "datacontenttype"}}

    missing = await clinic.post(
        "/v1/events", json=event["data"], headers={name: value for name, value in head.items() if name != "ce-source"}
    )
    answer = await clinic.post("/v1/events", json=event["data"], headers=head)

    assert (missing.status_code, missing.json()["code"]) == (400, "malformed")
    assert (answer.status_code, answer.json()["course_id"]) == (201, course)


@pytest.mark.parametrize("spelled", ["%ff", "a%c3", "%ed%a0%80"])
async def test_an_id_that_is_no_text_is_not_taken_for_another(desk: Desk, spelled: str) -> None:
    """Bytes that are no UTF-8 would all become the same character, and so two events one."""
    event = good(desk.course)
    head = {f"ce-{name}": value for name, value in event.items() if isinstance(value, str)}
    before = await desk.standing()

    answer = await desk.sends(json.dumps(event["data"]).encode(), JSON, **{**head, "ce-id": spelled})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await desk.standing() == before


async def test_an_attribute_that_comes_twice_is_malformed(desk: Desk) -> None:
    """Nobody guesses which of two was meant."""
    event = good(desk.course)
    head = [(f"ce-{name}", value) for name, value in event.items() if isinstance(value, str)]
    sent = json.dumps(event["data"]).encode()
    before = await desk.standing()

    answer = await desk.clinic.post(
        "/v1/events", content=sent, headers=[*head, ("ce-id", "another"), ("Content-Type", JSON)]
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await desk.standing() == before


@pytest.mark.parametrize("path", ["/v1/escalations/{}", "/v1/escalations?cursor={}"])
async def test_an_escalations_id_has_its_length(desk: Desk, path: str) -> None:
    """Longer than any that there is, it is `invalid`: Temporal is not asked."""
    answer = await desk.house.admin.get(path.format(f"EX-1~{'a' * 3000}~1~1"))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

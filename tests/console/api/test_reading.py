"""What is read over HTTP has every member that the contract names, and lists hold what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.cast import MONDAY, cssrs, gad7, hold, referral, resumption, vitals, voiding
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

Shown = dict[str, Any]

VERDICT: Final = {"severity", "findings", "recheck_due_at"}
FINDING: Final = {"code", "message", "observed", "limit", "severity", "source"}
BLOCKER: Final = {"code", "message", "absolute", "observed", "limit", "source"}
ANSWER: Final = {
    *("event_id", "course_id", "sequence", "phase", "held", "session", "verdict", "deviations", "escalations"),
    *("blockers", "next"),
}
COURSE: Final = {
    *("phase", "held", "outcome", "protocol", "plan", "sessions", "measures", "blockers", "next", "deadlines"),
    *("escalations", "sequence", "ledger_head"),
}
ENTRY: Final = {
    *("sequence", "recorded_at", "time", "type", "event_id", "source", "actor", "late", "data"),
    *("previous_hash", "hash"),
}
ESCALATION: Final = {
    *("id", "state", "severity", "kind", "course_id", "step", "pages"),
    *("acknowledged_by", "acknowledged_at", "resolved_by", "resolved_at"),
}
PAGE: Final = {"at", "step", "person", "channel", "ok", "error"}
MOMENTS: Final = {"time", "at", "recheck_due_at"}


@pytest.fixture(scope="module")
async def course(house: House) -> str:
    """A dosed patient with a reading to take again, and one that was an emergency."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_recorded(course)
    return course


def moments(shown: Any) -> list[str]:
    """Every moment that is told, however deep."""
    match shown:
        case dict():
            told = [one for key, one in shown.items() if one and (key in MOMENTS or key.endswith("_at"))]
            return told + [moment for one in shown.values() for moment in moments(one)]
        case list():
            return [moment for one in shown for moment in moments(one)]
        case _:
            return []


def have(members: set[str], *shown: Mapping[str, Any]) -> bool:
    assert shown
    return all(members <= one.keys() for one in shown)


async def test_an_answer_says_where_the_course_is_and_what_the_protocol_says(house: House, course: str) -> None:
    """Its members, and those of its verdict, are the contract's."""
    high = on_the_wire(vitals(course, 1, at=datetime.now(UTC), systolic=171))

    told = (await house.admin.post("/v1/events", json=high)).json()

    assert told.keys() == ANSWER
    assert (told["event_id"], told["course_id"], told["phase"], told["held"]) == (high["id"], course, "medicine", False)
    assert told["session"] == {"number": 1, "stage": "dosed"}
    assert told["verdict"].keys() == VERDICT
    assert have(FINDING, *told["verdict"]["findings"])
    assert have(BLOCKER, *told["blockers"])
    assert told["next"]


async def test_one_course_is_shown_whole(house: House, course: str) -> None:
    """As its workflow holds it: what was answered a moment ago is in it."""
    shown = (await house.admin.get(f"/v1/courses/{course}")).json()

    assert have(COURSE, shown)
    assert shown["protocol"].keys() >= {"id", "version", "hash"}
    assert have({"kind", "due_at", "late"}, *shown["deadlines"])
    assert have({"number", "stage", "checkpoints", "readings"}, *shown["sessions"])
    assert have(VERDICT, *(reading["verdict"] for reading in shown["sessions"][0]["readings"]))
    assert have({"instrument", "score", "trend"}, *shown["measures"])
    assert f"{course}~vitals_emergency~1~1" in {one["id"] for one in shown["escalations"]}
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments(shown))


async def test_a_ledger_is_shown_whole(house: House, course: str) -> None:
    """Every entry in order, with its hash and the one before it; what only the system wrote has no event."""
    await house.is_recorded(course)

    entries: list[Shown] = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()

    assert have(ENTRY, *entries)
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry["previous_hash"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]
    assert {entry["type"] for entry in entries if entry["event_id"] is None} >= {"kap.escalation.opened"}
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments(entries))


@pytest.mark.parametrize("is_listed", [False, True], ids=["alone", "in the list"])
async def test_an_escalation_is_shown_with_every_page(house: House, course: str, *, is_listed: bool) -> None:
    """To whom it went, by what kind of channel and never by which address, and whether it got there."""
    escalation = f"{course}~vitals_emergency~1~1"

    async def paged() -> Shown | None:
        asked = {"course_id": course} if is_listed else {}
        shown = (
            await house.admin.get("/v1/escalations" + ("" if is_listed else f"/{escalation}"), params=asked)
        ).json()
        found = next((one for one in shown.get("items", [shown]) if one.get("id") == escalation), None)
        return found if found and len(found["pages"]) >= 2 else None

    shown = await eventually(paged)

    assert have(ESCALATION, shown)
    assert have(PAGE, *shown["pages"])
    assert {page["person"] for page in shown["pages"]} >= {"lind", "osei"}
    assert {page["channel"] for page in shown["pages"]} == {"json"}
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments(shown))


@dataclass(frozen=True)
class Fleet:
    """Four courses of a site of their own: one calm, one on hold, one at risk, one entered in error."""

    reader: httpx.AsyncClient
    house: House
    calm: str
    held: str
    at_risk: str
    voided: str

    async def named(self, **asked: Any) -> set[str]:
        answer = await self.reader.get("/v1/courses", params=asked)
        assert answer.status_code == 200, answer.text
        return {one["course_id"] for one in answer.json()["items"]}


@pytest.fixture(scope="module")
async def fleet(house: House) -> Fleet:
    site = house.expects("site").lower()
    calm, held, at_risk, voided = courses = [house.expects() for _ in range(4)]
    later = MONDAY + timedelta(hours=1)
    await house.sends([referral(course, at=MONDAY, site=site) for course in courses])
    told = cssrs(at_risk, at=datetime.now(UTC), items=HIGH_RISK)
    await house.sends([hold(held, at=later), told, voiding(voided, at=later)])
    for course in courses:
        await house.is_recorded(course)
    return Fleet(await house.caller(TokenRole.AUDITOR, site=site), house, calm, held, at_risk, voided)


FILTERS: Final[dict[str, tuple[dict[str, str], Callable[[Fleet], set[str]]]]] = {
    "none": ({}, lambda fleet: {fleet.calm, fleet.held, fleet.at_risk, fleet.voided}),
    "phase": ({"phase": "closed"}, lambda fleet: {fleet.voided}),
    "outcome": ({"outcome": "entered_in_error"}, lambda fleet: {fleet.voided}),
    "attention": ({"attention": "emergency"}, lambda fleet: {fleet.at_risk}),
    "less attention": ({"attention": "routine"}, lambda fleet: {fleet.at_risk}),
    "held": ({"held": "true"}, lambda fleet: {fleet.held, fleet.at_risk}),  # a risk holds a course too
    "not held": ({"held": "false", "phase": "screening"}, lambda fleet: {fleet.calm}),
    "protocol": ({"protocol": "another"}, lambda _: set()),
    "its protocol": ({"protocol": "kap-im-weekly", "phase": "closed"}, lambda fleet: {fleet.voided}),
}


@pytest.mark.parametrize("asked", FILTERS)
async def test_the_fleet_is_filtered_by_what_is_asked(fleet: Fleet, asked: str) -> None:
    """Phase, outcome, attention or more, hold, protocol; all that is asked has to hold."""
    filters, expected = FILTERS[asked]

    assert await fleet.named(**filters) == expected(fleet)


@pytest.mark.parametrize(
    "asked", ["phase=asleep", "held=perhaps", "attention=some", "outcome=", "limit=0", "limit=201"]
)
async def test_a_filter_that_there_is_not_is_invalid(house: House, asked: str) -> None:
    """Rather than a list that looks as if it had been filtered."""
    answer = await house.admin.get(f"/v1/courses?{asked}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_on_call_work_is_filtered_by_what_is_asked(fleet: Fleet) -> None:
    """State, severity, course."""
    alarm = f"{fleet.at_risk}~suicide_risk~0~1"

    async def ids(**asked: str) -> list[str]:
        listed = (await fleet.reader.get("/v1/escalations", params=asked)).json()
        return [one["id"] for one in listed.get("items", ())]

    async def is_listed() -> bool:
        return await ids() == [alarm]

    assert await eventually(is_listed)
    for asked in ({"state": "open"}, {"severity": "emergency"}, {"course_id": fleet.at_risk}):
        assert await ids(**asked) == [alarm], asked
    for asked in ({"state": "resolved"}, {"severity": "routine"}, {"course_id": fleet.calm}):
        assert await ids(**asked) == [], asked


async def test_a_closed_course_takes_facts_and_no_act_and_still_knows_what_it_took(fleet: Fleet) -> None:
    """An act is `course_closed`; what happens to the patient is taken; a copy gets its first answer."""
    fact = on_the_wire(gad7(fleet.voided, at=MONDAY + timedelta(hours=2)))
    new = on_the_wire(resumption(fleet.voided, at=MONDAY + timedelta(hours=2)))
    old = on_the_wire(voiding(fleet.voided, at=MONDAY + timedelta(hours=1)))

    taken = await fleet.house.admin.post("/v1/events", json=fact)
    refused = await fleet.house.admin.post("/v1/events", json=new)
    replayed = await fleet.house.admin.post("/v1/events", json=old)

    assert (taken.status_code, taken.json()["phase"]) == (200, "closed")
    assert (refused.status_code, refused.json()["code"]) == (409, "course_closed")
    assert (replayed.status_code, replayed.headers["idempotent-replayed"]) == (200, "true")
    assert replayed.json()["phase"] == "closed"

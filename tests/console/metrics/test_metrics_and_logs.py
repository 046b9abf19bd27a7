"""What operators see of Kapstan's work: numbers and log lines, with nothing of a patient in either."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import pytest

from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.cast import MONDAY, cssrs, dose, plan, referral
from tests.support.eventually import eventually
from tests.support.http_stack import House, example_events, on_the_wire
from tests.support.stream_listener import listens
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

SECRET_NOTE = "Quillfeather dreamt of the orchard"
SECRET_PERSON = "marguerite.quillfeather"
SECRET_WEIGHT = 71.0437
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}


async def test_requests_are_counted_by_route_and_never_by_path(house: House) -> None:
    """A course is counted under its route's template; neither its id nor a token's stands in any label."""
    course = house.expects()
    await house.sends([referral(course, at=MONDAY)])
    await house.admin.get(f"/v1/courses/{course}")
    await house.admin.get(f"/nowhere/{course}")

    answer = await house.client().get("/metrics")

    assert answer.status_code == 200
    assert 'kapstan_http_requests_total{method="GET",route="/v1/courses/{course_id}",status="200"}' in answer.text
    assert 'route="unknown",status="404"' in answer.text
    assert course not in answer.text
    assert house.admin_token.split("_")[1] not in answer.text


async def test_the_numbers_of_the_clinic_and_of_temporal_are_there(house: House) -> None:
    """Courses by phase, escalations by severity, what is late, who works, pages, streams, reads, the SDK's own."""
    course = await house.has(Ward.referred)
    await house.is_recorded(course)

    text = (await numbers(house)).text

    assert "kapstan_record_store_up 1.0" in text
    for name in (
        'kapstan_courses{phase="screening"}',
        'kapstan_open_escalations{severity="emergency"}',
        "kapstan_recorder_lag_seconds_count",
        "kapstan_oldest_unacknowledged_page_seconds",
        'kapstan_unacknowledged_page_seconds{severity="emergency"}',
        'kapstan_overdue_seconds{patient="dosed"}',
        'kapstan_overdue_seconds{patient="other"}',
        "kapstan_temporal_up 1.0",
        'kapstan_workers{task_queue="kapstan-courses"} 2.0',
        'kapstan_workers{task_queue="kapstan-paging"} 2.0',
        'kapstan_pages_total{result="failed"} 0.0',
        "process_resident_memory_bytes",
        "kapstan_watch_alarms 0.0",
        "kapstan_watch_looked_timestamp_seconds",
        "kapstan_verified_timestamp_seconds",
        "kapstan_verification_differing_rows ",
        "kapstan_streams_open",
        "kapstan_reads_waiting",
        "temporal_request",
    ):
        assert name in text, name


class Numbers:
    """What `/metrics` says at one moment."""

    def __init__(self, text: str) -> None:
        lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
        self.text = text
        self._numbers = {name: float(value) for name, _, value in lines}

    def __getitem__(self, name: str) -> float:
        return self._numbers.get(name, 0.0)

    def of(self, family: str) -> float:
        """All of a family's numbers together."""
        return sum(value for name, value in self._numbers.items() if name.partition("{")[0] == family)


async def numbers(house: House) -> Numbers:
    """As soon as the record store answered in time: a busy machine is no failure."""

    async def read() -> Numbers | None:
        now = Numbers((await house.client().get("/metrics")).text)
        return now if now["kapstan_record_store_up"] == 1 else None

    return await eventually(read)


ONE_COURSE: Final = '{method="GET",route="/v1/courses/{course_id}",status="200"}'


async def test_every_number_moves_with_what_it_counts(house: House) -> None:
    """Requests and how long they took, courses by phase, the record's lag, open streams, and Temporal's own."""

    async def nobody_listens() -> Numbers | None:
        """Whoever left a moment ago is counted until the console has noticed it."""
        now = await numbers(house)
        return now if now["kapstan_streams_open"] == 0 else None

    before = await eventually(nobody_listens)
    course = house.expects()
    async with listens(house.admin) as ear:
        await house.sends([referral(course, at=MONDAY)])
        await ear.hears(lambda heard: heard.kind == "course" and heard.data["course_id"] == course)
        await house.admin.get(f"/v1/courses/{course}")
        await house.admin.get(f"/v1/courses/{course}")

        async def are_new() -> Numbers | None:
            """What others have to be asked for may be a second old."""
            now = await numbers(house)
            is_new = all(now.of(name) > before.of(name) for name in ("kapstan_courses", "temporal_request"))
            return now if is_new else None

        while_listening = await eventually(are_new)

    def moved(name: str) -> float:
        return while_listening[name] - before[name]

    assert moved(f"kapstan_http_requests_total{ONE_COURSE}") == 2
    assert moved(f"kapstan_http_request_seconds_count{ONE_COURSE}") == 2
    assert moved(f"kapstan_http_request_seconds_sum{ONE_COURSE}") > 0
    assert moved('kapstan_courses{phase="screening"}') >= 1  # others of the house may be a second old
    assert moved("kapstan_recorder_lag_seconds_count") >= 1
    assert moved("kapstan_streams_open") == 1
    assert while_listening["kapstan_record_store_up"] == 1
    assert while_listening.of("temporal_request") > before.of("temporal_request")

    async def has_left() -> bool:
        return (await numbers(house))["kapstan_streams_open"] == before["kapstan_streams_open"]

    assert await eventually(has_left)


async def test_what_nobody_answers_is_counted_until_somebody_does(house: House) -> None:
    """Unresolved escalations by severity; and how long the oldest page of an open one has waited for an answer."""
    course, emergencies = house.expects(), 'kapstan_open_escalations{severity="emergency"}'
    escalation = f"{course}~suicide_risk~0~1"
    oldest = "kapstan_oldest_unacknowledged_page_seconds"
    screen = cssrs(course, at=datetime.now(UTC) - timedelta(hours=2), items=HIGH_RISK)
    await house.sends([referral(course, at=MONDAY), screen])

    async def paged() -> bool:
        return bool(house.inbox.of(course))

    async def unresolved() -> set[str]:
        """As the on-call work lists them: patients of other tests are late for their readings meanwhile."""
        asked: dict[str, str | int] = {"severity": "emergency", "limit": 200}
        listed = (await house.admin.get("/v1/escalations", params=asked)).json()
        return {one["id"] for one in listed.get("items", ()) if one["state"] != "resolved"}

    async def counted() -> bool:
        """With ours among them, while the count stood still."""
        before, now, after = await unresolved(), await numbers(house), await unresolved()
        return escalation in before == after and now[emergencies] == len(after)

    async def waits() -> bool:
        return (await numbers(house))[oldest] > 0

    await eventually(paged)
    assert await eventually(counted)
    assert await eventually(waits)

    async def all_answered() -> bool:
        """Whatever else is open in this house is somebody's too, then."""
        open_ones = await house.admin.get("/v1/escalations", params={"state": "open", "limit": 200})
        for one in open_ones.json().get("items", ()):
            await house.admin.post(f"/v1/escalations/{one['id']}/acknowledge", json={"by": "lind"})
        return (await numbers(house))[oldest] == 0

    assert await eventually(all_answered)
    assert await eventually(counted)
    done = {"by": "lind", "note": "Mara is safe"}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).is_success

    async def counted_no_more() -> bool:
        before, now, after = await unresolved(), await numbers(house), await unresolved()
        return escalation not in before == after and now[emergencies] == len(after)

    assert await eventually(counted_no_more)


async def test_no_log_line_says_anything_of_a_patient(house: House) -> None:
    """A whole course, and what is refused of one, leave requests and routes in the logs, and neither note nor value."""
    course = house.expects("SECRETIVE")
    events = example_events(course)
    for event in events:
        event["data"]["note"] = SECRET_NOTE
        event["data"]["actor"]["id"] = SECRET_PERSON
        if event["type"] == "kap.patient.checked_in":
            event["data"]["weight_kg"] = SECRET_WEIGHT
    answer = await house.admin.post("/v1/events", content=json.dumps(events), headers=BATCHED)
    assert {one["status"] for one in answer.json()["results"]} <= {200, 201}, answer.text
    assert (await house.is_recorded(course))["outcome"] == "completed"
    deviating = on_the_wire(dose(course, 9, at=MONDAY))
    deviating["data"] |= {"mg": 88.125, "note": SECRET_NOTE}
    invalid = {**deviating, "id": "invalid", "data": {**deviating["data"], "mg": "88.125 mg"}}
    refused = on_the_wire(plan(course, at=MONDAY))
    refused["data"] |= {"dose": {"mg": 88.125}, "note": SECRET_NOTE}
    answers = [await house.admin.post("/v1/events", json=event) for event in (deviating, invalid, refused)]
    assert [answer.status_code for answer in answers] == [200, 422, 409]
    await is_refused_by_postgresql(house, course)
    await house.admin.get(f"/v1/courses?site={SECRET_PERSON}", headers={"X-Request-Id": "the-last-one"})
    log = house.floor.data / "console.log"

    async def written() -> bool:
        return "the-last-one" in log.read_text(encoding="utf-8")

    await eventually(written)

    logs = sorted(house.floor.data.glob("*.log"))
    assert {each.name for each in logs} >= {"console.log", "worker-1.log", "temporal.log", "postgres.log"}
    for each in logs:
        text = each.read_text(encoding="utf-8")
        for secret in (SECRET_NOTE, "Quillfeather", SECRET_PERSON, str(SECRET_WEIGHT), "88.125"):
            assert secret not in text, each.name
    line = next(line for line in log.read_text(encoding="utf-8").splitlines() if "the-last-one" in line)
    assert "/v1/courses" in line
    assert house.admin_token.split("_")[1] in line


async def is_refused_by_postgresql(house: House, course: str) -> None:
    """A row that no constraint lets in: PostgreSQL's own words on it quote the whole of it."""
    connection = await asyncpg.connect(house.stack.database)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="ledger_data_is_an_object") as refused:
            await connection.execute(
                "INSERT INTO ledger (course_id, sequence, recorded_at, time, type, late, data, previous_hash, hash) "
                "VALUES ($1, 1, now(), now(), 'kap.nothing', false, $2, repeat('0', 64), repeat('0', 64))",
                f"{course}-2",
                json.dumps(SECRET_NOTE),
            )
        assert SECRET_NOTE in str(refused.value.detail)
    finally:
        await connection.close()

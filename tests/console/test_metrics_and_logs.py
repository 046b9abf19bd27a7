"""What operators see of Kapstan's work: numbers and log lines, with nothing of a patient in either."""

import pytest

from tests.cast import MONDAY, dose, referral
from tests.console.house import House, example_events, on_the_wire
from tests.domain.ward import Ward
from tests.floor import eventually

pytestmark = pytest.mark.xdist_group("console")

SECRET_NOTE = "Quillfeather dreamt of the orchard"
SECRET_PERSON = "marguerite.quillfeather"


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
    """Courses by phase, escalations by severity, the record's lag, the oldest page, streams, reads, the SDK's own."""
    course = await house.has(Ward.referred)
    await house.is_recorded(course)

    text = (await house.client().get("/metrics")).text

    assert "kapstan_record_store_up 1.0" in text
    for name in (
        'kapstan_courses{phase="screening"}',
        'kapstan_open_escalations{severity="emergency"}',
        "kapstan_recorder_lag_seconds_count",
        "kapstan_oldest_unacknowledged_page_seconds",
        "kapstan_watch_alarms 0.0",
        "kapstan_watch_looked_timestamp_seconds",
        "kapstan_streams_open",
        "kapstan_reads_waiting",
        "temporal_request",
    ):
        assert name in text, name


async def test_no_log_line_says_anything_of_a_patient(house: House) -> None:
    """A whole course, and what is refused of one, leave requests and routes in the logs, and neither note nor value."""
    course = house.expects("SECRETIVE")
    for event in example_events(course)[:40]:
        event["data"]["note"] = SECRET_NOTE
        event["data"]["actor"]["id"] = SECRET_PERSON
        answer = await house.admin.post("/v1/events", json=event)
        assert answer.status_code in {200, 201}, answer.text
    refused = on_the_wire(dose(course, 9, at=MONDAY))
    refused["data"] |= {"mg": 88.125, "note": SECRET_NOTE}
    invalid = {**refused, "id": "invalid", "data": {**refused["data"], "mg": "88.125 mg"}}
    answers = [await house.admin.post("/v1/events", json=event) for event in (refused, invalid)]
    assert [answer.status_code for answer in answers] == [409, 422]
    await house.admin.get(f"/v1/courses?site={SECRET_PERSON}", headers={"X-Request-Id": "the-last-one"})
    log = house.floor.data / "console.log"

    async def written() -> bool:
        return "the-last-one" in log.read_text(encoding="utf-8")

    await eventually(written)

    for each in (log, *house.floor.data.glob("worker-*.log")):
        text = each.read_text(encoding="utf-8")
        for secret in (SECRET_NOTE, "Quillfeather", SECRET_PERSON, "88.125"):
            assert secret not in text, each.name
    line = next(line for line in log.read_text(encoding="utf-8").splitlines() if "the-last-one" in line)
    assert "/v1/courses" in line
    assert house.admin_token.split("_")[1] in line

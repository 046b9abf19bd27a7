"""Who will be paged if nobody acts, and who is on call now: told to operations and on-call staff, not to the clinic."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from signal import Signals

import pytest

from domain.access import TokenRole
from domain.oncall.on_call_view import Roster
from domain.views.forecast import Forecast
from tests.support.cast import HAS_A_PLAN, cssrs, vitals, withdrawal
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

ADDRESS = re.compile(r"127\.0\.0\.1|://")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that answers nothing meanwhile."""
    os.kill(pid, Signals.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, Signals.SIGCONT)


async def test_a_patient_whose_reading_will_be_missed(house: House) -> None:
    """Nothing is open yet: when the nurse will be called, when it gets worse, and who is called then."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC))])

    answer = await (await house.caller(TokenRole.OPERATIONS)).get(f"/v1/courses/{course}/forecast")

    assert answer.status_code == 200
    foretold = Forecast.model_validate_json(answer.content)
    first = foretold.pages[0]
    assert (first.escalation, first.kind, first.session, first.person) == (None, "vitals_overdue", 1, "lind")
    assert (first.name, first.channels, first.step, first.because) == ("Duty nurse Lind", ("json",), 1, "opened")
    assert timedelta(minutes=20) < first.at - foretold.at < timedelta(minutes=26)
    worse = [page for page in foretold.pages if page.because == "raised"]
    assert [(page.person, page.severity, page.at - first.at) for page in worse] == [
        ("lind", "emergency", timedelta(minutes=5)),
        ("osei", "emergency", timedelta(minutes=5)),
    ]
    assert not ADDRESS.search(answer.text)
    for moment in re.findall(r'"(?:at|until)":"([^"]+)"', answer.text):
        assert datetime.fromisoformat(moment).tzinfo is not None


async def test_an_escalation_that_is_open_and_then_promised(house: House) -> None:
    """As long as nobody has it, the ladder; once somebody has, the moment at which the promise lapses."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    nurse = await house.caller(TokenRole.ONCALL)

    async def paged() -> bool:
        view = await nurse.get(f"/v1/escalations/{escalation}")
        return view.status_code == 200 and bool(view.json()["pages"])

    await eventually(paged)
    climbing = Forecast.model_validate_json((await nurse.get(f"/v1/courses/{course}/forecast")).content)
    answer = await nurse.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "lind"})
    promised = Forecast.model_validate_json((await nurse.get(f"/v1/courses/{course}/forecast")).content)

    assert {(page.escalation, page.because) for page in climbing.pages} == {(escalation, "no_answer")}
    assert climbing.cut
    acknowledged_at = datetime.fromisoformat(answer.json()["acknowledged_at"])
    assert promised.pages[0].at == acknowledged_at + timedelta(minutes=15)
    assert (promised.pages[0].because, promised.changes[0].change) == ("promise_lapsed", "reopened")


async def test_an_escalation_outlives_its_course(house: House) -> None:
    """The course is closed; whoever was called is called on, and can be foretold."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.sends([withdrawal(course, at=datetime.now(UTC))])

    async def foretold() -> Forecast | None:
        answer = await house.admin.get(f"/v1/courses/{course}/forecast")
        found = Forecast.model_validate_json(answer.content) if answer.is_success else None
        return found if found and found.pages and not found.unanswered else None

    assert {page.kind for page in (await eventually(foretold)).pages} == {"suicide_risk"}


async def test_on_call_staff_are_told_of_courses_behind_escalations_only(house: House) -> None:
    """As of the courses themselves; a course that is not there is unknown to everybody."""
    calm = await house.has(Ward.referred)
    nurse = await house.caller(TokenRole.ONCALL)

    refused = await nurse.get(f"/v1/courses/{calm}/forecast")
    unknown = await nurse.get(f"/v1/courses/{house.expects()}/forecast")

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_course")
    calm_weeks = (await house.admin.get(f"/v1/courses/{calm}/forecast")).json()
    assert (calm_weeks["pages"], calm_weeks["unanswered"], calm_weeks["cut"]) == ([], [], False)


async def test_a_forecast_is_a_read_of_the_course(house: House) -> None:
    """Who looked at it, and when, is kept for the auditor."""
    course = await house.has(Ward.referred)

    await house.admin.get(f"/v1/courses/{course}/forecast", headers={"X-Request-Id": "foretold"})

    reads = await house.reads_of(course, frozenset({"foretold"}))
    assert [one.what for one in reads if one.request_id == "foretold"] == ["forecast"]


async def test_without_temporal_nobody_guesses(house: House) -> None:
    """Only the workflows know where the ladders stand: 503, and when to come again."""
    course = await house.has(Ward.referred)
    pid = house.stack.pids.temporal
    assert pid is not None

    with stopped(pid):
        answer = await house.admin.get(f"/v1/courses/{course}/forecast")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1

    async def is_foretold() -> bool:
        return (await house.admin.get(f"/v1/courses/{course}/forecast")).status_code == 200

    assert await eventually(is_foretold)


async def test_who_is_on_call_now(house: House) -> None:
    """Most urgent first, step by step, by name; the rotas of the next four weeks; no address."""
    answer = await (await house.caller(TokenRole.ONCALL, site="cork")).get("/v1/oncall")

    assert answer.status_code == 200
    shown = Roster.model_validate_json(answer.content)
    assert [policy.severity for policy in shown.policies] == ["emergency", "urgent", "routine"]
    urgent = shown.policies[1]
    assert [[person.id for person in step.people] for step in urgent.steps] == [["lind"], ["osei"], ["ward"]]
    (nurse,) = shown.rotas
    assert nurse.shifts[0].begins_at == shown.at
    assert nurse.shifts[-1].ends_at == shown.at + timedelta(days=28)
    assert urgent.steps[0].people[0].through[0].until == nurse.shifts[0].ends_at
    assert not ADDRESS.search(answer.text)


async def test_the_rotas_are_shown_as_far_as_one_asks(house: House) -> None:
    """A day, or a quarter of a year; nothing else is a number of days."""
    day = Roster.model_validate_json((await house.admin.get("/v1/oncall", params={"days": 1})).content)
    assert day.rotas[0].shifts[-1].ends_at == day.at + timedelta(days=1)
    for days in (0, 93, -1, "soon"):
        answer = await house.admin.get("/v1/oncall", params={"days": days})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_an_edit_of_the_on_call_file_counts_at_once(house: House) -> None:
    """The nurse's colleague takes over in the file; a file that cannot be used changes nothing."""
    file = house.stack.oncall
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before.replace('members  = ["lind"]', 'members  = ["osei", "lind"]'), encoding="utf-8")
        edited = Roster.model_validate_json((await house.admin.get("/v1/oncall")).content)
        file.write_text("schema = 1", encoding="utf-8")
        broken = Roster.model_validate_json((await house.admin.get("/v1/oncall")).content)
    finally:
        file.write_text(before, encoding="utf-8")

    assert {shift.person for shift in edited.rotas[0].shifts} == {"osei", "lind"}
    assert [shift.person for shift in broken.rotas[0].shifts] == [shift.person for shift in edited.rotas[0].shifts]

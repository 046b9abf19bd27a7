"""Before anything is sent a form says what stands in the way; before a deviation is recorded the page asks."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest

from console.pages.recording.fields import FieldKind, all_fields
from domain.course.rules.deviations import RECORDED
from domain.events.clinic_events import MODELS, ClinicEvent
from domain.events.parsing import CORRECTION
from tests.support.cast import adverse_event, clearance, dose, follow_up, hold, over, vitals
from tests.support.form_filling import filled_in, sends_form, sends_form_once
from tests.support.http_stack import House, on_the_wire
from tests.support.outages import temporal_away
from tests.support.page_text import section, value_in, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

QUESTION = "Did this happen all the same?"


def path_of(event: ClinicEvent) -> str:
    return f"/courses/{event.subject}/record/{event.type.removeprefix('kap.')}"


def without_time(event: ClinicEvent) -> list[tuple[str, str]]:
    return [one for one in filled_in(event) if one[0] != "/time"]


def form_in(page: httpx.Response) -> list[tuple[str, str]]:
    """What a browser sends back of a page that only asks: its hidden inputs."""
    (form,) = re.findall(r'<form [^>]*id="record".*?</form>', page.text, re.DOTALL)
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return [(unescape(name), unescape(value)) for name, value in found]


async def view_of(house: House, course: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.admin.get(f"/v1/courses/{course}")).json()
    return found


async def doses_of(house: House, course: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await view_of(house, course))["sessions"][0]["doses"]
    return found


async def test_a_form_lists_what_stands_in_the_way_before_anything_is_sent(house: House) -> None:
    """Absolute reasons as such; a box for the rationale beside each of the others, and no code to type."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=152)])
    cleared = clearance(course, at=datetime.now(UTC))

    page = await house.admin.get(path_of(cleared))

    said = section(page, "What stands in the way now")
    refusal = (await house.admin.post("/v1/events", json=on_the_wire(cleared))).json()
    assert [blocker["message"] in said for blocker in refusal["blockers"]] == [True] * len(refusal["blockers"])
    boxes = set(re.findall(r'<textarea id="override-\d+" name="/data/overrides/([^"]*)"', page.text))
    assert boxes == {blocker["code"] for blocker in refusal["blockers"] if not blocker["absolute"]}
    assert "vitals.systolic_above_limit" in boxes
    assert not re.search(r'name="/data/overrides/\d', page.text)


async def test_an_absolute_reason_has_no_box(house: House) -> None:
    """And says that nobody can override it."""
    course = await house.has(Ward.checked_in)

    page = await house.admin.get(path_of(clearance(course, at=datetime.now(UTC))))

    assert "No vitals have been taken · cannot be overridden" in section(page, "What stands in the way now")
    assert "vitals.missing" not in page.text


async def test_a_rationale_in_the_box_overrides_and_the_course_shows_it(house: House) -> None:
    """A box that was left blank overrides nothing; what was written in the other one is kept."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=152, diastolic=100)])
    both = ("vitals.systolic_above_limit", "vitals.diastolic_above_limit")
    one = clearance(course, at=datetime.now(UTC), overrides=over(both[0], rationale="White coat"))
    blank = (f"/data/overrides/{both[1]}", " ")

    page = await sends_form(house.admin, path_of(one), [*without_time(one), blank])

    assert page.status_code == 409
    assert "Diastolic 100 is above" in words_of(page)
    assert re.search(rf'name="/data/overrides/{both[0]}"[^>]*>\s*White coat</textarea>', page.text)
    two = clearance(course, at=datetime.now(UTC), overrides=over(*both, rationale="White coat"))
    assert (await sends_form(house.admin, path_of(two), without_time(two))).status_code == 303
    view = await view_of(house, course)
    assert {(made["code"], made["rationale"]) for made in view["overrides"]} == {(code, "White coat") for code in both}


async def test_the_decision_on_eligibility_lists_the_findings_beforehand(house: House) -> None:
    """What speaks against `eligible`, although `ineligible` may always be decided."""
    course = await house.has(Ward.referred)

    page = await house.admin.get(f"/courses/{course}/record/eligibility.decided")

    assert "The screening has not been recorded" in section(page, "What stands in the way now")


async def test_an_act_without_overrides_has_no_box(house: House) -> None:
    """Its reasons are listed all the same."""
    course = await house.has(Ward.dosed)

    page = await house.admin.get(f"/courses/{course}/record/session.canceled")

    assert "Session 1 is dosed; the stage must be one of: booked" in section(page, "What stands in the way now")
    assert 'name="/data/overrides' not in page.text


async def test_where_nothing_stands_in_the_way_the_form_says_nothing(house: House) -> None:
    """A reading of a patient who is here."""
    course = await house.has(Ward.dosed)

    page = await house.admin.get(path_of(vitals(course, at=datetime.now(UTC))))

    assert 'id="in-the-way"' not in page.text


async def test_a_dose_that_deviates_is_asked_about_and_recorded_once_it_is_confirmed(house: House) -> None:
    """Nothing is recorded before; the question names every deviation, and the same event goes on with it."""
    course = await house.has(Ward.checked_in)
    client = house.admin
    given = dose(course, at=datetime.now(UTC), mg=400)
    opened = await client.get(path_of(given))
    form_id = value_in(opened, "/id")
    before = (await view_of(house, course))["sequence"]

    assert "The session has not been cleared" in section(opened, "What the protocol has against it now")
    asked = await sends_form(client, path_of(given), [*without_time(given), ("/id", form_id)])

    told = (await client.post("/v1/events?dry_run=true", json=on_the_wire(given))).json()["blockers"]
    assert asked.status_code == 409
    assert QUESTION in words_of(asked)
    assert all(one["message"] in words_of(asked) for one in told)
    assert "Dose 400.0 mg" in words_of(asked)
    assert (await view_of(house, course))["sequence"] == before
    assert dict(form_in(asked))["/id"] == form_id

    confirmed = await sends_form(client, path_of(given), [*form_in(asked), ("happened", "yes")])
    again = await sends_form(client, path_of(given), [*form_in(asked), ("happened", "yes")])

    assert (confirmed.status_code, again.status_code) == (303, 303)
    page = await client.get(confirmed.headers["location"])
    assert [given["mg"] for given in await doses_of(house, course)] == [400]
    assert "nothing was recorded twice" in words_of(await client.get(again.headers["location"]))
    for one in told:
        assert one["message"] in section(page, "Deviations")
    assert "Deviation from the protocol, session 1" in words_of(page)
    await house.is_recorded(course)
    entries = (await client.get(f"/v1/courses/{course}/ledger")).json()
    (entry,) = (one for one in entries if one["type"] == RECORDED)
    assert (entry["data"]["event_id"], entry["data"]["type"]) == (form_id, given.type)


async def test_the_answer_says_by_what_it_deviates(house: House) -> None:
    """In plain words, when it is recorded."""
    course = await house.has(Ward.checked_in)
    given = dose(course, at=datetime.now(UTC), mg=400)

    answer = await sends_form(house.admin, path_of(given), [*without_time(given), ("happened", "yes")])

    said = words_of(await house.admin.get(answer.headers["location"]))
    assert "Recorded: Dose given. Deviation from the protocol:" in said
    assert "Clearance to come" in said


async def test_a_fact_happened_when_it_was_first_sent_however_long_the_question_stood(house: House) -> None:
    """The checkpoint clock runs from the dose, not from the confirmation."""
    course = await house.has(Ward.checked_in)
    given = dose(course, at=datetime.now(UTC), mg=400)

    asked = await sends_form(house.admin, path_of(given), without_time(given))
    between = datetime.now(UTC)
    await sends_form(house.admin, path_of(given), [*form_in(asked), ("happened", "yes")])

    (taken,) = await doses_of(house, course)
    assert datetime.fromisoformat(taken["at"]) < between


async def test_who_does_not_confirm_gets_the_form_back_with_all_that_was_entered(house: House) -> None:
    """Nothing is recorded, and the next question is about what is entered then."""
    course = await house.has(Ward.checked_in)
    given = dose(course, at=datetime.now(UTC), mg=400)
    asked = await sends_form(house.admin, path_of(given), without_time(given))

    back = await sends_form(house.admin, path_of(given), [*form_in(asked), ("happened", "no")])

    assert back.status_code == 200
    assert (value_in(back, "/data/mg"), value_in(back, "/time")) == ("400.0", "")
    assert value_in(back, "/id") == dict(form_in(asked))["/id"]
    assert QUESTION not in words_of(back)
    assert await doses_of(house, course) == []


async def test_a_fact_with_nothing_against_it_is_recorded_at_once(house: House) -> None:
    """A reading is one press."""
    course = await house.has(Ward.dosed)
    reading = vitals(course, at=datetime.now(UTC))

    assert (await sends_form(house.admin, path_of(reading), without_time(reading))).status_code == 303


@pytest.mark.parametrize("grade", [4, 5])
async def test_a_grade_that_says_death_is_asked_about_once(house: House, grade: int) -> None:
    """It is one digit, and calls everybody; grade 4 is recorded at once."""
    course = await house.has(Ward.dosed)
    event = adverse_event(course, at=datetime.now(UTC), term="nausea", grade=grade)

    sent = await sends_form(house.admin, path_of(event), without_time(event))

    assert ("Grade 5 says that the patient has died" in words_of(sent)) is (grade == 5)
    if grade == 5:
        sent = await sends_form(house.admin, path_of(event), [*form_in(sent), ("happened", "yes")])
    assert sent.status_code == 303


async def test_a_wrong_field_is_told_before_anything_is_asked(house: House) -> None:
    """A dose of no number is no fact yet."""
    course = await house.has(Ward.checked_in)
    given = dose(course, at=datetime.now(UTC))
    posted = [one for one in without_time(given) if one[0] != "/data/mg"]

    page = await sends_form(house.admin, path_of(given), [*posted, ("/data/mg", "a lot")])

    assert page.status_code == 422
    assert QUESTION not in words_of(page)


async def test_while_nobody_answers_the_form_waits_and_asks_later(house: House) -> None:
    """A fact is sent on where nobody can say what speaks against it; here nobody takes it either."""
    course = await house.has(Ward.checked_in)
    given = dose(course, at=datetime.now(UTC), mg=400)

    with temporal_away(house):
        page = await sends_form_once(house.admin, path_of(given), without_time(given))

    assert page.status_code == 503
    assert value_in(page, "/data/mg") == "400.0"


async def test_after_closing_facts_are_still_offered_and_decisions_are_not(house: House) -> None:
    """What happens to the patient afterwards is taken for ever."""
    course = await house.has(Ward.completed)

    offered = (await house.admin.get(f"/courses/{course}")).text

    assert f"/courses/{course}/record/adverse_event.reported" in offered
    assert f"/courses/{course}/record/session.booked" not in offered
    assert (await house.admin.get(path_of(hold(course, at=datetime.now(UTC))))).status_code == 200


async def test_a_visit_at_another_time_than_the_protocols_is_asked_about_too(house: House) -> None:
    """Every fact that deviates, not the dose alone."""
    course = await house.has(Ward.prepared)
    visit = follow_up(course, at=datetime.now(UTC))

    asked = await sends_form(house.admin, path_of(visit), without_time(visit))

    assert asked.status_code == 409
    assert QUESTION in words_of(asked)
    assert "The course is in" in words_of(asked)


def test_only_acts_take_overrides() -> None:
    """So no question has a box, and no fact is kept back for a rationale."""
    for kind in MODELS.keys() - {CORRECTION}:  # it is made in the form of the fact that it corrects
        if any(field.kind is FieldKind.OVERRIDES for field in all_fields(kind)):
            assert kind in {"kap.eligibility.decided", "kap.session.cleared", "kap.patient.discharged"}

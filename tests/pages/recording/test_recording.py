"""Recording by forms: the same events by the same path as the API's, refused for the same reasons, and never twice."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from console.pages.course.event_choices import ELSEWHERE
from console.pages.recording.fields import FieldKind, all_fields
from console.pages.recording.prefill import FURTHER_ROUTES
from domain.access import TokenRole
from domain.events.clinic_events import MODELS, ClinicEvent
from tests.support.cast import (
    DESK,
    MONDAY,
    assessment,
    clearance,
    hold,
    minutes,
    phq9,
    plan,
    referral,
    resumption,
    vitals,
)
from tests.support.eventually import eventually
from tests.support.form_filling import BEND, filled_in, sends_form, sends_form_once
from tests.support.http_stack import House, on_the_wire
from tests.support.outages import temporal_away
from tests.support.page_text import value_in, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

FORMS = [kind for kind in MODELS if kind not in ELSEWHERE]


def path_of(event: ClinicEvent) -> str:
    return f"/courses/{event.subject}/record/{event.type.removeprefix('kap.')}"


async def opens(client: httpx.AsyncClient, event: ClinicEvent) -> httpx.Response:
    page = await client.get(path_of(event))
    assert page.status_code == 200, page.text
    return page


async def sends(
    client: httpx.AsyncClient, event: ClinicEvent, *, form_id: str = "", just_now: bool = True, once: bool = False
) -> httpx.Response:
    """Fills in the form of this event, as just happened, and sends it; `once`, where nobody is there to decide it."""
    posted = [one for one in filled_in(event) if not (just_now and one[0] == "/time")]
    return await (sends_form_once if once else sends_form)(
        client, path_of(event), [*posted, ("/id", form_id)] if form_id else posted
    )


async def view_of(house: House, course: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.admin.get(f"/v1/courses/{course}")).json()
    return found


@pytest.fixture(scope="module")
async def dosed(house: House) -> str:
    """A course whose patient has just been dosed."""
    return await house.has(Ward.dosed)


@pytest.mark.parametrize("kind", FORMS)
async def test_each_event_has_a_form_with_a_label_and_a_unit_at_every_field(
    house: House, dosed: str, kind: str
) -> None:
    """Without script: every field by its JSON pointer, with its label bound to it."""
    page = await house.admin.get(f"/courses/{dosed}/record/{kind.removeprefix('kap.')}")

    assert page.status_code == 200
    for field in all_fields(kind):
        if field.kind is FieldKind.OVERRIDES or field.pointer == FURTHER_ROUTES:
            continue  # a box beside each reason, and further routes where the protocol has any: here there are none
        assert f"{field.label}" in words_of(page)
        if field.parts:
            continue
        assert f'name="{field.pointer}"' in page.text
        if field.unit:
            assert re.search(rf"{re.escape(field.label)}\s+{re.escape(field.unit)}", words_of(page)), field.label
        if f'id="f{field.pointer.replace("/", "-")}"' in page.text:
            assert f'for="f{field.pointer.replace("/", "-")}"' in page.text
    assert "<script>" not in page.text
    assert page.text.count("<h1") == 1


async def test_a_plan_asks_for_no_further_routes_where_there_are_none(house: House, dosed: str) -> None:
    """The weekly protocol gives the medicine by one route."""
    page = await house.admin.get(f"/courses/{dosed}/record/plan.prescribed")

    assert "Further routes" not in words_of(page)
    assert FURTHER_ROUTES not in page.text


async def test_a_reading_is_answered_with_the_verdict_and_with_who_is_called(house: House, dosed: str) -> None:
    """And the course's page says so, however often it is loaded, until something else is done."""
    client = house.admin
    answer = await sends(client, vitals(dosed, at=datetime.now(UTC), spo2=84))

    assert answer.status_code == 303
    page = await client.get(answer.headers["location"])
    for words in (
        "Recorded: Reading.",
        "The protocol says: emergency.",
        "SpO₂ 84 is below the limit of 90",
        "People are called: immediate review.",
    ):
        assert words in words_of(page), words
    assert "People are called" in words_of(await client.get(answer.headers["location"]))
    assert "Recorded: Reading." not in words_of(await client.get(f"/courses/{dosed}"))
    assert (await view_of(house, dosed))["sessions"][0]["readings"][-1]["vitals"]["spo2"] == 84


async def test_what_was_recorded_says_in_the_ledger_where_it_came_from(house: House) -> None:
    """From the console, in the request that the answer names, by the person who was asked for."""
    course = await house.has(Ward.prepared)

    answer = await sends(house.admin, hold(course, at=MONDAY, reason="Their brother is ill"))

    await house.is_recorded(course)
    entry = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()[-1]
    assert (entry["type"], entry["source"], entry["request_id"]) == (
        "kap.course.held",
        "kapstan/console",
        answer.headers["x-request-id"],
    )
    assert entry["actor"] == {"id": "desk", "role": "coordinator"}
    assert entry["data"] == {"reason": "Their brother is ill"}


async def test_a_double_click_records_once(house: House) -> None:
    """A form is one event from when it is shown, however often it is sent, and whatever is in it the second time."""
    course = await house.has(Ward.dosed)
    client = house.admin
    event = vitals(course, at=datetime.now(UTC))
    form_id = value_in(await opens(client, event), "/id")

    first = await sends(client, event, form_id=form_id)
    assert "Recorded: Reading." in words_of(await client.get(first.headers["location"]))
    before = await view_of(house, course)
    again = await sends(client, event, form_id=form_id)
    changed = await sends(client, vitals(course, at=datetime.now(UTC), systolic=131), form_id=form_id)

    assert {first.status_code, again.status_code, changed.status_code} == {303}
    assert "nothing was recorded twice" in words_of(await client.get(changed.headers["location"]))
    assert (await view_of(house, course))["sequence"] == before["sequence"]
    assert value_in(await opens(client, event), "/id") != form_id


async def test_the_same_form_with_its_time_is_answered_as_at_first(house: House) -> None:
    """Sent again after a torn line it is the same event, and its verdict is said again."""
    course = await house.has(Ward.dosed, ago=minutes(1))
    client = house.admin
    event = vitals(course, at=datetime.now(UTC).replace(microsecond=0), systolic=165)
    form_id = value_in(await opens(client, event), "/id")

    await sends(client, event, form_id=form_id, just_now=False)
    again = await sends(client, event, form_id=form_id, just_now=False)

    said = words_of(await client.get(again.headers["location"]))
    assert "nothing was recorded twice" in said
    assert "The protocol says: warning." in said


async def test_what_the_protocol_does_not_allow_is_refused_with_every_reason(house: House) -> None:
    """Each blocker in its words with its source, what may come instead, and all that was entered still there."""
    course = await house.has(Ward.checked_in)
    cleared = clearance(course, at=datetime.now(UTC))
    cleared = cleared.but(data=cleared.data.but(note="Looked at twice"))

    page = await sends(house.admin, cleared)

    assert page.status_code == 409
    said = words_of(page)
    view = await view_of(house, course)
    refusal = (await house.admin.post("/v1/events", json=on_the_wire(cleared))).json()
    assert "Not recorded: the protocol does not allow it now" in said
    assert "vitals.missing" in [blocker["code"] for blocker in refusal["blockers"]]
    assert all(blocker["message"] in said for blocker in refusal["blockers"])
    assert "cannot be overridden" in said
    assert f'href="/courses/{course}/record/vitals.recorded"' in page.text
    assert "Looked at twice" in page.text
    assert value_in(page, "/data/actor/id") == "osei"
    assert 'role="alert"' in page.text
    assert view["sessions"][0]["stage"] == "checked_in"


async def test_a_blocker_names_the_source_of_its_rule(house: House) -> None:
    """What the protocol's evidence says of it."""
    course = await house.has(Ward.eligible)

    page = await sends(house.admin, plan(course, at=MONDAY, sessions=40))

    assert page.status_code == 409
    assert "40 sessions were planned" in words_of(page)
    refusal = (
        await house.admin.post("/v1/events", json=on_the_wire(plan(course, at=datetime.now(UTC), sessions=40)))
    ).json()
    for blocker in refusal["blockers"]:
        assert f"{blocker['message']} {blocker['source'] or ''}".strip() in words_of(page)


async def test_a_wrong_field_is_marked_and_says_what_was_expected(house: House, dosed: str) -> None:
    """With role=alert, bound to its field; what was entered stays as it was entered."""
    posted = [one for one in filled_in(vitals(dosed, at=MONDAY)) if one[0] not in {"/time", "/data/systolic"}]

    page = await sends_form(
        house.admin, f"/courses/{dosed}/record/vitals.recorded", [*posted, ("/data/systolic", "12o")]
    )

    assert page.status_code == 422
    assert 'id="f-data-systolic-error" role="alert"' in page.text
    systolic = re.search(r'<input id="f-data-systolic"[^>]*>', page.text)
    assert systolic
    assert 'aria-describedby="f-data-systolic-error ' in systolic[0]
    assert 'aria-invalid="true"' in systolic[0]
    assert 'value="12o"' in systolic[0]
    assert value_in(page, "/data/diastolic") == "79"
    assert "something in the form is wrong" in words_of(page)


async def test_a_score_that_the_chart_cannot_read_is_marked_too(house: House, dosed: str) -> None:
    """The chart's own findings have pointers as well."""
    page = await sends(house.admin, phq9(dosed, at=MONDAY, items=(1, 2, 9)))

    assert page.status_code == 422
    assert 'id="f-data-items-error"' in page.text
    assert value_in(page, "/data/items") == "1 2 9"


async def test_a_time_that_is_still_to_come_is_refused_at_the_time(house: House, dosed: str) -> None:
    """More than a minute ahead nothing has happened yet: told by the site's clock, as people read one."""
    page = await sends(house.admin, vitals(dosed, at=datetime.now(UTC) + timedelta(hours=2)), just_now=False)

    assert page.status_code == 422
    assert 'id="f-time-error"' in page.text
    (at,) = re.findall(r"This is still to come: it is (\d\d:\d\d) by the site's clock", words_of(page))
    now = datetime.now(BEND)
    assert at in {f"{moment:%H:%M}" for moment in (now, now - timedelta(minutes=1))}


async def test_one_more_row_loses_nothing_and_records_nothing(house: House) -> None:
    """A button of the form itself: no script is needed to book a fourth person."""
    course = await house.has(Ward.prepared)
    before = await view_of(house, course)
    posted = [("/data/staff/0/id", "osei"), ("/data/staff/0/role", "prescriber"), ("/data/room", "willow")]

    page = await sends_form(
        house.admin, f"/courses/{course}/record/session.booked", [*posted, ("one_more_row", "/data/staff")]
    )

    assert page.status_code == 200
    assert 'name="/data/staff/2/id"' in page.text
    assert (value_in(page, "/data/staff/0/id"), value_in(page, "/data/room")) == ("osei", "willow")
    assert (await view_of(house, course))["sequence"] == before["sequence"]


async def test_who_reported_last_is_asked_for_beforehand_in_this_sign_in_only(house: House, dosed: str) -> None:
    """Their id and their role stand in the next form; another sign-in at the same browser does not know them."""
    client = house.admin
    await sends(client, vitals(dosed, at=datetime.now(UTC)))
    kept = client.cookies["kapstan-reporter"]

    page = await opens(client, assessment(dosed, at=MONDAY))

    assert value_in(page, "/data/actor/id") == "lind"
    assert '<option value="monitor" selected>' in page.text
    stranger = await house.caller(TokenRole.CLINIC)
    stranger.cookies.set("kapstan-reporter", kept)
    assert value_in(await opens(stranger, assessment(dosed, at=MONDAY)), "/data/actor/id") == ""


async def test_a_form_knows_what_the_course_knows(house: House) -> None:
    """The session at hand, the protocol's own words, the call that is due."""
    client = house.admin
    dosed, gone_home = await house.has(Ward.dosed), await house.has(Ward.discharged)

    reading = await client.get(f"/courses/{dosed}/record/vitals.recorded")
    dosing = await client.get(f"/courses/{dosed}/record/dose.administered")
    calling = await client.get(f"/courses/{gone_home}/record/check_in.completed")

    assert value_in(reading, "/data/session") == "1"
    assert 'type="checkbox" name="/data/symptoms" value="severe_headache"' in reading.text
    assert value_in(dosing, "/data/route") == "intramuscular"
    assert (value_in(calling, "/data/session"), value_in(calling, "/data/days_after")) == ("1", "1")


async def test_operations_hold_resume_and_book_by_forms_and_nothing_else(house: House) -> None:
    """What is not theirs is neither offered nor taken."""
    course = await house.has(Ward.booked)
    operations = await house.caller(TokenRole.OPERATIONS)

    offered = (await operations.get(f"/courses/{course}")).text
    held = await sends(operations, hold(course, at=MONDAY))
    said_held = words_of(await operations.get(held.headers["location"]))
    resumed = await sends(operations, resumption(course, at=MONDAY, by=DESK))
    refused = await sends(operations, phq9(course, at=MONDAY))

    assert set(re.findall(rf'href="/courses/{course}/record/([a-z_.]+)"', offered)) == {
        "session.booked",
        "session.rebooked",
        "course.held",
        "course.resumed",
    }
    assert "The course is held: nothing is dosed until it is resumed." in said_held
    assert resumed.status_code == 303
    assert "The course goes on." in words_of(await operations.get(resumed.headers["location"]))
    assert refused.status_code == 403
    assert (await operations.get(path_of(phq9(course, at=MONDAY)))).status_code == 403


async def test_another_sites_course_is_not_recorded_in_and_what_was_entered_is_not_lost(
    house: House, dosed: str
) -> None:
    """The form is shown again with it, and learns nothing of the course."""
    cork = await house.caller(TokenRole.CLINIC, site="cork")
    before = await view_of(house, dosed)

    page = await sends(cork, vitals(dosed, at=MONDAY, systolic=133))

    assert page.status_code == 403
    assert "This token is bound to site cork" in words_of(page)
    assert value_in(page, "/data/systolic") == "133"
    assert (await view_of(house, dosed))["sequence"] == before["sequence"]
    assert (await cork.get(path_of(vitals(dosed, at=MONDAY)))).status_code == 403


async def test_a_course_that_nobody_knows_is_told_and_what_was_entered_is_not_lost(house: House) -> None:
    """A mistyped id costs no reading."""
    course = house.expects()

    page = await sends(house.admin, vitals(course, at=MONDAY, systolic=133))

    assert page.status_code == 404
    assert f"There is no course {course}" in words_of(page)
    assert value_in(page, "/data/systolic") == "133"
    assert (await house.admin.get(path_of(vitals(course, at=MONDAY)))).status_code == 404
    assert (await house.admin.get(f"/courses/{course}/record/nothing.known")).status_code == 404


async def test_a_closed_course_says_that_it_is_closed(house: House) -> None:
    """To whoever decides something in it."""
    course = await house.has(Ward.completed)

    page = await sends(house.admin, resumption(course, at=MONDAY))

    assert page.status_code == 409
    assert "Not recorded: the course is closed" in words_of(page)


async def test_a_referral_begins_a_course_and_leads_to_it(house: House) -> None:
    """One that exists already is not begun twice."""
    course = house.expects("NEWS")
    client = await house.caller(TokenRole.CLINIC)
    said = [one for one in filled_in(referral(course, at=MONDAY)) if one[0] != "/time"]

    answer = await sends_form(client, "/refer", [*said, ("/id", f"form-{course}")])
    shown = words_of(await client.get(answer.headers["location"]))
    twice = await sends_form(client, "/refer", [*said, ("/id", f"form-{course}")])
    again = await sends_form(client, "/refer", said)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, f"/courses/{course}")
    assert "Recorded: Referral." in shown
    assert twice.status_code == 303
    assert "nothing was recorded twice" in words_of(await client.get(twice.headers["location"]))
    assert again.status_code == 409
    assert "this course exists already" in words_of(again)
    assert value_in(again, "/subject") == course
    assert (await sends_form(client, "/refer", [("/subject", "Anna Miller")])).status_code == 422
    assert (await (await house.caller(TokenRole.AUDITOR)).get("/refer")).status_code == 403


async def test_a_form_of_another_site_records_nothing(house: House, dosed: str) -> None:
    """A signed-in browser that is led here by another page has no key of ours."""
    browser = house.client()
    await browser.post("/sign-in", data={"token": house.admin_token})
    before = await view_of(house, dosed)

    page = await sends(browser, vitals(dosed, at=MONDAY))

    assert page.status_code == 403
    assert (await view_of(house, dosed))["sequence"] == before["sequence"]


async def test_while_temporal_is_away_what_was_entered_waits_in_the_form(house: House) -> None:
    """Nobody knows whether it was recorded: sent again it is the same event, and is recorded once."""
    course = await house.has(Ward.dosed)
    client = house.admin
    event = vitals(course, at=datetime.now(UTC), systolic=133)
    form_id = value_in(await opens(client, event), "/id")
    before = await view_of(house, course)

    with temporal_away(house):
        page = await sends(client, event, form_id=form_id, once=True)
        asked = await client.get(path_of(event), headers={"accept": "text/html"})

    assert (page.status_code, asked.status_code) == (503, 503)
    assert "Send the form once more in a moment" in words_of(page)
    assert "retry-after" in page.headers
    assert (value_in(page, "/data/systolic"), value_in(page, "/id")) == ("133", form_id)

    async def recorded() -> bool:
        return (await sends(client, event, form_id=form_id)).status_code == 303

    await eventually(recorded)
    assert (await view_of(house, course))["sequence"] == before["sequence"] + 1

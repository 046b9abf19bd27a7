"""What a nurse reads after recording: what it counted for, whether a dose may follow, what an override ended."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.pages.recording.test_recording import path_of, sends
from tests.support.cast import clearance, minutes, over, vitals
from tests.support.form_filling import BEND, filled_in, sends_form
from tests.support.http_stack import House
from tests.support.outages import temporal_away
from tests.support.page_text import section, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def answered(client: httpx.AsyncClient, response: httpx.Response) -> str:
    assert response.status_code == 303, words_of(response)
    page = await client.get(response.headers["location"])
    found = re.search(r'<div class="notice answered.*?</div>', page.text, re.DOTALL)
    assert found
    return words_of(httpx.Response(200, text=found[0]))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (55, r"126/79 mmHg, .* at 55 min\. Too early for the 60-minute reading: due \d\d:\d\d\."),
        (59, r"at 59 min\. It counts for the 60-minute reading\. The 90-minute reading is due \d\d:\d\d\."),
    ],
)
async def test_a_reading_says_what_it_counted_for(house: House, after: int, said: str) -> None:
    """At 55 minutes it is too early for the 60-minute reading, at 59 it counts for it."""
    course = await house.has(lambda ward: ward.watched(until=minutes(45)), ago=minutes(after - 45))
    at = datetime.now(UTC)

    response = await sends(house.admin, vitals(course, at=at), just_now=True)

    assert re.search(said, await answered(house.admin, response))


async def test_a_pressure_before_the_dose_is_told_by_the_doses_own_limit(house: House) -> None:
    """142 is no alarm of any reading; "normal" would say that the dose may follow."""
    course = await house.has(Ward.checked_in)

    said = await answered(house.admin, await sends(house.admin, vitals(course, at=datetime.now(UTC), systolic=142)))

    assert "Systolic 142 is too high for a dose (140)." in said
    assert "normal" not in said
    assert "✓" not in said


async def test_an_override_is_told_in_the_answer_and_ends_the_blocker(house: House) -> None:
    """By whom, when and why; nothing else blocks the dose on the course's page."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, at=datetime.now(UTC), systolic=142)])
    code = "vitals.systolic_above_limit"
    cleared = clearance(course, at=datetime.now(UTC), overrides=over(code, rationale="White coat, 128 at home"))

    response = await sends(house.admin, cleared)
    said = await answered(house.admin, response)
    page = section(await house.admin.get(f"/courses/{course}"), "What may come next")

    assert re.search(r"Overridden by Dr Osei \d\d:\d\d: Systolic 142 is above the pre-dose limit of 140\.", said)
    assert "Nothing stands in the way of the dose now." in said
    assert "Nothing blocks the dose" in page
    assert re.search(r"Systolic 142 is above .* overridden by Dr Osei \d\d:\d\d : White coat, 128 at home", page)


async def test_a_jump_is_asked_about_once(house: House) -> None:
    """213 after 126: nothing is recorded until somebody says that it is right."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    typed = vitals(course, at=datetime.now(UTC), systolic=213)
    posted = [one for one in filled_in(typed) if one[0] != "/time"]

    asked = await sends_form(house.admin, path_of(typed), posted)
    sure = await sends_form(house.admin, path_of(typed), [*posted, ("happened", "yes")])

    assert asked.status_code == 409
    assert "Is this right?" in words_of(asked)
    assert re.search(r"Systolic 213 is 87 mmHg above the 126 of \d\d:\d\d", words_of(asked))
    assert "Did this happen all the same?" not in words_of(asked)
    assert "Person Duty nurse Lind" in section(asked, "What was entered")
    assert "The protocol says: second reading wanted." in await answered(house.admin, sure)


async def test_a_second_reading_is_told_however_bad_the_rest_of_it_is(house: House) -> None:
    """213 with 84 %: it is due in five minutes, long before the 60-minute reading that the answer names too."""
    course = await house.has(lambda ward: ward.watched(until=minutes(45)), ago=minutes(5))
    typed = vitals(course, at=datetime.now(UTC), systolic=213, spo2=84)
    posted = [one for one in filled_in(typed) if one[0] != "/time"]

    said = await answered(house.admin, await sends_form(house.admin, path_of(typed), [*posted, ("happened", "yes")]))
    reading = (await house.admin.get(f"/v1/courses/{course}")).json()["sessions"][0]["readings"][-1]

    due_at = datetime.fromisoformat(reading["verdict"]["recheck_due_at"]).astimezone(BEND)
    assert "The protocol says: emergency." in said
    assert "Too early for the 60-minute reading" in said
    assert f"The second reading is due at {due_at:%H:%M}." in said


async def test_a_person_whom_nobody_knows_is_asked_about(house: House) -> None:
    """Whoever is in the on-call file, or was met in this course before, is not."""
    course = await house.has(Ward.dosed)
    posted = [
        one for one in filled_in(vitals(course, at=datetime.now(UTC))) if one[0] not in {"/time", "/data/actor/id"}
    ]
    form = path_of(vitals(course, at=datetime.now(UTC)))

    stranger = await sends_form(house.admin, form, [*posted, ("/data/actor/id", "nobody-known")])
    known = await sends_form(house.admin, form, [*posted, ("/data/actor/id", "thorne")])

    assert stranger.status_code == 409
    assert "Nobody called “nobody-known” is in the on-call file" in words_of(stranger)
    assert known.status_code == 303


async def test_the_role_follows_the_person(house: House) -> None:
    """Nobody chooses a role for the duty nurse; and a reading is offered to no patient."""
    course = await house.has(Ward.dosed)
    posted = [
        one for one in filled_in(vitals(course, at=datetime.now(UTC))) if one[0] not in {"/time", "/data/actor/role"}
    ]
    form = path_of(vitals(course, at=datetime.now(UTC)))

    shown = await house.admin.get(form)
    answer = await sends_form(house.admin, form, posted)

    assert answer.status_code == 303
    (roles,) = re.findall(r'<select id="f-data-actor-role".*?</select>', shown.text, re.DOTALL)
    assert set(re.findall(r'value="(\w+)"', roles)) == {"prescriber", "monitor", "therapist", "coordinator"}
    assert '<option value="lind" data-role="monitor">Duty nurse Lind, monitor</option>' in shown.text


async def test_a_dose_is_typed_beside_what_it_is_compared_with(house: House) -> None:
    """The plan's dose for today's weight, that weight, and the last dose."""
    course = await house.has(Ward.cleared)

    page = await house.admin.get(f"/courses/{course}/record/dose.administered")

    said = words_of(page)
    for words in ("Planned: 0.5 mg/kg, that is 35 mg", "Weight: 70 kg at this check-in", "Last dose: none yet"):
        assert words in said, words
    assert 'data-weight="70.0"' in page.text


async def test_what_waits_for_temporal_keeps_its_time(house: House) -> None:
    """A reading that nobody took yet is sent again later, and happened when it was first sent."""
    course = await house.has(Ward.dosed)
    event = vitals(course, at=datetime.now(UTC), systolic=133)

    with temporal_away(house):
        page = await sends(house.admin, event, once=True)

    assert page.status_code == 503
    found = re.search(r'name="/time"[^>]*value="(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)"', page.text)
    assert found
    assert timedelta() <= datetime.now(UTC) - event.time < timedelta(minutes=5)

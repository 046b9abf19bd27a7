"""Correcting on the pages: at each fact of the timeline, with what was recorded, a reason, and 'entered in error'."""

import re
from datetime import UTC, datetime

import httpx
import pytest

from tests.pages.recording.test_recording import view_of
from tests.support.cast import vitals
from tests.support.form_filling import sends_form
from tests.support.http_stack import House, on_the_wire
from tests.support.page_text import section, value_in, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def has_a_wrong_reading(house: House) -> str:
    """A dosed patient whose reading has another one's oxygen."""
    course = await house.has(Ward.dosed)
    sent = await house.admin.post("/v1/events", json=on_the_wire(vitals(course, at=datetime.now(UTC), spo2=82)))
    assert sent.status_code == 200
    await house.is_recorded(course)
    return course


async def correction_form(house: House, course: str) -> tuple[str, httpx.Response]:
    """The form behind the newest 'correct this' of the timeline."""
    page = await house.admin.get(f"/courses/{course}")
    paths = re.findall(rf'href="(/courses/{course}/correct/\d+)"', page.text)
    newest = max(paths, key=lambda path: int(path.rpartition("/")[2]))
    return newest, await house.admin.get(newest)


def corrected(form: httpx.Response, **said: str) -> list[tuple[str, str]]:
    """The form as it is shown, with these fields filled in differently."""
    names = ("/data/session", "/data/systolic", "/data/diastolic", "/data/heart_rate", "/data/spo2", "/zone", "/time")
    shown = {name: value_in(form, name) for name in names if name != "/zone"}
    shown |= {"/data/respiratory_rate": value_in(form, "/data/respiratory_rate"), "zone": value_in(form, "zone")}
    shown |= {"/id": value_in(form, "/id"), "form_key": value_in(form, "form_key")}
    return [*{**shown, "/data/actor/id": "lind", "/data/actor/role": "monitor", **said}.items()]


async def test_a_reading_is_corrected_by_its_form(house: House) -> None:
    """The form has what was recorded; sent, the reading reads anew and the old one stands struck through."""
    course = await has_a_wrong_reading(house)
    path, form = await correction_form(house, course)
    assert value_in(form, "/data/spo2") == "82"
    assert 'value="no" checked' in form.text, "it happened, unless somebody says that it did not"
    assert "Not said" not in form.text
    assert '<span class="tally">none</span>' in form.text, "its symptoms are folded: there was none"

    sent = await sends_form(
        house.admin, path, corrected(form, **{"/data/spo2": "98", "/reason": "Another patient's sensor"})
    )

    assert sent.status_code == 303, words_of(sent)
    view = await view_of(house, course)
    assert view["sessions"][0]["readings"][-1]["vitals"]["spo2"] == 98
    assert [one["rests_on_corrected"] for one in view["escalations"] if one["kind"] == "vitals_emergency"] == [True]
    await house.is_recorded(course)
    page = await house.admin.get(f"/courses/{course}")
    story = section(page, "The story")
    assert "SpO₂ 82" in story
    assert "corrected since" in story
    assert re.search(r"<s>[^<]*SpO₂ 82", page.text)
    _, again = await correction_form(house, course)
    assert value_in(again, "/data/spo2") == "98"


async def test_what_was_entered_in_error_is_taken_back(house: House) -> None:
    """Only the reason is asked for besides."""
    course = await has_a_wrong_reading(house)
    path, form = await correction_form(house, course)
    before = len((await view_of(house, course))["sessions"][0]["readings"])

    sent = await sends_form(house.admin, path, corrected(form, **{"/retracted": "yes", "/reason": "Another patient"}))

    assert sent.status_code == 303, words_of(sent)
    assert len((await view_of(house, course))["sessions"][0]["readings"]) == before - 1
    await house.is_recorded(course)
    assert "taken back: entered in error" in section(await house.admin.get(f"/courses/{course}"), "The story")


async def test_a_correction_needs_a_reason(house: House) -> None:
    """The form comes back with everything in it."""
    course = await has_a_wrong_reading(house)
    path, form = await correction_form(house, course)

    sent = await sends_form(house.admin, path, corrected(form, **{"/data/spo2": "98"}))

    assert sent.status_code == 422
    assert value_in(sent, "/data/spo2") == "98"
    assert "This is needed" in words_of(sent)


async def test_a_correction_to_a_time_still_to_come_is_told_by_the_sites_clock(house: House) -> None:
    """No stamp of another clock stands in a sentence."""
    course = await has_a_wrong_reading(house)
    path, form = await correction_form(house, course)

    sent = await sends_form(
        house.admin, path, corrected(form, **{"/time": "2199-11-30T10:00", "/reason": "Another time"})
    )

    assert sent.status_code == 422
    assert 'id="f-time-error"' in sent.text
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|RFC|ahead of now", words_of(sent))


async def test_a_decision_has_no_form_to_correct_it(house: House) -> None:
    """It is taken back by another decision."""
    course = await has_a_wrong_reading(house)

    assert (await house.admin.get(f"/courses/{course}/correct/1")).status_code == 404

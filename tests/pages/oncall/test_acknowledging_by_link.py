"""A nurse is woken, opens the link of their page, and says by one button that they have it."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from playwright.async_api import Browser, expect

from console.pages.oncall.page_context import circumstances
from domain.access import TokenRole
from domain.escalation.ids import EscalationKey
from domain.escalation.messages import EscalationView
from domain.oncall.file import FALLBACK
from gateway.links import GOOD_FOR, Links
from gateway.workflow_calls import Unavailable
from tests.support.browser import PHONE, THUMB, TOO_SMALL, looks
from tests.support.cast import MARA, minutes, new_version, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.rooms import BEND
from tests.support.running_stack import Received
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


async def woken(house: House, person: str) -> tuple[str, str]:
    """A reading that is an emergency: the escalation, and the link of this person's page."""
    course = await house.has(Ward.dosed, name=MARA.split("-")[0])
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    return f"{course}~vitals_emergency~1~1", await link_of(house, course, person)


async def link_of(house: House, course: str, person: str) -> str:
    """The link in the page that this person gets of the course."""

    async def paged() -> Received | None:
        return next((page for page in house.inbox.of(course) if page.person == person), None)

    page = await eventually(paged)
    link = re.search(r"http\S+/ack/\S+", page.body)
    assert link
    return link[0]


def alarm_path(house: House, escalation: str) -> str:
    """The path to the escalation that names it to nobody, as a fallback's page has it."""
    return links_of(house).alarm(escalation)


def links_of(house: House) -> Links:
    return Links([(house.floor.data / "link-secret").read_text(encoding="utf-8")], house.url)


async def state(house: House, escalation: str) -> tuple[str, str | None]:
    shown = (await house.admin.get(f"/v1/escalations/{escalation}")).json()
    return shown["state"], shown["acknowledged_by"]


async def test_opening_the_link_changes_nothing_and_the_button_acknowledges(house: House) -> None:
    """A preview may look as often as it likes; it needs no sign-in and no script, and holds nothing clinical."""
    escalation, link = await woken(house, "lind")
    nurse = house.client()

    seen = await nurse.get(link)
    assert (await nurse.head(link)).status_code in {200, 405}
    assert (await nurse.options(link)).status_code in {200, 405}
    assert seen.status_code == 200
    assert "immediate review" in seen.text
    assert "<script" not in seen.text
    assert "84" not in re.sub(r"[A-Za-z0-9_.~-]{12,}", "", seen.text)
    assert (await state(house, escalation))[0] == "open"

    answered = await nurse.post(link)

    assert "You have it" in answered.text
    assert await state(house, escalation) == ("acknowledged", "lind")
    assert "You have it" in (await nurse.post(link)).text


async def test_who_answers_is_told_whom_no_page_reached(house: House) -> None:
    """Dr Osei's phone is dead: the nurse, who was reached, reads it behind their own page; so does the floor."""
    file = house.stack.oncall
    good = file.read_text(encoding="utf-8")
    try:
        file.write_text(re.sub(r'"json://[^"]*/osei"', '"json://127.0.0.1:9/osei"', good), encoding="utf-8")
        escalation, link = await woken(house, "lind")

        async def unreached() -> list[str]:
            shown = (await house.admin.get(f"/v1/escalations/{escalation}")).json()
            return [one["person"] for one in shown["unreached"]]

        assert await eventually(unreached) == ["osei"]
    finally:
        file.write_text(good, encoding="utf-8")
    said = "Dr Osei could not be reached: no channel took the page"

    async def recorded() -> bool:
        return said in (await (await house.caller(TokenRole.ONCALL)).get("/escalations")).text

    assert said in (await house.client().get(link)).text

    async def on_the_floor() -> bool:
        await house.resolves_all_but(escalation)
        return said in (await (await house.caller(TokenRole.ONCALL)).get("/")).text

    assert await eventually(recorded)
    assert await eventually(on_the_floor)


async def test_who_answers_is_told_that_the_value_was_corrected_meanwhile(house: House) -> None:
    """The nurse is on their way for 84 %: it was 98, another patient's sensor. They go and look all the same."""
    course = await house.has(Ward.dosed)
    wrong = vitals(course, 1, at=datetime.now(UTC), spo2=84)
    await house.sends([wrong])
    link = await link_of(house, course, "lind")
    await house.sends([new_version(wrong, f"{wrong.id}-2", spo2=98)])

    seen = await house.client().get(link)

    assert "what raised it has been corrected" in seen.text
    assert "I have it" in seen.text
    page = await house.admin.get(f"/escalations/{course}~vitals_emergency~1~1")
    assert "What raised this has been corrected since" in page.text


async def test_a_page_can_be_passed_on(house: House) -> None:
    """The colleague is paged at once; whoever passed it on has promised nothing."""
    escalation, link = await woken(house, "lind")

    passed = await house.client().post(f"{link}/pass-on", data={"to": "ward"})

    async def paged() -> bool:
        return any(page.person == "ward" for page in house.inbox.of(EscalationKey.parse(escalation).course_id))

    assert passed.status_code == 200
    assert "I have it" not in passed.text
    assert await eventually(paged)
    assert (await state(house, escalation))[0] == "open"


@pytest.mark.parametrize("first", ["", "/pass-on"])
async def test_a_used_link_passes_nothing_on(house: House, first: str) -> None:
    """Acknowledged by it or passed on: nobody else's phone rings because of what lies in a browser's history."""
    escalation, link = await woken(house, "lind")
    nurse, to_ward = house.client(), {"to": "ward"}
    assert (await nurse.post(f"{link}{first}", data=to_ward)).status_code == 200
    before = await state(house, escalation)

    for _ in range(3):
        refused = await nurse.post(f"{link}/pass-on", data=to_ward)
        assert (refused.status_code, "newest page" in refused.text) == (409, True)

    sent = (await house.admin.get(f"/v1/escalations/{escalation}")).json()["pages"]
    assert len([page for page in sent if page["person"] == "ward"]) == (1 if first else 0)
    assert await state(house, escalation) == before


async def test_nobody_passes_an_alarm_on_to_themselves(house: House) -> None:
    """By a link or signed in: it is as it was, and the link still answers."""
    escalation, link = await woken(house, "lind")

    by_link = await house.client().post(f"{link}/pass-on", data={"to": "lind"})
    over_http = await house.admin.post(f"/v1/escalations/{escalation}/reassign", json={"by": "lind", "to": "lind"})

    assert by_link.status_code == 409
    assert (over_http.status_code, over_http.json()["errors"][0]["pointer"]) == (422, "/to")
    assert (await house.client().post(link)).status_code == 200
    assert await state(house, escalation) == ("acknowledged", "lind")


async def test_what_is_resolved_needs_no_answer(house: House) -> None:
    """The page says who was quicker; the button is gone, and pressed all the same it changes nothing."""
    escalation, link = await woken(house, "osei")
    done = {"by": "lind", "note": "Oxygen, 97 % since"}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).status_code == 200

    seen = await house.client().get(link)
    pressed = await house.client().post(link)

    assert "Resolved by Duty nurse Lind" in seen.text
    assert "I have it" not in seen.text
    assert "Somebody was quicker" in pressed.text


async def test_whoever_takes_it_over_from_a_colleague_knows_that_they_do(house: House) -> None:
    """Nobody takes an alarm away unawares; and once they have it they find the way to say that it is dealt with."""
    escalation, link = await woken(house, "osei")
    assert (await house.admin.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "lind"})).status_code == 200

    seen = await house.client().get(link)
    unawares = await house.client().post(link)

    assert "Duty nurse Lind has it" in seen.text
    assert "I take it over" in seen.text
    assert "If nobody answers" not in seen.text
    assert "Somebody was quicker" in unawares.text
    assert "I take it over" in unawares.text
    assert await state(house, escalation) == ("acknowledged", "lind")
    pressed = await house.client().post(link, data={"over": "yes"})
    assert "You have it" in pressed.text
    assert f'href="{alarm_path(house, escalation)}?page"' in pressed.text
    assert escalation not in pressed.text
    assert await state(house, escalation) == ("acknowledged", "osei")


async def test_a_link_that_is_not_ours_is_told_in_words(house: House) -> None:
    """In a sentence, without saying what there is."""
    seen: httpx.Response = await house.client().get("/ack/rubbish.rubbish")

    assert seen.status_code == 410
    assert "open it from the page again" in seen.text


async def test_nobody_is_snoozed_out_of_an_emergency(house: House) -> None:
    """An emergency's `max_snooze` is nothing at all."""
    escalation, _ = await woken(house, "lind")
    order = {"by": "lind", "for": "PT1M", "note": "Busy"}

    refused = await house.admin.post(f"/v1/escalations/{escalation}/snooze", json=order)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/for")


async def test_the_fallbacks_link_says_how_to_answer(house: House) -> None:
    """Nobody in particular is behind the fallback channels: whoever reads it is told what to do, no more."""
    escalation, link = await woken(house, "lind")
    secret = (house.floor.data / "link-secret").read_text(encoding="utf-8")
    fallback = Links([secret], house.url).for_(escalation, FALLBACK, datetime.now(UTC))
    nobody = house.client()

    seen = await nobody.get(fallback)
    await house.client().post(link)
    answered = await nobody.get(fallback, headers={"accept": "text/html"})

    assert (seen.status_code, seen.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "kapstan ack with its id and --by" in seen.text
    assert escalation not in seen.text
    assert answered.status_code == 303, "somebody has it: there is nothing to raise an alarm about"
    assert answered.headers["location"].startswith("/sign-in?")
    assert (await nobody.get("/escalations/rubbish")).status_code == 422


async def test_nobody_is_alarmed_on_the_way_to_all_of_it(house: House) -> None:
    """Their link, acknowledged, then "See all of it": the sign-in; "nobody could be reached" is for the fallback."""
    _, link = await woken(house, "lind")
    nurse = house.client()

    pressed = await nurse.post(link)
    whole = re.search(r'href="(/alarm/[^"]+)"', pressed.text)
    assert whole is not None
    seen = await nurse.get(whole[1], headers={"accept": "text/html"})
    unknown = await nurse.get("/escalations/EX-404~vitals_overdue~1~1", headers={"accept": "text/html"})

    assert seen.status_code == 303
    assert seen.headers["location"].startswith("/sign-in?to=%2Falarm%2F")
    assert unknown.status_code == 303


async def test_who_has_it_reads_on_their_link_how_the_patient_is(house: House, browser: Browser) -> None:
    """Two taps and no key: the link, "I have it"; the values follow what is recorded, and the read is kept."""
    escalation, link = await woken(house, "lind")
    course = EscalationKey.parse(escalation).course_id
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        assert await eyes.page.locator("#patient").count() == 0
        await eyes.page.get_by_role("button", name="I have it").click()

        patient = eyes.page.locator("#patient")
        await expect(patient).to_contain_text("SpO₂ 84 is below the limit of 90")
        await expect(patient).to_contain_text("since the dose")
        await expect(patient.get_by_role("link", name="Take a reading")).to_be_in_viewport()
        assert await eyes.barriers() == []
        await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=133)])
        await expect(patient).to_contain_text("133/79 mmHg")
        assert not eyes.complaints
        await eyes.context.set_offline(offline=True)
        await expect(eyes.page.get_by_role("alert")).to_contain_text("may be old")
        at_the_site = [datetime.now(BEND) - minutes(ago) for ago in (0, 1)]
        said = await eyes.page.get_by_role("alert").inner_text()
        assert any(f"{at:%H:%M}" in said for at in at_the_site), said
        await eyes.context.set_offline(offline=False)
        await expect(eyes.page.locator("#link")).to_be_empty()

    colleague = await link_of(house, course, "osei")
    assert 'id="patient"' not in (await house.client().get(colleague)).text

    async def kept() -> bool:
        reads = await house.reads_of(course, frozenset())
        return ("lind", "patient of a page") in {(read.person, read.what) for read in reads}

    assert await eventually(kept)


async def test_a_link_that_stays_open_tells_who_has_it_meanwhile(house: House, browser: Browser) -> None:
    """That they have it is true as long as it stands there: a colleague who takes it over takes the values along."""
    escalation, link = await woken(house, "lind")
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        await eyes.page.get_by_role("button", name="I have it").click()
        await expect(eyes.page.locator("dl")).to_contain_text("You have it")
        taken = await house.admin.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "osei"})
        assert taken.is_success

        await expect(eyes.page.locator("dl")).to_contain_text("Dr Osei has it")
        await expect(eyes.page.locator("#patient")).to_have_count(0)
        await expect(eyes.page.get_by_role("button", name="I take it over")).to_be_visible()
        assert not eyes.complaints


async def test_the_value_that_is_wrong_is_no_smaller_than_those_that_are_well(house: House, browser: Browser) -> None:
    """84 % is what they were woken for: it is what the eye finds first, and whatever they may press fits a thumb."""
    _, link = await woken(house, "lind")
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        small = await eyes.page.evaluate(TOO_SMALL, THUMB)
        await eyes.page.get_by_role("button", name="I have it").click()
        await expect(eyes.page.locator("#patient .signs")).to_contain_text("84 %")
        small += await eyes.page.evaluate(TOO_SMALL, THUMB)
        sizes = await eyes.page.locator("#patient .signs > span").evaluate_all(
            "signs => signs.map((one) => [one.matches('.chip'), parseFloat(getComputedStyle(one).fontSize)])"
        )

    assert small == []
    assert min(size for is_wrong, size in sizes if is_wrong) >= max(size for is_wrong, size in sizes if not is_wrong)


async def test_nobody_takes_it_over_by_a_page_that_is_older_than_their_colleagues_answer(
    house: House, browser: Browser
) -> None:
    """Two are paged and both press "I have it": the second reads that somebody was quicker, and takes nothing away."""
    escalation, link = await woken(house, "lind")
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        assert (await house.admin.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "osei"})).is_success
        await eyes.page.get_by_role("button", name="I have it").click()

        await expect(eyes.page.get_by_role("status")).to_contain_text("Somebody was quicker")
        await expect(eyes.page.locator("dl")).to_contain_text("Dr Osei has it")
        assert await state(house, escalation) == ("acknowledged", "osei")
        await eyes.page.get_by_role("button", name="I take it over").click()
        await expect(eyes.page.get_by_role("status")).to_contain_text("You have it")
        assert await state(house, escalation) == ("acknowledged", "lind")


async def test_values_stay_while_the_course_does_not_answer(house: House, browser: Browser) -> None:
    """What was last known is worth more than nothing, with the word that nothing newer is known."""
    _, link = await woken(house, "lind")
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        await eyes.page.get_by_role("button", name="I have it").click()
        await expect(eyes.page.locator("#patient")).to_contain_text("84 %")
        unknown = (
            '<div id="page" hx-get="x"><section id="patient" data-unknown><p class="notice">'
            "How the patient is cannot be told now</p></section></div>"
        )
        await eyes.page.route("**/ack/*", lambda route: route.fulfill(body=unknown, content_type="text/html"))

        await expect(eyes.page.locator("#patient")).to_contain_text("cannot be told now")
        await expect(eyes.page.locator("#patient")).to_contain_text("84 %")


async def test_a_course_that_does_not_answer_is_said_to(house: House) -> None:
    """Nothing there is not the same as nothing known."""
    escalation, _ = await woken(house, "lind")
    view = EscalationView.model_validate((await house.admin.get(f"/v1/escalations/{escalation}")).json())
    hung = AsyncMock(side_effect=Unavailable("It does not answer"))
    services = Mock(courses=Mock(view=hung), escalations=Mock(view=hung))

    assert not (await circumstances(services, view, datetime.now(UTC))).is_known


async def test_the_link_in_the_fallbacks_page_says_nothing_of_the_alarm(house: House) -> None:
    """It lies in a mailbox of many people: who reads it is told how to answer, and whoever signs in is led there."""
    escalation, _ = await woken(house, "lind")
    path, stranger = alarm_path(house, escalation), house.client()

    seen = await stranger.get(path)
    led = await house.admin.get(path)

    assert seen.status_code == 200
    assert "Somebody has to answer this" in seen.text
    assert escalation not in seen.text
    assert (led.status_code, led.headers["location"]) == (303, f"/escalations/{escalation}")
    assert (await stranger.get("/alarm")).status_code == 200
    assert (await stranger.get(f"{path[:-1]}")).status_code == 404
    assert (await stranger.get(f"/ack/{path.rpartition('/')[2]}")).status_code == 410


async def test_a_link_opens_one_alarm_for_one_person_and_a_day(house: House) -> None:
    """Too old, forged, or of somebody who is in the on-call file no more: nothing is shown, nothing changes."""
    escalation, link = await woken(house, "lind")
    links, now, nobody = links_of(house), datetime.now(UTC), house.client()
    path, _, sealed = link.rpartition("/")
    _, others_link = await woken(house, "lind")
    useless = {
        links.for_(escalation, "lind", now - GOOD_FOR - timedelta(seconds=1)): 410,
        Links(["t" * 32], house.url).for_(escalation, "lind", now): 410,
        f"{path}/{sealed[::-1]}": 410,
        f"{path}/{others_link.rpartition('/')[2][:24]}{sealed[24:]}": 410,
        links.for_(escalation, "a-stranger", now): 410,
        links.for_("EX-404~vitals_emergency~1~1", "lind", now): 409,
    }

    for one, status in useless.items():
        assert (await nobody.post(one)).status_code == status, one
        assert (await nobody.post(f"{one}/pass-on", data={"to": "ward"})).status_code == status, one
        assert (await nobody.get(one)).status_code == status, one

    assert await state(house, escalation) == ("open", None)
    assert (await nobody.post(others_link)).status_code == 200
    assert await state(house, escalation) == ("open", None)


async def test_a_link_that_has_answered_answers_no_later_alarm(house: House) -> None:
    """They had it and passed it on: what lies in their browser's history takes it from nobody."""
    escalation, link = await woken(house, "lind")
    nurse = house.client()
    assert "You have it" in (await nurse.post(link)).text
    order = {"by": "lind", "to": "osei"}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/reassign", json=order)).status_code == 200

    again = await nurse.post(link)

    assert again.status_code == 409
    assert "newest page" in again.text
    assert (await state(house, escalation))[0] == "open"


@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "not yet"])
async def test_see_all_of_it_is_the_sign_in(house: House, browser: Browser, is_answered: bool) -> None:
    """Their link, "See all of it", with "I have it" before or not: no page says that nobody could be reached."""
    _, link = await woken(house, "lind")
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link)
        if is_answered:
            await eyes.page.get_by_role("button", name="I have it").click()
            await expect(eyes.page.get_by_role("status")).to_contain_text("You have it")
        await eyes.page.get_by_role("link", name="See all of it").click()

        await expect(eyes.page.get_by_label("Token")).to_be_visible()
        await expect(eyes.page.get_by_text("could be reached")).to_have_count(0)
        assert not eyes.complaints

"""On-call staff answer on the page: with one thumb, or without a mouse; and a refusal says why."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from playwright.async_api import Browser, Locator, expect

from console.pages.frame.rendering import HERE
from console.pages.frame.rendering import _templates as templates
from console.pages.oncall.escalations import PATH, EscalationsPage
from domain.access import TokenRole
from tests.support.browser import PHONE, THUMB, looks
from tests.support.cast import HAS_A_PLAN, cssrs, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.network import wire
from tests.support.page_text import section
from tests.support.running_stack import Received
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


async def at_risk(house: House) -> tuple[str, str]:
    """A course with an open emergency: it, and the escalation."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    await house.is_called_for(escalation)
    return course, escalation


async def writes(work: Locator, words: str) -> Locator:
    """Somebody opens the form to resolve it and writes what was done: the field."""
    await work.get_by_text("It is dealt with").click()
    note = work.get_by_label("What was done")
    await note.fill(words)
    return note


async def state(house: House, escalation: str) -> tuple[str, str | None]:
    shown = (await house.admin.get(f"/v1/escalations/{escalation}")).json()
    return shown["state"], shown["acknowledged_by"]


async def test_a_nurse_acknowledges_from_the_link_of_their_page(house: House, browser: Browser) -> None:
    """On a phone of 390 × 844, without signing in, by one large button."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])

    async def paged() -> Received | None:
        return next((page for page in house.inbox.of(course) if page.person == "lind"), None)

    link = re.search(r"http\S+/ack/\S+", (await eventually(paged)).body)
    assert link
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.page.goto(link[0])
        button = eyes.page.get_by_role("button", name="I have it")
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= THUMB
        assert box["y"] + box["height"] <= PHONE[1]
        assert (await state(house, f"{course}~vitals_emergency~1~1"))[0] == "open"
        await expect(eyes.page.get_by_text("room willow")).to_be_visible()
        await expect(eyes.page.get_by_role("region", name="If nobody answers")).to_contain_text("Dr Ward")

        await button.click()

        await expect(eyes.page.get_by_role("status")).to_contain_text("You have it")
        assert await state(house, f"{course}~vitals_emergency~1~1") == ("acknowledged", "lind")
        assert not eyes.complaints
        assert not eyes.strangers


async def test_an_escalation_is_acknowledged_with_the_keyboard_alone(house: House, browser: Browser) -> None:
    """Tab to the button, Enter; the page stays where it is, and the focus at what was answered."""
    _, escalation = await at_risk(house)
    token = await house.phone_of("lind")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/escalations")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{escalation}']")
        button = work.get_by_role("button", name="I have it")

        for _ in range(200):
            await eyes.page.keyboard.press("Tab")
            if await button.evaluate("button => button === document.activeElement"):
                break
        await eyes.page.keyboard.press("Enter")

        await expect(work).to_contain_text("has it since")
        assert (await state(house, escalation))[0] == "acknowledged"
        assert eyes.page.url.endswith("/escalations")
        assert await eyes.page.evaluate("document.activeElement.closest('article')?.id") == f"work-{escalation}"


async def test_nobody_is_taken_for_somebody_else(house: House, browser: Browser) -> None:
    """Enter on "I have it" at a shared screen asks who; whoever said so is suggested there from then on."""
    _, escalation = await at_risk(house)
    token = await house.token(TokenRole.ONCALL)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        form = eyes.page.locator("form.acknowledge")
        who = form.get_by_label("I am")
        await form.get_by_role("button", name="I have it").press("Enter")

        await expect(who).to_be_focused()
        assert await who.evaluate("field => field.value === '' && !field.checkValidity()")
        assert (await state(house, escalation))[0] == "open"

        await who.select_option("osei")
        await form.get_by_role("button", name="I have it").click()

        await expect(eyes.page.locator(".state")).to_contain_text("Dr Osei has it")
        assert await state(house, escalation) == ("acknowledged", "osei")
        assert await eyes.page.locator("form.resolve select[name=by]").input_value() == "osei"


async def test_it_is_resolved_passed_on_and_every_page_is_shown(house: House, browser: Browser) -> None:
    """Each in its place: who was asked, by what, and what came of it."""
    course, escalation = await at_risk(house)
    token = await house.phone_of("lind")

    async def paged() -> bool:
        return bool(house.inbox.of(course))

    await eventually(paged)
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        work = eyes.page.locator(f"[id='work-{escalation}']")
        await expect(work.get_by_role("cell", name="Duty nurse Lind").first).to_be_visible()

        await work.get_by_text("Pass it on").click()
        await work.get_by_label("To", exact=True).select_option("ward")
        await work.get_by_role("button", name="Page them now").click()
        await expect(work.get_by_role("cell", name="Dr Ward").first).to_be_visible()
        await writes(work, "Spoke with them; safety plan renewed")
        await work.get_by_role("button", name="Resolve").click()

        await expect(work).to_contain_text("Resolved")
        await expect(work).to_contain_text("safety plan renewed")
    assert (await state(house, escalation))[0] == "resolved"


async def test_what_somebody_writes_stays_when_somebody_else_was_quicker(house: House, browser: Browser) -> None:
    """Resolved under their hands: the page says so, and their words stay; when sent they are refused there."""
    _, escalation = await at_risk(house)
    token = await house.phone_of("lind")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{escalation}']")
        note = await writes(work, "Seen")
        done = {"by": "osei", "note": "Spoke with them"}
        assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).status_code == 200

        await expect(work.locator(".state")).to_contain_text("Resolved")
        await expect(eyes.page.get_by_role("alert")).to_contain_text("What you wrote is kept here, and was not sent")
        assert await note.input_value() == "Seen"
        await work.get_by_role("button", name="Resolve").click()

        await expect(eyes.page.get_by_role("alert")).to_contain_text("Resolved by Dr Osei")
        await expect(work).to_contain_text("Spoke with them")
        assert not await note.count()


async def test_a_note_that_came_second_is_kept_beside_who_was_first(house: House, browser: Browser) -> None:
    """Two resolve at once: the second reads who did and when, and adds their own words with one more tap."""
    course, escalation = await at_risk(house)
    token = await house.phone_of("lind")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        work = eyes.page.locator(f"[id='work-{escalation}']")
        await writes(work, "Their sister is with them")
        done = {"by": "osei", "note": "Spoke with them"}
        assert (await house.admin.post(f"/escalations/{escalation}/resolve", data=done)).status_code == 303
        await work.get_by_role("button", name="Resolve").click()

        await expect(work.get_by_role("alert")).to_contain_text(
            re.compile(r"Resolved by Dr Osei at \d\d:\d\d: what you sent came after that")
        )
        await expect(work.get_by_role("region", name="Your note, which was not noted down")).to_be_visible()
        assert await eyes.barriers() == []
        await eyes.context.set_offline(offline=True)
        await work.get_by_role("button", name="Add my note").click()
        await expect(work.get_by_text("Kapstan could not be reached")).to_be_visible()
        await eyes.context.set_offline(offline=False)
        await work.get_by_role("button", name="Add my note").dblclick()

        await expect(work.locator(".note")).to_contain_text(["Spoke with them", "Their sister is with them"])
        await expect(work.locator(".note").last).to_contain_text("Duty nurse Lind")
        await expect(eyes.page.get_by_role("region", name="Your note")).to_have_count(0)
    await house.is_recorded(course)
    ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    added = [one for one in ledger if one["type"] == "kap.note.added"]
    assert [(one["actor"], one["data"], one["sent_by"]["person"]) for one in added] == [
        (
            {"id": "lind", "role": "monitor"},
            {"note": "Their sister is with them", "escalation": escalation},
            "lind",
        )
    ]


@pytest.mark.parametrize("is_among_others", [False, True], ids=["its own page", "the list"])
async def test_who_said_who_they_are_is_not_asked_again_for_a_note_that_came_second(
    house: House, browser: Browser, *, is_among_others: bool
) -> None:
    """The token is nobody's: who was chosen stays chosen, and their note is added by one tap."""
    _, escalation = await at_risk(house)
    token = await house.token(TokenRole.ONCALL)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/escalations" if is_among_others else f"/escalations/{escalation}")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{escalation}']")
        await writes(work, "Their sister is with them")
        await work.locator("form.resolve").get_by_label("I am").select_option("lind")
        done = {"by": "osei", "note": "Spoke with them"}
        assert (await house.admin.post(f"/escalations/{escalation}/resolve", data=done)).status_code == 303
        await work.get_by_role("button", name="Resolve").click()

        unsent = eyes.page.get_by_role("region", name="Your note, which was not noted down")
        await expect(unsent.get_by_label("I am")).to_have_value("lind")
        await unsent.get_by_role("button", name="Add my note").click()
        await expect(eyes.page.locator(".note").last).to_contain_text("Duty nurse Lind")
        await expect(eyes.page.locator(".note").last).to_contain_text("Their sister is with them")


async def test_a_note_that_is_refused_stays_to_be_sent_again(house: House) -> None:
    """By somebody whom the on-call file does not know, or blank: nothing is written, and their words are there."""
    course, escalation = await at_risk(house)
    at = f"/escalations/{escalation}/note"

    unknown = await house.admin.post(at, data={"by": "nobody", "note": "Slept well", "id": "a-note"})
    blank = await house.admin.post(at, data={"by": "lind", "note": "", "id": "a-note"})
    elsewhere = await (await house.caller(TokenRole.ONCALL, "cork")).post(
        at, data={"by": "lind", "note": "x", "id": "y"}
    )

    assert (unknown.status_code, blank.status_code, elsewhere.status_code) == (422, 422, 403)
    assert "Slept well" in section(unknown, "Your note, which was not noted down")
    ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    assert "kap.note.added" not in {one["type"] for one in ledger}


async def test_a_note_on_an_escalation_that_nobody_opened_is_refused(house: House) -> None:
    """It would stand on no page: nobody would ever read it."""
    course, _ = await at_risk(house)

    nowhere = await house.admin.post(
        f"/escalations/{course}~vitals_emergency~9~9/note", data={"by": "lind", "note": "Slept well", "id": "a-note"}
    )

    assert nowhere.status_code == 404
    ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    assert "kap.note.added" not in {one["type"] for one in ledger}


async def test_in_the_list_too_what_somebody_writes_stays(house: House, browser: Browser) -> None:
    """The escalation is not among the open ones any more, but their words are, until they are sent and refused."""
    _, escalation = await at_risk(house)
    token = await house.phone_of("lind")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/escalations")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{escalation}']")
        await writes(work, "Seen")
        done = {"by": "osei", "note": "Spoke with them"}
        assert (await house.admin.post(f"/v1/escalations/{escalation}/resolve", json=done)).status_code == 200

        settled = eyes.page.locator(f"[id='resolved-{escalation}']")
        await settled.wait_for()
        await expect(work.get_by_role("alert")).to_contain_text("What you wrote is kept here, and was not sent")
        await work.get_by_role("button", name="Resolve").click()

        await expect(settled.get_by_role("alert")).to_contain_text("Resolved by Dr Osei")
        await expect(settled.get_by_label("My note")).to_have_value("Seen")
        await expect(work).to_have_count(0)
        _, other = await at_risk(house)
        await eyes.page.locator(f"[id='work-{other}']").wait_for()
        await expect(settled.get_by_role("alert")).to_contain_text("Resolved by Dr Osei")


async def test_a_page_that_answers_an_act_is_fetched_anew_from_where_it_is_found(house: House) -> None:
    """Without a script they stay at the act's own address, which nobody can look at."""
    _, escalation = await at_risk(house)
    nurse = await house.caller(TokenRole.ONCALL)

    answer = await nurse.post(
        f"/escalations/{escalation}/resolve", data={"by": "lind"}, headers={"Accept": "text/html"}
    )

    assert answer.status_code == 422
    assert f'hx-get="/escalations/{escalation}"' in answer.text


async def test_a_form_that_is_not_taken_says_so_and_keeps_what_was_written(house: House, browser: Browser) -> None:
    """The sign-in's key is another, or the wire is cut: the page stays, with the reason at the form."""
    _, escalation = await at_risk(house)
    token = await house.phone_of("lind")
    async with wire(house.url) as line, looks(browser, line.url) as eyes:
        await eyes.signs_in(token.token, "/escalations")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{escalation}']")
        form = work.locator("form.resolve")
        key = form.locator("[name=form_key]")
        good = await key.input_value()
        note = await writes(work, "Spoke with them")

        await key.evaluate("field => { field.value = 'another' }")
        await form.get_by_role("button").click()
        await expect(form.get_by_role("alert")).to_contain_text("This form is not one of this sign-in's pages")
        await key.evaluate("(field, good) => { field.value = good }", good)
        line.cut()
        await form.get_by_role("button").click()
        await expect(form.get_by_role("alert")).to_contain_text("Kapstan could not be reached")
        await expect(work.locator(".state")).to_contain_text("Nobody has it yet")
        assert await note.input_value() == "Spoke with them"
        line.mend()
        await eyes.is_live()
        await form.get_by_role("button").click()

        await expect(eyes.page.locator(f"[id='resolved-{escalation}']")).to_contain_text("Spoke with them")
    assert (await state(house, escalation))[0] == "resolved"


async def test_who_may_only_look_is_offered_nothing_to_do(house: House, browser: Browser) -> None:
    """Operations see every escalation and its pages, and no button that would be refused."""
    _, escalation = await at_risk(house)
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")

        await expect(eyes.page.locator(f"[id='work-{escalation}']")).to_contain_text("Nobody has it yet")
        assert await eyes.page.locator("form.act").count() == 0


def test_where_a_patient_is_not_known_a_reading_is_one_tap_away() -> None:
    """Their course does not answer, and their alarm does: who looks at the patient has a place for what they see."""
    form = "/courses/MARA-1/record/vitals.recorded"
    shown = EscalationsPage(
        works=(), resolved=(), people=(), is_known=True, is_one=True, is_patient_unknown=True, record_at=form
    )
    alone = templates.overlay(
        loader=ChoiceLoader(
            [DictLoader({"floor.html": "{% block content %}{% endblock %}"}), FileSystemLoader(HERE / "templates")]
        )
    )

    page = alone.get_template("escalations.html").render(page=shown)

    assert "How the patient is cannot be told now" in page
    assert f'<a class="button" href="{form}">Take a reading</a>' in page


async def test_what_was_put_off_says_until_when(house: House) -> None:
    """On its own page, to which the list leads: else nobody knows why nobody is called."""
    course = await house.has(Ward.dosed)
    escalation = f"{course}~vitals_urgent~1~1"
    for ago in (3, 1):
        await house.sends([vitals(course, 1, at=datetime.now(UTC) - timedelta(minutes=ago), systolic=185)])
    await house.is_called_for(escalation)
    await house.resolves_all_but(escalation)

    order = {"by": "lind", "for": "PT15M", "note": "I am on my way"}
    assert (await house.admin.post(f"/v1/escalations/{escalation}/snooze", json=order)).is_success

    own, listed = [(await house.admin.get(path)).text for path in (f"/escalations/{escalation}", PATH)]
    assert "Put off: no page until" in own
    assert f'<a href="/escalations/{escalation}">' in listed

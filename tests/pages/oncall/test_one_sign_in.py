"""One sign-in does the whole job: a nurse takes an alarm from page to end, operations do what they are paged for."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Response, expect

from domain.access import Grant, TokenRole
from domain.values import Role
from tests.pages.oncall.test_escalations_page import at_risk, state
from tests.pages.recording.test_recording_in_a_browser import fills, reports_as
from tests.support.browser import PHONE, Eyes, looks
from tests.support.cast import WEEKLY, booking, missed, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

NURSE = Grant(roles=(TokenRole.CLINIC, TokenRole.ONCALL), site="bend", person="lind", speaks_as=(Role.MONITOR,))


def refusals(eyes: Eyes) -> list[str]:
    """Every page that is refused to this sign-in from now on."""
    refused: list[str] = []

    def notes(come: Response) -> None:
        if come.status == 403:
            refused.append(come.url)

    eyes.page.on("response", notes)
    return refused


async def test_a_nurse_reads_records_and_resolves_with_one_token(house: House, browser: Browser) -> None:
    """From the escalation to a reading and back to its end, and nothing is refused to them."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    await house.is_called_for(escalation)
    token = await house.granted(NURSE, "Lind's phone")
    async with looks(browser, house.url, PHONE) as eyes:
        refused = refusals(eyes)
        await eyes.signs_in_at_the_form(token.token, f"/escalations/{escalation}")
        await eyes.page.get_by_role("button", name="I have it").click()
        await expect(eyes.page.locator(".state")).to_contain_text("Duty nurse Lind has it")
        await eyes.page.get_by_role("link", name="Take a reading").click()
        await fills(eyes.page, systolic="128", diastolic="80", heart_rate="72", spo2="97", respiratory_rate="14")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Reading.")
        await eyes.page.get_by_role("link", name="Open Immediate review").click()
        await expect(eyes.page.get_by_role("region", name="The patient now")).to_contain_text("97 %")
        await eyes.page.get_by_text("It is dealt with").click()
        await eyes.page.get_by_label("What was done").fill("Oxygen by mask, 97 % since")
        await eyes.page.get_by_role("button", name="Resolve").click()

        await expect(eyes.page.locator(".state")).to_contain_text("Resolved")
        assert (await state(house, escalation))[0] == "resolved"
        assert refused == []
        assert not eyes.complaints


async def test_operations_answer_what_they_are_paged_for(house: House, browser: Browser) -> None:
    """A missed visit pages the desk, which acknowledges and resolves it; nobody else is offered to act there."""
    course = await house.has(Ward.booked, ago=timedelta(days=3))
    await house.sends([missed(course, at=datetime.now(UTC))])
    escalation = f"{course}~session_missed~1~1"
    await house.is_called_for(escalation)
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        refused = refusals(eyes)
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        who = eyes.page.locator("form.acknowledge").get_by_label("I am")
        assert await who.locator("option").all_inner_texts() == ["choose", "Operations desk"]
        await who.select_option("desk")
        await eyes.page.get_by_role("button", name="I have it").click()
        await expect(eyes.page.locator(".state")).to_contain_text("Operations desk has it")
        await eyes.page.get_by_text("It is dealt with").click()
        await eyes.page.get_by_label("What was done").fill("Called, comes on Thursday")
        await eyes.page.get_by_role("button", name="Resolve").click()

        await expect(eyes.page.locator(".state")).to_contain_text("Resolved")
        assert await state(house, escalation) == ("resolved", "desk")
        assert refused == []
        assert not eyes.complaints


async def test_operations_only_look_at_what_pages_others(house: House, browser: Browser) -> None:
    """A clinician's alarm is offered to no desk, and taken from none: in neither the page nor the API."""
    _, escalation = await at_risk(house)
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        await expect(eyes.page.locator(".state")).to_contain_text("Nobody has it yet")
        await expect(eyes.page.get_by_role("button", name="I have it")).to_have_count(0)
        await expect(eyes.page.get_by_text("Add a note")).to_have_count(0)

    desk = house.client(token.token)
    for act, more in (("acknowledge", {}), ("resolve", {"note": "Done"}), ("reassign", {"to": "desk"})):
        answer = await desk.post(f"/v1/escalations/{escalation}/{act}", json={"by": "desk", **more})
        assert (answer.status_code, "this does not page desk" in answer.json()["detail"]) == (403, True), act
    assert (await state(house, escalation))[0] == "open"

    passed_on = await house.admin.post(f"/v1/escalations/{escalation}/reassign", json={"by": "osei", "to": "desk"})
    assert passed_on.status_code == 200, passed_on.text

    async def is_theirs_now() -> bool:
        return (await desk.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "desk"})).is_success

    await eventually(is_theirs_now)
    assert await state(house, escalation) == ("acknowledged", "desk")


async def test_operations_refer_and_book(house: House, browser: Browser) -> None:
    """The desk begins a course at its screen and books a visit; what happens to a patient it does not record."""
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        refused = refusals(eyes)
        await eyes.signs_in(token.token)
        await eyes.page.get_by_role("link", name="Refer a patient").click()
        course = await eyes.page.get_by_label("Course id").input_value()
        await eyes.page.get_by_label("Protocol").select_option(WEEKLY.id)
        await reports_as(eyes.page, "desk", "coordinator")
        await eyes.page.get_by_label("Recurrent depression, severe (F33.2)").check()
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Referral.")
        await expect(eyes.page.get_by_role("heading", level=1)).to_have_text(course)
        assert refused == []

    desk, planned = house.client(token.token), await house.has(Ward.prepared)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    booked = await desk.post("/v1/events", json=on_the_wire(booking(planned, at=datetime.now(UTC), starts_at=tomorrow)))
    assert booked.status_code == 200, booked.text
    reading = await desk.post("/v1/events", json=on_the_wire(vitals(planned, at=datetime.now(UTC))))
    assert reading.status_code == 403

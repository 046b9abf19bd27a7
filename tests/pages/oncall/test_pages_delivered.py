"""Whether a page went out and whether it was opened: who leads on-call reads both, of each page."""

from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from console.pages.frame.clock import WallClock
from console.pages.oncall.pages_sent import pages_sent
from domain.access import TokenRole
from records.access import PageOpened
from tests.pages.floor.test_needs import NOW, NURSE, alarm, sent
from tests.pages.oncall.test_acknowledging_by_link import link_of, woken
from tests.support.browser import looks
from tests.support.cast import minutes
from tests.support.eventually import eventually
from tests.support.http_stack import House

pytestmark = pytest.mark.xdist_group("frame")


async def test_each_page_says_whether_it_was_delivered_and_when_it_was_opened(house: House, browser: Browser) -> None:
    """Lind opened the link of theirs, Dr Osei did not: on the escalation's page, and among the pages sent lately."""
    escalation, link = await woken(house, "lind")
    course = escalation.partition("~")[0]
    await link_of(house, course, "osei")
    opened = await house.client().get(link)
    assert opened.status_code == 200
    token = await house.token(TokenRole.OPERATIONS)

    async def is_noted() -> bool:
        page = await house.admin.get("/audit/reads.csv", params={"course": course})
        return f"escalation {escalation}" in page.text

    await eventually(is_noted)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/escalations/{escalation}")
        sent = eyes.page.get_by_role("row")
        lind, osei = sent.filter(has_text="Duty nurse Lind").last, sent.filter(has_text="Dr Osei").last
        await expect(lind.get_by_role("cell").nth(4)).to_contain_text("sent")
        await expect(lind.get_by_role("cell").nth(5)).to_contain_text(":")
        await expect(osei.get_by_role("cell").nth(5)).to_have_text("not yet")

        await eyes.goes_to("/oncall")
        lately = eyes.page.get_by_role("region", name="Pages sent lately").get_by_role("row").filter(has_text=course)
        lind = lately.filter(has_text="Duty nurse Lind").last
        await expect(lind.get_by_role("cell").nth(4)).to_contain_text("sent")
        await expect(lind.get_by_role("cell").nth(5)).to_contain_text(":")
        await expect(lately.filter(has_text="Dr Osei").last.get_by_role("cell").nth(5)).to_have_text("not yet")
        await lind.get_by_role("link", name="Immediate review").click()
        await expect(eyes.page.get_by_role("heading", level=2, name="Immediate review")).to_be_visible()
        assert await eyes.barriers() == []
        assert not eyes.complaints


@pytest.mark.parametrize(
    ("opened", "told"),
    [
        ([], [None, None, None]),
        ([("lind", 1)], ["03:01", None, None]),
        ([("lind", 1), ("lind", 2)], ["03:01", None, None]),
        ([("lind", 4)], [None, None, "03:04"]),
        ([("lind", 1), ("osei", 9), ("lind", 3)], ["03:01", "03:09", "03:03"]),
    ],
)
def test_an_opening_is_that_of_the_newest_page_before_it(opened: list[tuple[str, int]], told: list[str | None]) -> None:
    """The first one counts; once somebody is paged again, what follows belongs to that page."""
    view = alarm(sent("lind", ok=True), sent("osei", ok=True), sent("lind", ok=True, minutes=3, step=2))
    read = [PageOpened(at=NOW + minutes(after), escalation=view.id, person=person) for person, after in opened]
    of_another = PageOpened(at=NOW, escalation="EX-1~vitals_urgent~1~1", person="lind")

    pages = pages_sent(NURSE, view, [*read, of_another], WallClock(ZoneInfo("UTC"), NOW))

    assert [one.opened.words if one.opened else None for one in reversed(pages)] == told

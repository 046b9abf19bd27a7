"""The pages that show the clinic's own rules and people: protocols with their evidence, and who is on call."""

import re
from html import unescape

import pytest
from playwright.async_api import Browser, expect

from console.pages.clinic.parameter_words import value_in_words
from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.eventually import eventually
from tests.support.http_stack import House

pytestmark = pytest.mark.xdist_group("pages")

BROKEN = "\n[rotas.night]\nmembers = []\n"


def words(html: str) -> str:
    """What a reader reads of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


async def test_a_protocol_shows_each_value_with_its_unit_and_evidence(house: House) -> None:
    """Every parameter that the API tells, its codes in words; and whether anybody approved it."""
    auditor = await house.caller(TokenRole.AUDITOR)
    told = (await auditor.get("/v1/protocols/kap-im-weekly")).json()

    shown = words((await auditor.get("/protocols/kap-im-weekly")).text)

    assert told["title"] in shown
    assert "Nobody has approved this content" in shown
    for row in told["parameters"]:
        assert f"{value_in_words(row['key'], row['value'])} " in shown, row
        assert row["source"] is None or row["source"] in shown
    assert "150 mmHg sourced S27" in shown


async def test_from_a_value_to_its_source_is_one_click(house: House) -> None:
    """Wherever the evidence names it; one that can be read nowhere is in the list of sources, and a table of contents
    leads everywhere.
    """
    page = (await (await house.caller(TokenRole.AUDITOR)).get("/protocols/kap-im-weekly")).text

    cited = re.findall(r'<a href="([^"]+)" title="([^"]+)"[^>]*>(S62|S63)</a>', page)
    assert (
        "https://www.statpearls.com/sp/rnc/213/23227/",
        "Hypertensive urgency: StatPearls, AAFP 2010",
        "S62",
    ) in cited
    assert {href for href, _, name in cited if name == "S63"} == {"#source-S63"}
    assert 'id="source-S63"' in page
    contents = page.partition('id="contents-heading"')[2].partition("</nav>")[0]
    for target in re.findall(r'href="#([^"]+)"', contents):
        assert f'id="{target}"' in page


async def test_an_unknown_protocol_is_told_in_words(house: House) -> None:
    """With its name, as a page."""
    auditor = await house.caller(TokenRole.AUDITOR)

    answer = await auditor.get("/protocols/kap-none", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "There is no protocol kap-none" in words(answer.text)


async def test_who_is_on_call_is_shown_step_by_step_and_for_four_weeks(house: House) -> None:
    """Names, never addresses; until when a rota names somebody; how a severity may be put off."""
    nurse = await house.caller(TokenRole.ONCALL)

    html = (await nurse.get("/oncall")).text

    shown = words(html)
    for said in ("Emergency Step 1 Duty nurse Lind", "rota nurse until", "never put off", "The next four weeks"):
        assert said in shown
    assert "://" not in shown.replace("http://", "")
    assert html.count('role="img"') == 2


async def test_a_broken_on_call_file_is_an_error_on_every_page(house: House) -> None:
    """The last good one still counts; what is wrong is named by its key, until it is mended."""
    nurse = await house.caller(TokenRole.ONCALL)
    file = house.stack.oncall
    good = file.read_text(encoding="utf-8")
    try:
        file.write_text(good + BROKEN, encoding="utf-8")

        floor, page = words((await nurse.get("/")).text), words((await nurse.get("/oncall")).text)

        assert "The on-call file cannot be used as it is now" in floor
        assert "rotas.night" in page
        assert "Duty nurse Lind" in page
    finally:
        file.write_text(good, encoding="utf-8")

    async def is_mended() -> bool:
        return "cannot be used" not in words((await nurse.get("/")).text)

    await eventually(is_mended)


async def test_one_click_leads_from_s62_to_its_source(house: House, browser: Browser) -> None:
    """A source that is somewhere to be read is a link to it, named by its title; one that is not, to the list."""
    token = await house.token(TokenRole.AUDITOR)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/protocols/kap-im-weekly")
        s62 = eyes.page.get_by_role("link", name="S62", exact=True).first
        await expect(s62).to_have_attribute("href", "https://www.statpearls.com/sp/rnc/213/23227/")
        await eyes.page.get_by_role("link", name="S63", exact=True).first.click()
        await expect(eyes.page.locator("#source-S63")).to_be_in_viewport()
        assert not eyes.complaints

"""A medical director rehearses a protocol on its page: what would follow, moment by moment, and nobody is called."""

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from domain.access import TokenRole
from domain.rehearsal.telling import SHOWN_STEPS
from gateway.example_stories import ExampleStory, example_stories
from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import SHIPPED
from tests.support.cli import kapstan
from tests.support.form_filling import BEND
from tests.support.http_stack import House
from tests.support.page_text import words_of

pytestmark = pytest.mark.xdist_group("pages")

PATH: Final = "/protocols/kap-im-weekly/rehearsal"
MISSED, COLLAPSES, _ = example_stories(SHIPPED)
MISSED_AT: Final = f"{PATH}?version={SHIPPED.version}&story={MISSED.name}"
LAST_READING: Final = "Tue 13 Jan 10:15"


class Step(NamedTuple):
    """A line of the timeline, as it is read."""

    at: datetime
    place: int | None
    words: str


def steps_of(page: httpx.Response) -> list[Step]:
    found = re.findall(r"<li class=\"[ a-z]*\"([^>]*)><span class=\"when\">(.*?)</li>", page.text, re.DOTALL)
    return list(map(_step, *zip(*found, strict=True)))


def _step(attributes: str, inside: str) -> Step:
    place, at = re.search(r'data-moment="(\d+)"', attributes), re.search(r'datetime="([^"]+)"', inside)
    said = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", inside.partition('class="words"')[2][1:])))
    return Step(
        datetime.fromisoformat(at[1]) if at else datetime.max.replace(tzinfo=BEND),
        int(place[1]) if place else None,
        said.replace(" ,", ",").replace(" :", ":").strip(),
    )


async def rehearsed(house: House, story: ExampleStory, *more: str) -> list[str]:
    """What the command prints of the story, with the people of this house."""
    said = await kapstan(
        "rehearse",
        SHIPPED.id,
        "--oncall",
        str(house.stack.oncall),
        "--until",
        story.until.isoformat(),
        *more,
        stdin=story.script,
    )
    assert said.code == 0, said.err
    return said.lines


def spoken(line: dict[str, Any]) -> str:
    """How a line of the rehearsal begins where people read it."""
    match line["what"]:
        case "accepted" | "refused":
            named = line["type"].removeprefix("kap.").replace(".", ": ").replace("_", " ")
            return f"{line['what']} {named} ({line['event_id']})"
        case "deadline":
            return f"passed {line['kind'].replace('_', ' ')}"
        case "escalation":
            return f"{line['change']} {line['severity']} {line['kind'].replace('_', ' ')}"
        case "end":
            return f"the end {line['phase']}"
    raise AssertionError(line)


@pytest.mark.parametrize("story", [MISSED, COLLAPSES], ids=lambda story: story.name)
async def test_the_timeline_is_what_the_command_prints(house: House, story: ExampleStory) -> None:
    """Each line, at its moment, in the same words; pages together, and each of them once."""
    page = await house.admin.get(PATH, params={"version": SHIPPED.version, "story": story.name})
    printed = [json.loads(line) for line in await rehearsed(house, story, "--json")]
    steps = steps_of(page)

    lines = [line for line in printed if line["what"] != "page"]
    told = [step for step in steps if not step.words.startswith(("paged", "and "))]
    assert [step.at for step in told] == [datetime.fromisoformat(line["at"]) for line in lines]
    for step, line in zip(told, lines, strict=True):
        assert step.words.startswith(spoken(line))
    sent = sum(line["what"] == "page" for line in printed)
    paged = [step for step in steps if step.words.startswith("paged")]
    by_name = sum(step.words.partition(":")[0].removeprefix("paged ").count(",") + 1 for step in paged_by_name(paged))
    more = sum(int(found[1]) for step in steps if (found := re.match(r"and (\d+) more page", step.words)))
    assert by_name + more == sent
    assert len(paged) >= SHOWN_STEPS


def paged_by_name(steps: list[Step]) -> Iterator[Step]:
    """Without what stands behind a name: "Dr Ward, medical director" is one person."""
    for step in steps:
        yield step._replace(words=step.words.replace(", medical director", ""))


async def test_a_line_reads_as_in_a_terminal(house: House) -> None:
    """But for people, who have names here and ids there, and for shapes, which stand before a line."""
    printed = [line for line in await rehearsed(house, MISSED) if re.match(r"2026-01-13 ", line)]
    names = {"lind": "Duty nurse Lind", "osei": "Dr Osei", "ward": "Dr Ward, medical director"}

    steps = steps_of(await house.admin.get(MISSED_AT))
    told = {step.words for step in steps if step.at.day == 13}

    for line in printed:
        if "the end" in line:
            continue
        words = " ".join(re.sub("[▲◆●]", "", line[18:]).split())
        if words.startswith("paged"):
            who, colon, what = words.partition(":")
            words = re.sub(r"\b(lind|osei|ward)\b", lambda found: names[found[0]], who) + colon + what
        assert words in told


async def test_the_protocols_page_leads_to_a_story_and_the_cursor_goes_by_keyboard(
    house: House, browser: Browser
) -> None:
    """From the protocol to a moment in mid-session, and on, step by step; nothing else moves."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/protocols/kap-im-weekly")
        page = eyes.page
        await page.get_by_role("link", name="Rehearse it").click()
        await expect(page.locator("#rehearsed")).to_contain_text("nobody is paged")
        await page.get_by_role("link", name=MISSED.title).click()
        await expect(page.get_by_role("heading", name=f"{LAST_READING} moment")).to_be_visible()
        slider = page.get_by_role("slider", name="Which moment")
        place = int(await slider.input_value())
        await eyes.is_live()

        await slider.focus()
        await slider.press("ArrowRight")

        await expect(page.locator("#moment-at")).to_have_text("Tue 13 Jan 10:40")
        await expect(page.get_by_role("heading", name="Tue 13 Jan 10:40 moment")).to_be_visible()
        await expect(page.locator("[aria-current=step]").first).to_contain_text("checkpoint, session 1")
        await expect(page.locator("#at-cursor")).to_contain_text("Reading overdue, session 1 → Duty nurse Lind")
        await expect(slider).to_be_focused()
        await expect(slider).to_have_attribute("aria-valuetext", "Tue 13 Jan 10:40")
        await expect(slider).to_have_value(str(place + 1))

        await slider.press("Home")

        await expect(page.get_by_role("heading", name="Mon 5 Jan 09:00 moment 1 of")).to_be_visible()
        await expect(page.locator("#at-cursor")).to_contain_text("Screening")
        await expect(page.locator("#at-cursor")).not_to_contain_text("before")
        assert not eyes.complaints


async def test_in_mid_session_the_missed_reading_and_who_is_paged_are_foretold(house: House) -> None:
    """Where the story's script ends: nobody acts from there on."""
    cursor = at_cursor(await house.admin.get(MISSED_AT))

    for said in (
        "Medicine · session 1 of 3: dosed",
        "Session 1 of 3: reading in 15:00",
        "Reading at 30 min, session 1 → any of the staff in 15:00",
        "Discharge at the latest, session 1 → prescriber or monitor in",
        "10:40 ◷ missed Reading at 30 min, session 1",
        "10:40 ◆ reading overdue → Duty nurse Lind",
        "10:45 ▲ reading overdue → Duty nurse Lind, Dr Osei",
        "Who was paged by then ✓ Nobody.",
    ):
        assert said in cursor


def at_cursor(page: httpx.Response) -> str:
    """What stands at the cursor."""
    inside = page.text.partition('id="at-cursor"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", "<" + inside))).replace(" ,", ",")


async def test_who_was_paged_and_how_is_said_by_the_running_on_call_file(house: House) -> None:
    """Names and kinds of channel, newest first."""
    page = await house.admin.get(MISSED_AT)
    ten_forty_five = next(step.place for step in steps_of(page) if step.words.startswith("raised"))

    cursor = at_cursor(await house.admin.get(MISSED_AT, params={"moment": str(ten_forty_five)} | query(MISSED_AT)))

    sent = cursor.partition("Who was paged by then")[2].partition("What blocks")[0]
    emergency, urgent = sent.index("10:45 ▲ Reading overdue"), sent.index("10:40 ◆ Reading overdue")
    assert emergency < urgent
    assert re.search(r"Duty nurse Lind \([a-z, ]+\), Dr Osei \([a-z, ]+\)", sent)
    assert "://" not in sent


def query(address: str) -> dict[str, str]:
    return dict(part.split("=") for part in address.partition("?")[2].split("&"))


async def test_without_a_script_there_are_links_and_buttons(house: House) -> None:
    """Each line of an example leads to its moment by a link; of somebody's own script by a button of the form."""
    shown = await house.admin.get(MISSED_AT)
    places = {step.place for step in steps_of(shown)} - {None}
    hrefs = {html.unescape(href) for href in re.findall(r'<a class="to" href="([^"]+)"', shown.text)}
    own = await rehearses(house, MISSED.script, until=MISSED.until.isoformat())

    assert {int(re.findall(r"moment=(\d+)#cursor", href)[0]) for href in hrefs} == places
    assert "moment 3 of" in at_cursor(await house.admin.get(next(href for href in hrefs if "moment=3#" in href)))
    assert {int(place) for place in re.findall(r'name="to" value="(\d+)"', own.text)} >= places
    assert steps_of(own) == steps_of(shown)
    assert "moment 3 of" in at_cursor(await rehearses(house, MISSED.script, to="3", until=MISSED.until.isoformat()))


async def rehearses(house: House, script: str, **more: str) -> httpx.Response:
    return await house.admin.post(PATH, data={"script": script, **more}, headers={"Accept": "text/html"})


A_READING: Final = MISSED.script.strip().rpartition("\n{")[2]

MISTAKES: Final = [
    ("", "", "script-error", "must have at least one clinic event"),
    ("hello", "", "script-error", "line 1: must be a clinic event or an act of somebody on call, as a JSON object"),
    (MISSED.script + "\n{]", "", "script-error", "as a JSON object: it is not JSON"),
    (
        '{"at": "2026-01-13T10:12:00-08:00", "act": "wave", "kind": "vitals_overdue", "by": "lind"}',
        "",
        "script-error",
        "line 1: ",
    ),
    ("a" * 100_001, "", "script-error", "must have at most 100,000 characters: it has 100,001"),
    (f"{{{A_READING}\n" * 251, "", "script-error", "must have at most 250 events and acts: it has 251"),
    (COLLAPSES.script, "2199-01-01T00:00:00Z", "script-error", "must come to its end sooner: by 2026-01-1"),
    (MISSED.script, "tomorrow", "until-error", "must be RFC 3339 text with an offset"),
]


@pytest.mark.parametrize(("script", "until", "field", "must"), MISTAKES, ids=[one[3][:30] for one in MISTAKES])
async def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(
    house: House, script: str, until: str, field: str, must: str
) -> None:
    """What must be otherwise, in which line; and both fields as they were entered."""
    page = await rehearses(house, script, until=until)

    told = re.search(rf'id="{field}"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert page.status_code == 422
    assert told
    assert must in html.unescape(told[1])
    assert kept
    assert html.unescape(kept[1]) == script
    assert f'name="until" value="{until}"' in page.text
    assert 'id="at-cursor"' not in page.text


async def test_an_event_that_no_course_would_take_is_told_on_the_timeline(house: House) -> None:
    """As the command tells it: it may be what is rehearsed."""
    page = await rehearses(house, MISSED.script.replace('"mg": 35', '"mg": "a lot"'), until=MISSED.until.isoformat())

    (refused,) = (step for step in steps_of(page) if step.words.startswith("refused"))
    assert page.status_code == 200
    assert refused.words.startswith("refused dose: administered (dose 1) invalid")


async def test_an_act_of_somebody_on_call_is_played_and_seen(house: House) -> None:
    """The nurse says that they have it: nobody else is asked, until their promise lapses."""
    act = '{"at": "2026-01-13T10:42:00-08:00", "act": "acknowledge", "kind": "vitals_overdue", "by": "lind"}'

    page = await rehearses(house, f"{MISSED.script}\n{act}", until="2026-01-13T10:44:00-08:00")

    assert "acknowledged urgent vitals overdue, session 1 by Duty nurse Lind" in {one.words for one in steps_of(page)}
    assert "◆ urgent Reading overdue, session 1 Duty nurse Lind has it" in at_cursor(page)


async def test_a_story_that_there_is_not_is_told_in_words(house: House) -> None:
    """As a page."""
    answer = await house.admin.get(PATH, params={"story": "a-sunny-day"}, headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "There is no story a-sunny-day" in words_of(answer)


async def test_nobody_is_paged_and_no_course_begins(house: House) -> None:
    """Of all that is told nothing happens: no course, no escalation, no page, and nothing on the record of reads."""
    course = house.expects("STORY")

    answer = await rehearses(house, COLLAPSES.script.replace("STORY-1", course), until=COLLAPSES.until.isoformat())

    assert "paged Duty nurse Lind, Dr Osei" in words_of(answer).replace(" ,", ",")
    assert (await house.admin.get(f"/v1/courses/{course}")).status_code == 404
    assert await house.escalations_of(course) == []
    assert course not in (await house.admin.get("/courses.csv")).text
    assert house.inbox.of(course) == []


async def test_who_is_on_call_is_told_to_whoever_may_read_it(house: House) -> None:
    """Everybody else learns how many are paged, and when."""
    page = await (await house.caller(TokenRole.CLINIC)).get(MISSED_AT)

    steps = [step.words for step in steps_of(page)]
    assert "paged 1 person: urgent vitals overdue, session 1, step 1" in steps
    assert "paged 2 people: emergency vitals overdue, session 1, step 1" in steps
    assert re.search(r"and \d+ more pages of vitals overdue, session 1, until 13 Jan 2026 11:00", steps[-2])
    assert at_cursor(page).count("shown to whoever may read who is on call") == 2
    assert "Lind" not in words_of(page)


async def test_what_is_typed_and_where_the_cursor_is_stays_when_something_changes(
    house: House, browser: Browser
) -> None:
    """An open page hears that a course has moved: it is no other story for that."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, MISSED_AT)
        page = eyes.page
        await page.get_by_role("link", name="Change this story").click()
        await page.get_by_label("Time goes on until").fill("2026-01-13T10:50:00-08:00")
        await page.get_by_role("button", name="Rehearse").click()
        await expect(page.get_by_role("heading", name=f"{LAST_READING} moment")).to_be_visible()
        await eyes.is_live()
        slider = page.get_by_role("slider", name="Which moment")
        await slider.press("End")
        await expect(page.get_by_role("heading", name="Tue 13 Jan 10:50 moment")).to_be_visible()
        await page.get_by_label("Script").press("End")
        await page.get_by_label("Script").press_sequentially("#")
        typed = await page.get_by_label("Script").input_value()

        async with page.expect_response(lambda answer: PATH in answer.url and answer.request.method == "GET"):
            await page.evaluate("htmx.trigger(document.body, 'kapstan:changed')")

        await expect(page.get_by_role("heading", name="Tue 13 Jan 10:50 moment")).to_be_visible()
        await expect(page.get_by_label("Script")).to_have_value(typed)
        await expect(page.get_by_label("Time goes on until")).to_have_value("2026-01-13T10:50:00-08:00")
        await expect(page.locator(".said")).to_have_count(0)
        assert not eyes.complaints


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_it_is_for_everybody(house: House, browser: Browser, size: tuple[int, int]) -> None:
    """In dark colours and imposed ones, at twice the size and by thumb: no barrier, and nothing to drag sideways."""
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, MISSED_AT)
        page = eyes.page
        assert await eyes.barriers() == []
        await page.emulate_media(color_scheme="dark")
        assert await eyes.barriers() == []
        await page.emulate_media(forced_colors="active")
        assert await eyes.barriers() == []
        assert await here_is_marked(page)
        await page.emulate_media(color_scheme="light", forced_colors="none")
        await page.set_viewport_size({"width": size[0] // (2 if size == DESK else 1), "height": size[1] // 2})
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await eyes.goes_to(f"{MISSED_AT}&edit=true")
        assert await eyes.barriers() == []
        await page.get_by_label("Time goes on until").fill("soon")
        await page.get_by_role("button", name="Rehearse").click()
        await expect(page.get_by_role("alert").filter(has_text="must be RFC 3339 text")).to_be_visible()
        assert await eyes.barriers() == []
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def here_is_marked(page: Page) -> bool:
    """Whether the line at the cursor differs from the others in imposed colours too."""
    colours = "step => getComputedStyle(step).borderLeftColor"
    here, elsewhere = page.locator(".timeline .here").first, page.locator(".timeline li:not(.here)").first
    return bool(await here.evaluate(colours) != await elsewhere.evaluate(colours))

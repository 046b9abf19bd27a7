"""Live sessions: everybody who is here, whoever wants a human most first, as their own course holds them now."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import Browser, expect

from console.pages.floor.live_session import SILENT
from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import assessment, discharge, minutes, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


def tile(page: httpx.Response, course: str) -> str:
    """What is said of one patient."""
    found = re.search(rf'<li class="live[^"]*" id="live-{course}".*?\n</li>', page.text, re.DOTALL)
    assert found, course
    return words_of(httpx.Response(200, text=found[0]))


def order(page: httpx.Response) -> list[str]:
    return re.findall(r'id="live-([^"]+)"', page.text)


async def seen(house: House, *courses: str) -> httpx.Response:
    """The page, as soon as each of these courses answered it in time: a busy machine is no failure."""

    async def told() -> httpx.Response | None:
        page = await house.admin.get("/sessions")
        is_whole = set(courses) <= set(order(page)) and not any(SILENT in tile(page, one) for one in courses)
        return page if is_whole else None

    return await eventually(told)


async def test_the_worst_come_first_then_who_is_late_then_who_is_due(house: House) -> None:
    """An emergency, an overdue reading, one that is late, a warning, and a patient for whom all is well."""
    calm = await house.has(lambda ward: ward.watched(until=minutes(30)), "CALM")
    warned = await house.has(lambda ward: ward.watched(until=minutes(30)), "WARN")
    await house.sends([vitals(warned, 1, at=datetime.now(UTC), systolic=165)])
    late = await house.has(lambda ward: ward.watched(until=minutes(15)), "LATE", ago=minutes(17))
    emergency = await house.has(lambda ward: ward.watched(until=minutes(30)), "EMER")
    await house.sends([vitals(emergency, 1, at=datetime.now(UTC), spo2=84)])
    for course in (calm, warned, late, emergency):
        await house.is_recorded(course)

    page = await seen(house, calm, warned, late, emergency)

    assert [one for one in order(page) if one in {calm, warned, late, emergency}] == [emergency, late, warned, calm]


async def test_a_patient_is_told_in_one_line(house: House) -> None:
    """Session, stage, room and people, minutes since the dose, the last vitals with the verdict, the next reading."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)), ago=minutes(12))
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=165, diastolic=92)])
    await house.is_recorded(course)

    page = await seen(house, course)

    said = tile(page, course)
    for words in (
        "session 1 of 3 · dosed · room willow",
        "Dr Osei; Duty nurse Lind; thorne, therapist",
        "165/92 mmHg",
        "SpO₂ 98 %",
        "warning",
        "Systolic 165 is above the limit of 160",
    ):
        assert words in said, words
    assert re.search(r"since dose 4[2-6] min", said)
    assert re.search(r"next reading in \d+:\d\d", said)
    assert re.search(r'<svg class="chart of-small"[^>]*aria-label="[^"]*last reading 165/92 mmHg', page.text)


async def test_before_the_dose_it_says_what_is_missing(house: House) -> None:
    """What blocks it in words, and when they were to begin."""
    course = await house.has(Ward.checked_in)
    await house.is_recorded(course)

    said = tile(await seen(house, course), course)

    for words in ("checked in", "none yet", "Before the dose", "No vitals have been taken", "clear in"):
        assert words in said, words


async def test_a_reading_that_forbids_the_dose_is_no_routine_call(house: House) -> None:
    """The same sign as the answer to it: a dot is an escalation that can wait, and nothing else."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=142)])
    await house.is_recorded(course)

    said = tile(await seen(house, course), course)

    assert "⚑ not for a dose" in said
    assert "●" not in said


async def test_who_went_home_is_not_here(house: House) -> None:
    """Nor who was only booked."""
    home, booked = await house.has(Ward.discharged), await house.has(Ward.booked)
    for course in (home, booked):
        await house.is_recorded(course)

    page = await house.admin.get("/sessions")

    assert not {home, booked} & set(order(page))


async def test_the_page_follows_what_happens_without_a_reload(house: House, browser: Browser) -> None:
    """A reading appears, and who goes home is gone."""
    course = await house.has(lambda ward: ward.watched(until=minutes(120)), ago=minutes(6))
    await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")
        one = eyes.page.locator(f"#live-{course}")

        async def is_shown() -> bool:
            await eyes.goes_to("/sessions")
            return bool(await one.filter(has_text="126/79 mmHg").count())

        await eventually(is_shown)
        await eyes.is_live()

        await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=131)])
        await expect(one).to_contain_text("131/79 mmHg", timeout=20_000)

        now = datetime.now(UTC)
        await house.sends([assessment(course, 1, at=now), discharge(course, 1, at=now)])
        await expect(one).to_have_count(0, timeout=20_000)
        assert not eyes.complaints
        assert not eyes.strangers


async def test_every_patient_whose_readings_were_shown_is_kept_as_a_read(house: House) -> None:
    """Looking at the whole room is looking at each of them."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)
    await house.admin.get("/sessions", headers={"X-Request-Id": "room"})

    async def kept() -> bool:
        reads = await house.reads_of(course, frozenset({"room"}))
        return ("room", "live session") in {(read.request_id, read.what) for read in reads}

    assert await eventually(kept)


async def test_who_sees_some_courses_only_is_not_told_that_nobody_is_here(house: House) -> None:
    """On-call staff see the patients behind escalations: where there is none of them, others may be here."""
    await house.has(Ward.dosed)
    cork = await house.caller(TokenRole.ONCALL, site="cork")

    page = await cork.get("/sessions")

    assert "Nobody is here" not in words_of(page)
    assert "Others may be" in words_of(page)

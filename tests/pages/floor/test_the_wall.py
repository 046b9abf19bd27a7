"""The wall: everything that matters on one screen of any size, read from across the room."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import HAS_A_PLAN, MONDAY, cssrs, minutes, missed, referral, vitals
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

SCREENS = [(1280, 720), (3840, 2160)]
MORE_THAN_FIT = 14

SCROLLS = """() => {
  const page = document.scrollingElement;
  return [page.scrollHeight > innerHeight, page.scrollWidth > innerWidth];
}"""
SMALLEST_NAME = """() => Math.min(...Array.from(document.querySelectorAll(".need .what strong, .need code, .card code"),
  (name) => parseFloat(getComputedStyle(name).fontSize)))"""
CUT_OFF = """() => Array.from(document.querySelectorAll(".card")).filter((card) => {
  const list = card.parentElement.getBoundingClientRect(), own = card.getBoundingClientRect();
  return own.left < list.right && own.bottom > list.bottom + 1;
}).length"""
CLIPPED = """() => Array.from(document.querySelectorAll(".card .top > *, .need .what > *")).filter((part) => {
  const line = part.parentElement.getBoundingClientRect(), own = part.getBoundingClientRect();
  return own.width > 1 && own.right > line.right + 1;
}).map((part) => part.textContent.trim())"""
COLOURS = "need => [getComputedStyle(need).backgroundColor, getComputedStyle(document.body).backgroundColor]"


LATE_AND_WANTED = "MARA-OVERDUE-AND-CALLED-FOR"


async def told_and_shown(page: Page, phase: str) -> tuple[int, int, str]:
    """How many courses a column has, how many cards of it are on the screen, and what stands at its end."""
    return tuple(
        await page.locator(f"#phase-{phase}").evaluate(
            """column => [Number(column.dataset.courses),
              Array.from(column.querySelectorAll(".card"))
                .filter((card) => card.getBoundingClientRect().left < column.getBoundingClientRect().right).length,
              column.querySelector(".more").textContent]"""
        )
    )


@pytest.fixture(scope="module")
async def urgent(house: House) -> dict[str, str]:
    """A full column, an emergency that somebody has, and one that nobody has; what other tests left is dealt with."""
    for state in ("open", "acknowledged"):
        left = await house.admin.get("/v1/escalations", params={"state": state, "limit": 200})
        for one in left.json()["items"]:
            await house.admin.post(f"/v1/escalations/{one['id']}/resolve", json={"by": "osei", "note": "Dealt with"})
    for _ in range(MORE_THAN_FIT):
        await house.sends([referral(house.expects("WALL"), at=MONDAY)])
    found = {}
    for name in ("ANSWERED", "OPEN"):
        course = await house.has(Ward.prepared, name)
        await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
        found[name] = f"{course}~suicide_risk~0~1"
        await house.is_called_for(found[name])
    answered = await house.admin.post(f"/v1/escalations/{found['ANSWERED']}/acknowledge", json={"by": "lind"})
    assert answered.is_success
    return found


@pytest.mark.parametrize("size", SCREENS, ids=["720p", "4K"])
async def test_a_wall_fits_its_screen_and_is_read_from_across_the_room(
    house: House, browser: Browser, urgent: dict[str, str], size: tuple[int, int]
) -> None:
    """No scrollbar, whole cards alone, "+3" for the rest; a name is at least a fortieth of the screen high."""
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, "/?wall")
        await eyes.is_live()

        assert await eyes.page.evaluate(SCROLLS) == [False, False]
        assert await eyes.page.evaluate(SMALLEST_NAME) >= size[1] / 40
        assert await eyes.page.evaluate(CUT_OFF) == 0
        courses, shown, more = await told_and_shown(eyes.page, "screening")
        assert 0 < shown < courses
        assert more == f"+{courses - shown}"
        await expect(eyes.page.locator(".wall-clock")).to_be_in_viewport()
        await expect(eyes.page.locator(f'[id="need-{urgent["OPEN"]}"]')).to_be_in_viewport()
        assert await eyes.barriers() == []
        assert not eyes.complaints


@pytest.mark.usefixtures("urgent")
async def test_no_time_and_no_id_is_cut_off(house: House, browser: Browser) -> None:
    """A countdown of 10:22 that is cut off after "in 1" is another time."""
    course = await house.has(Ward.dosed, LATE_AND_WANTED)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_called_for(f"{course}~vitals_emergency~1~1")
    async with looks(browser, house.url, SCREENS[0]) as eyes:
        await eyes.signs_in(house.admin_token, "/?wall")
        await expect(eyes.page.locator(f"#card-{course} .due, #card-{course} .chip.late")).to_be_attached()

        assert await eyes.page.evaluate(CLIPPED) == []
        assert await eyes.page.evaluate(SCROLLS) == [False, False]
        assert await eyes.page.evaluate(CUT_OFF) == 0


@pytest.mark.usefixtures("urgent")
@pytest.mark.parametrize("path", ["/?wall", "/"], ids=["wall", "floor"])
async def test_who_is_here_and_late_comes_before_what_can_wait(house: House, path: str) -> None:
    """A reading is due of somebody dosed, and a visit was missed: the desk's page stood before the patient."""
    waits = await house.has(Ward.booked)
    await house.sends([missed(waits, 1, at=datetime.now(UTC))])
    await house.is_called_for(f"{waits}~session_missed~1~1")
    late = await house.has(lambda ward: ward.watched(until=minutes(15)), "LATE", ago=minutes(17))
    await house.is_recorded(late)

    page = (await house.admin.get(path)).text

    assert 0 < page.index(f'id="card-{late}"') < page.index(f'id="card-{waits}"')


async def test_what_nobody_has_is_solid_and_first_and_says_where(
    house: House, browser: Browser, urgent: dict[str, str]
) -> None:
    """What somebody has is quiet and behind it, whatever its severity; each says its site."""
    async with looks(browser, house.url, SCREENS[0]) as eyes:
        await eyes.signs_in(house.admin_token, "/?wall")
        answered = eyes.page.locator(f'[id="need-{urgent["ANSWERED"]}"]')
        unanswered = eyes.page.locator(f'[id="need-{urgent["OPEN"]}"]')
        await expect(answered).to_contain_text("Duty nurse Lind has it")

        order = await eyes.page.eval_on_selector_all(".need", "needs => needs.map((need) => need.className)")
        assert order == sorted(order, key=lambda classes: "answered" in classes)
        loud, ground = await unanswered.evaluate(COLOURS)
        quiet, _ = await answered.evaluate(COLOURS)
        assert len({loud, quiet, ground}) == 3
        await expect(unanswered).to_contain_text("bend")


@pytest.mark.usefixtures("urgent")
async def test_a_wall_says_the_room_of_whom_it_is_about(house: House, browser: Browser) -> None:
    """Who runs has to know where to."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    need = f"{course}~vitals_emergency~1~1"
    await house.is_called_for(need)
    async with looks(browser, house.url, SCREENS[0]) as eyes:
        await eyes.signs_in((await house.token(TokenRole.OPERATIONS)).token, "/?wall")

        await expect(eyes.page.locator(f'[id="need-{need}"]')).to_contain_text("bend, room willow")

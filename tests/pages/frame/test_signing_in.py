"""A token opens the pages until it goes unused, is revoked, or somebody signs out; no other site can use it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from console.security.session_cookie import COOKIE, Screen, Seal
from domain.access import TokenRole
from tests.support.cast import HAS_A_PLAN, cssrs
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
BROWSER = {"Accept": "text/html"}
SECOND = timedelta(seconds=1)


def somebody(house: House) -> httpx.AsyncClient:
    client = house.client()
    client.headers.update(BROWSER)
    return client


async def signed_in(house: House, role: TokenRole = TokenRole.ADMIN, **form: str) -> httpx.AsyncClient:
    client = somebody(house)
    token = await house.token(role)
    answer = await client.post("/sign-in", data={"token": token.token, **form})
    assert answer.status_code == 303, answer.text
    return client


@pytest.mark.parametrize(
    ("screen", "unused_for", "still"),
    [
        (Screen.PERSONAL, timedelta(hours=1) - SECOND, True),
        (Screen.PERSONAL, timedelta(hours=1), False),
        (Screen.WALL, timedelta(days=7) - SECOND, True),
        (Screen.WALL, timedelta(days=7), False),
    ],
)
def test_a_sign_in_ends_when_it_goes_unused(screen: Screen, unused_for: timedelta, still: bool) -> None:
    """An hour for a screen of one's own; a wall is never touched, and signed in for a week."""
    seal = Seal("a secret that is long enough for this")

    cookie = seal.cookie(seal.begin("abcd1234", screen, AT))

    assert (seal.read(cookie, AT + unused_for) is not None) is still


def test_a_sign_in_ends_in_any_case() -> None:
    """Twelve hours, however busy they are."""
    seal = Seal("a secret that is long enough for this")
    busy = seal.begin("abcd1234", Screen.PERSONAL, AT).but(used_at=AT + timedelta(hours=11, minutes=59))

    assert seal.read(seal.cookie(busy), AT + timedelta(hours=12) - SECOND) is not None
    assert seal.read(seal.cookie(busy), AT + timedelta(hours=12)) is None


def test_nobody_makes_a_cookie_but_the_console() -> None:
    """Another secret's, a changed one, and rubbish are none."""
    seal, other = Seal("a secret that is long enough for this"), Seal("another secret, just as long as that")
    cookie = seal.cookie(seal.begin("abcd1234", Screen.PERSONAL, AT))

    assert seal.read(cookie, AT) is not None
    for forged in (other.cookie(other.begin("abcd1234", Screen.PERSONAL, AT)), cookie[:-1], "x" + cookie, "", "a.b"):
        assert seal.read(forged, AT) is None


async def test_a_page_asks_for_a_token_and_then_shows_itself(house: House) -> None:
    """Whoever is not signed in is led to the form and back to where they wanted to go."""
    client = somebody(house)

    turned = await client.get("/?phase=medicine")
    assert (turned.status_code, urlsplit(turned.headers["location"]).path) == (303, "/sign-in")
    assert parse_qs(urlsplit(turned.headers["location"]).query) == {"to": ["/?phase=medicine"]}
    token = await house.token(TokenRole.OPERATIONS)
    entered = await client.post("/sign-in", data={"token": token.token, "to": "/?phase=medicine"})

    assert (entered.status_code, entered.headers["location"]) == (303, "/?phase=medicine")
    assert (await client.get("/?phase=medicine")).status_code == 200


async def test_the_cookie_is_for_the_browser_alone(house: House) -> None:
    """No script reads it, and another site's form does not send it."""
    token = await house.token(TokenRole.OPERATIONS)

    entered = await somebody(house).post("/sign-in", data={"token": token.token})

    cookie = entered.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert token.token not in cookie


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
async def test_a_sign_in_leads_nowhere_else(house: House, to: str) -> None:
    """Back to one of our own pages, whatever the link said."""
    token = await house.token(TokenRole.OPERATIONS)

    entered = await somebody(house).post("/sign-in", data={"token": token.token, "to": to})

    assert entered.headers["location"] == "/"


async def test_a_wrong_token_is_told_in_words(house: House) -> None:
    """The form again, with a sentence; nobody is signed in."""
    answer = await somebody(house).post("/sign-in", data={"token": "kap_00000000_nothing"})

    assert answer.status_code == 401
    assert "This token is unknown, revoked or expired" in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_revoked_token_signs_out_whoever_used_it(house: House) -> None:
    """At once, not when the cookie ends."""
    client, token = somebody(house), await house.token(TokenRole.OPERATIONS)
    await client.post("/sign-in", data={"token": token.token})
    assert (await client.get("/")).status_code == 200

    await house.revokes(token)

    assert (await client.get("/")).headers["location"].startswith("/sign-in")


async def test_looking_keeps_them_signed_in_but_an_open_page_does_not(house: House) -> None:
    """A page that somebody asked for renews the cookie; one that fetched itself does not."""
    client = await signed_in(house)

    asked = await client.get("/")
    by_itself = await client.get("/", headers={"Kapstan-Live": "1"})

    assert COOKIE in asked.headers["set-cookie"]
    assert "set-cookie" not in by_itself.headers


async def test_who_signs_out_is_out(house: House) -> None:
    """By a form of their own page only."""
    client = await signed_in(house)
    key = (await client.get("/")).text.partition('name="form_key" value="')[2].partition('"')[0]

    assert (await client.post("/sign-out", data={"form_key": "guessed"})).status_code == 403
    assert (await client.get("/")).status_code == 200
    await client.post("/sign-out", data={"form_key": key})

    assert (await client.get("/")).headers["location"].startswith("/sign-in")


async def test_a_form_of_another_site_changes_nothing(house: House) -> None:
    """Without the key of this sign-in's pages an act is refused, signed in or not."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=Ward(course).now, items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    await house.is_called_for(escalation)
    client, other = await signed_in(house), await signed_in(house)
    other_key = (await other.get("/")).text.partition('name="form_key" value="')[2].partition('"')[0]

    for key in ("", "guessed", other_key):
        answer = await client.post(
            f"/escalations/{escalation}/acknowledge", data={"by": "lind", **({"form_key": key} if key else {})}
        )
        assert answer.status_code == 403
        assert 'id="floor"' not in answer.text  # it would fetch itself anew, and what was said be gone
    assert (await house.admin.get(f"/v1/escalations/{escalation}")).json()["state"] == "open"


async def test_when_the_sign_in_ends_is_shown(house: House) -> None:
    """Both ends: unused, and in any case."""
    shown = (await (await signed_in(house)).get("/")).text

    assert "Signed in until" in shown
    assert "if nothing is done" in shown


async def test_a_form_is_no_longer_than_a_request_may_be(house: House) -> None:
    """However its length is told, and whoever sends it: nobody is made to hold what no page of ours would send."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b"token=" + b"x" * 1024

    stranger = somebody(house)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    stated = await stranger.post("/sign-in", data={"token": "x" * 300_000})
    unstated = await stranger.post("/sign-in", content=endless(), headers=form)
    by_link = await stranger.post("/ack/nothing/pass-on", data={"to": "x" * 300_000})

    for answer in (stated, unstated, by_link):
        assert answer.status_code == 413
        assert "The body must be at most 256 KiB" in answer.text


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_form_that_cannot_be_read_is_the_senders_mistake(house: House, kind: str) -> None:
    """400, and no fault of the console."""
    answer = await somebody(house).post("/sign-in", content=b"--y\r\nbroken", headers={"Content-Type": kind})

    assert answer.status_code == 400

"""A token opens the pages until it goes unused, is revoked, or somebody signs out; no other site can use it."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from itsdangerous import URLSafeSerializer

from console.security.session_cookie import COOKIE
from domain.access import TokenRole
from domain.sign_in import Screen, SignIn
from records.connections import open_connections
from records.sign_ins import SignInStore
from tests.support.cast import HAS_A_PLAN, cssrs
from tests.support.eventually import WITHIN
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

BROWSER = {"Accept": "text/html"}


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


ELSEWHERE: Final = (
    "//evil.example",
    "///evil.example",
    "////evil.example/courses",
    "https://evil.example/",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "",
)


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_a_sign_in_leads_nowhere_else(house: House, to: str) -> None:
    """Back to one of our own pages, whatever the link said: from signing in, and from choosing a theme."""
    token = await house.token(TokenRole.OPERATIONS)

    entered = await somebody(house).post("/sign-in", data={"token": token.token, "to": to})
    themed = await somebody(house).post("/theme", data={"theme": "dark", "to": to})
    asked = await somebody(house).get("/sign-in", params={"to": to})

    assert (entered.headers["location"], themed.headers["location"]) == ("/", "/")
    assert 'name="to" value="/"' in asked.text


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
async def test_nobody_is_signed_in_by_another_sites_form(house: House, said: dict[str, str]) -> None:
    """As somebody else, without noticing: what they then enter would stand under another name."""
    token = await house.token(TokenRole.OPERATIONS)

    answer = await somebody(house).post("/sign-in", data={"token": token.token}, headers=said)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("said", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Sec-Fetch-Site": "none"}, {}])
async def test_our_own_form_signs_in(house: House, said: dict[str, str]) -> None:
    """Whatever the browser says of it, or does not; an older one says its origin alone."""
    token = await house.token(TokenRole.OPERATIONS)

    answer = await somebody(house).post("/sign-in", data={"token": token.token}, headers=said or {"Origin": house.url})

    assert answer.status_code == 303


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
    """A page that somebody asked for is use; one that fetched itself is not."""
    token, client, shown = await house.token(TokenRole.OPERATIONS), somebody(house), secrets.token_urlsafe(32)
    long_ago = datetime.now(UTC) - timedelta(minutes=59)
    sign_in = hashlib.sha256(shown.encode()).hexdigest()
    begun = SignIn(id=sign_in, token_id=token.id, screen=Screen.PERSONAL, began_at=long_ago, used_at=long_ago)
    async with open_connections(house.stack.database) as connections:
        await SignInStore(connections).begin(begun)
    connection = await asyncpg.connect(house.stack.database)
    try:
        client.cookies.set(COOKIE, shown)

        async def used_at() -> datetime:
            return cast(datetime, await connection.fetchval("SELECT used_at FROM sign_ins WHERE id = $1", sign_in))

        assert (await client.get("/", headers={"Kapstan-Live": "1"})).status_code == 200
        assert await used_at() == long_ago
        assert (await client.get("/")).status_code == 200
        assert await used_at() > long_ago + timedelta(minutes=58)
    finally:
        await connection.close()


async def test_who_signs_out_is_out(house: House) -> None:
    """By a form of their own page only."""
    client = await signed_in(house)
    key = (await client.get("/")).text.partition('name="form_key" value="')[2].partition('"')[0]

    assert (await client.post("/sign-out", data={"form_key": "guessed"})).status_code == 403
    assert (await client.get("/")).status_code == 200
    kept = client.cookies[COOKIE]
    await client.post("/sign-out", data={"form_key": key})

    assert (await client.get("/")).headers["location"].startswith("/sign-in")
    thief = somebody(house)
    thief.cookies.set(COOKIE, kept)
    assert (await thief.get("/")).headers["location"].startswith("/sign-in")


async def test_signing_out_ends_what_is_open(house: House) -> None:
    """The page that stays open on another screen hears nothing more."""
    client = await signed_in(house)
    key = (await client.get("/")).text.partition('name="form_key" value="')[2].partition('"')[0]
    other = somebody(house)
    other.cookies.set(COOKIE, client.cookies[COOKIE])

    async with asyncio.timeout(WITHIN.total_seconds()), other.stream("GET", "/live") as stream:
        heard = stream.aiter_text()
        await anext(heard)
        await client.post("/sign-out", data={"form_key": key})
        async for _ in heard:
            pass  # to its end

    assert (await other.get("/live")).headers["location"].startswith("/sign-in")


async def test_who_signs_in_anew_at_a_browser_leaves_no_sign_in_behind(house: House) -> None:
    """What the browser showed before opens nothing any more."""
    client = await signed_in(house)
    before = client.cookies[COOKIE]
    await client.post("/sign-in", data={"token": (await house.token(TokenRole.OPERATIONS)).token})

    thief = somebody(house)
    thief.cookies.set(COOKIE, before)

    assert (await client.get("/")).status_code == 200
    assert (await thief.get("/")).headers["location"].startswith("/sign-in")


async def test_the_secret_of_the_links_signs_nobody_in(house: House) -> None:
    """Whoever has it, and the public part of an admin's token, has no sign-in by that."""
    secret = (house.floor.data / "link-secret").read_text(encoding="utf-8").strip()
    identity, now = (await house.token(TokenRole.ADMIN)).id, int(datetime.now(UTC).timestamp())
    forged = URLSafeSerializer(secret, salt="kapstan.sign-in").dumps([identity, "personal", "a-key", now, now])

    client = somebody(house)
    for cookie in (forged, identity, secret, hmac.new(secret.encode(), identity.encode(), "sha256").hexdigest()):
        client.cookies.set(COOKIE, cookie)
        assert (await client.get("/")).headers["location"].startswith("/sign-in")


async def test_nothing_of_a_patient_is_kept_by_a_browser(house: House) -> None:
    """What was answered to a reading stands on the page, in no cookie, and no page is kept."""
    course = await house.has(Ward.dosed)
    client = await signed_in(house)
    form = await client.get(f"/courses/{course}/record/vitals.recorded")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.text))
    reading = {"/data/session": "1", "/data/systolic": "149", "/data/diastolic": "99", "/data/heart_rate": "91"}
    actor = {"/data/actor/id": "lind", "/data/actor/role": "monitor"}

    answer = await client.post(f"/courses/{course}/record/vitals.recorded", data={**hidden, **reading, **actor})
    shown = await client.get(answer.headers["location"])

    assert answer.status_code == 303, answer.text
    assert "Recorded: " in shown.text
    assert {each.headers["cache-control"] for each in (form, answer, shown)} == {"no-store"}
    kept = " ".join(f"{name}={value}" for name, value in client.cookies.items())
    told = base64.b64decode(kept.partition("kapstan-reporter=")[2].partition(".")[0] + "==", validate=False)
    for word in (course, "149", "Recorded", "systolic", "Systolic"):
        assert word not in kept
        assert word.encode() not in told


async def test_a_form_of_another_site_changes_nothing(house: House) -> None:
    """Without the key of this sign-in's pages an act is refused, signed in or not."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
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


PART: Final = b'--x\r\nContent-Disposition: form-data; name="token"'
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data; boundary=x"
UNREADABLE: Final = (
    ("multipart/form-data", b"--y\r\nbroken"),
    (MULTIPART, b"--y\r\nbroken"),
    (MULTIPART, PART),
    (MULTIPART, PART + b"\r\n\r\nkap"),
    (MULTIPART, PART + b'; filename="a"\r\n\r\nkap\r\n--x--\r\n'),
    (MULTIPART, PART.replace(b"token", b"t\xc3\xb6ken") + b"\r\n\r\nkap\r\n--x--\r\n"),
    (MULTIPART, PART.replace(b"token", b"\xff\xfe") + b"\r\n\r\nkap\r\n--x--\r\n"),
    (MULTIPART, PART.replace(b'; name="token"', b"") + b"\r\n\r\nkap\r\n--x--\r\n"),
    (MULTIPART, b"".join(PART + b"\r\n\r\nkap\r\n" for _ in range(1_001)) + b"--x--\r\n"),
    (MULTIPART, b"\x00" * 2_000),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
    ("multipart/form-data; boundary=\xe9; charset=nonsense", b"--x"),
    (f"{MULTIPART}; charset=nonsense", PART + b"\r\n\r\nkap\r\n--x--\r\n"),
    (URLENCODED, b"&".join(b"a%d=1" % number for number in range(1_001))),
    (URLENCODED, b"t\xc3\xb6ken=kap"),
    (URLENCODED, b"\xff\xfe=\xff"),
    (URLENCODED, b"%ff%fe=%ff&token=%ff"),
    (URLENCODED, b"token=a%00b&screen=%ed%a0%80"),
    ("text/plain; charset=nonsense", b"token=kap"),
    ("\xe9", b"token=kap"),
)


@pytest.mark.parametrize(("kind", "body"), UNREADABLE)
@pytest.mark.parametrize("path", ["/sign-in", "/theme", "/ack/nothing/pass-on"])
async def test_a_form_that_cannot_be_read_is_the_senders_mistake(
    house: House, path: str, kind: str, body: bytes
) -> None:
    """Never a fault of the console, whoever sends it, and whether a form is wanted there or not."""
    answer = await somebody(house).post(path, content=body, headers={b"Content-Type": kind.encode("latin-1")})

    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("key", ["é", "\ud800".encode("utf-8", "surrogatepass"), "\0", "☃" * 100])
async def test_a_form_key_of_any_characters_is_none_of_ours(house: House, key: str | bytes) -> None:
    """403, in a sentence."""
    client = await signed_in(house)

    assert (await client.post("/sign-out", data={"form_key": key})).status_code == 403

"""What the auditor is shown: who read what, who administered what, and which sign-ins failed."""

import json
import re
from datetime import UTC, datetime

import httpx
import pytest

from domain.access import Grant, TokenRole
from tests.support.cast import HAS_A_PLAN, cssrs
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

READS, ACTS, FAILURES = "Who read what", "Acts of administration", "Failed sign-ins"


def rows_of(page: httpx.Response, heading: str) -> list[str]:
    """The rows of the table under a heading, as they are written."""
    found = re.search(rf"<h2[^>]*>{heading}.*?</section>", page.text, re.DOTALL)
    return re.findall(r"<tr>.*?</tr>", found[0], re.DOTALL) if found else []


async def shows(client: httpx.AsyncClient, heading: str, *words: str, course: str = "") -> str:
    """The row of this table that holds all of these words, as soon as there is one."""

    async def row() -> str | None:
        page = await client.get("/audit", params={"course": course})
        assert page.status_code == 200, page.text
        return next((one for one in rows_of(page, heading) if all(word in one for word in words)), None)

    return await eventually(row)


async def test_the_auditor_sees_who_read_a_course(house: House) -> None:
    """A token, its person, what was shown and the server's id of the request; who was refused has read nothing."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    auditor = await house.caller(TokenRole.AUDITOR)
    nurse = await house.granted(Grant(roles=(TokenRole.CLINIC,), person="lind"), "Lind's phone")
    cork = await house.granted(Grant(roles=(TokenRole.CLINIC,), site="cork"), "From Cork")
    assert (await house.client(nurse.token).get(f"/v1/courses/{course}")).status_code == 200
    assert (await house.client(cork.token).get(f"/courses/{course}")).status_code == 403

    row = await shows(auditor, READS, course, nurse.id, course=course)

    assert ("Lind&#39;s phone" in row, "lind" in row, re.search(r"<code>[0-9a-f]{32}</code>", row) is not None) == (
        True,
        True,
        True,
    )
    page = await auditor.get("/audit", params={"course": course})
    assert "From Cork" not in " ".join(rows_of(page, READS))
    bend, elsewhere = [await house.caller(TokenRole.AUDITOR, site=site) for site in ("bend", "cork")]
    assert course in (await bend.get("/audit")).text
    assert course not in (await elsewhere.get("/audit")).text
    assert ACTS not in (await elsewhere.get("/audit")).text


async def test_what_was_read_by_a_pages_link_is_a_read(house: House) -> None:
    """Its person is named; the command lists the same, newest first."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])

    async def link() -> str | None:
        found = [re.search(r"http\S+(/ack/\S+)", page.body) for page in house.inbox.of(course)]
        return next((one[1] for one in found if one), None)

    opened = await house.client().get(await eventually(link))
    assert opened.status_code == 200

    await shows(house.admin, READS, course, "link", "escalation", course=course)
    said = await kapstan("reads", course, "--data", str(house.floor.data), "--json")
    assert said.code == 0, said.err
    reads = json.loads(said.out)
    assert [one["course_id"] for one in reads] == [course] * len(reads)
    assert {(one["role"], one["person"] is not None) for one in reads if one["token_id"] is None} == {("link", True)}
    assert [one["at"] for one in reads] == sorted((one["at"] for one in reads), reverse=True)


async def test_acts_of_administration_are_on_the_record(house: House) -> None:
    """Tokens made and revoked, an approval, and what is acknowledged by a command: with the account that did it."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    await house.is_called_for(escalation)
    data, auditor = ("--data", str(house.floor.data)), await house.caller(TokenRole.AUDITOR)
    made = json.loads((await kapstan("token", "create", "--role", "clinic", "--name", "Audited", *data, "--json")).out)

    assert (await kapstan("token", "revoke", made["id"], *data)).code == 0
    assert (await kapstan("ack", escalation, "--by", "lind", *data)).code == 0

    account = "on Kapstan&#39;s machine"
    await shows(auditor, ACTS, "token created", made["id"], "Audited", account)
    await shows(auditor, ACTS, "token revoked", made["id"], account)
    await shows(auditor, ACTS, "escalation acknowledged", escalation, "lind", account)

    async def entry() -> dict[str, object] | None:
        entries = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
        return next((one["sent_by"] for one in entries if one["type"] == "kap.escalation.acknowledged"), None)

    sent_by = await eventually(entry)
    assert (sent_by["token"], bool(sent_by["account"]), bool(sent_by["request_id"])) == (None, True, True)


async def test_what_no_ledger_holds_of_an_escalation_is_on_the_record(house: House) -> None:
    """Who put it off, with their token: no entry says so."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    escalation = f"{course}~suicide_risk~0~1"
    await house.is_called_for(escalation)
    nurse = await house.granted(Grant(roles=(TokenRole.ONCALL,), person="lind"))

    answer = await house.client(nurse.token).post(
        f"/v1/escalations/{escalation}/reassign", json={"by": "lind", "to": "osei"}
    )

    assert answer.status_code == 200, answer.text
    await shows(house.admin, ACTS, "escalation reassigned", escalation, nurse.id, "lind")


async def test_a_sign_in_that_failed_is_on_the_record(house: House) -> None:
    """By its public part and where it came from, never its secret; a flood of one token is one row a minute."""
    revoked = await house.token(TokenRole.CLINIC)
    await house.revokes(revoked)
    for _ in range(3):
        assert (await house.client(revoked.token).get("/v1/courses")).status_code == 401

    row = await shows(house.admin, FAILURES, revoked.id, "127.0.0.1")

    assert revoked.token.split("_", 2)[2] not in row
    page = (await house.admin.get("/audit")).text
    assert page.count(f"<code>{revoked.id}</code></td><td>127.0.0.1") == 1

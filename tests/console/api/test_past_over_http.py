"""What was known then, and what had happened by then: over HTTP, and on the record of reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access import TokenRole
from tests.support.http_stack import House
from tests.support.two_pasts import TwoPasts, two_pasts

pytestmark = pytest.mark.xdist_group("console")


@pytest.fixture(scope="module")
async def mara(house: House) -> TwoPasts:
    return await two_pasts(house)


async def past(house: House, mara: TwoPasts, **asked: str) -> dict[str, Any]:
    answer = await house.admin.get(f"/v1/courses/{mara.course}", params={"as_of": mara.between.isoformat(), **asked})
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def newest(told: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(one["vitals"]["spo2"], one["vitals"]["systolic"]) for one in told["sessions"][0]["readings"][-2:]]


async def test_the_two_pasts_of_a_moment_are_told_apart(house: House, mara: TwoPasts) -> None:
    """The late reading is in the one alone; the slip is 87 in the one, 97 in the other; both say what was learned."""
    knew, was = [await past(house, mara, as_known=known) for known in ("true", "false")]

    assert newest(knew)[-1][0] == 87
    assert newest(was) == [(98, 133), (97, 126)]
    assert {one["how"] for one in was["as_of"]["learned_since"]} == {"corrected", "late"}
    assert [one["as_of"]["as_known"] for one in (knew, was)] == [True, False]
    assert knew["as_of"]["entries"] < was["as_of"]["entries"] == was["sequence"]


async def test_its_steps_lead_to_the_moment_before_and_after(house: House, mara: TwoPasts) -> None:
    """As it was known: the entry after that moment is the correction, which reads as corrected from then on."""
    knew = await past(house, mara, as_known="true")

    corrected = await past(house, mara, as_known="true", as_of=knew["as_of"]["after"])

    assert newest(corrected)[-1][0] == 97
    assert corrected["as_of"]["before"] == knew["as_of"]["before"]


async def test_the_ledger_of_a_moment_is_what_was_recorded_by_then(house: House, mara: TwoPasts) -> None:
    """By the one clock neither the correction nor the late reading is in it; by the other the late one is."""
    asked = {"as_of": mara.between.isoformat()}
    path = f"/v1/courses/{mara.course}/ledger"

    knew = (await house.admin.get(path, params={**asked, "as_known": "true"})).json()
    happened = (await house.admin.get(path, params=asked)).json()

    assert all(datetime.fromisoformat(one["recorded_at"]) <= mara.between for one in knew)
    assert all(datetime.fromisoformat(one["time"]) <= mara.between for one in happened)
    assert [one["data"]["systolic"] for one in happened if one["late"] and "systolic" in one["data"]] == [133]
    assert "kap.correction.recorded" not in {one["type"] for one in (*knew, *happened)}


@pytest.mark.parametrize(
    ("asked", "must"),
    [
        ({"as_of": "yesterday"}, "must be RFC 3339 text with an offset"),
        ({"as_of": "2026-11-27T19:14:00"}, "must be RFC 3339 text with an offset"),
        ({"as_of": "1764270840"}, "must be RFC 3339 text with an offset"),
        ({"as_of": ""}, "must be RFC 3339 text with an offset"),
        ({"as_of": "1999-01-01T00:00:00Z"}, "must not lie before the course began"),
        ({"as_of": "1999-01-01T00:00:00Z", "as_known": "true"}, "must not lie before the course began"),
        ({"as_of": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "must not be in the future"),
    ],
)
async def test_a_moment_that_is_none_is_said_to_be_so(
    house: House, mara: TwoPasts, asked: dict[str, str], must: str
) -> None:
    """422, the parameter by its name, and what it must be."""
    answer = await house.admin.get(f"/v1/courses/{mara.course}", params=asked)

    assert answer.status_code == 422
    assert [(one["pointer"], must in one["detail"]) for one in answer.json()["errors"]] == [("/query/as_of", True)]


async def test_as_known_now_is_the_course_as_it_is(house: House, mara: TwoPasts) -> None:
    """Without a moment there is nothing to tell apart."""
    now, known = [
        (await house.admin.get(f"/v1/courses/{mara.course}/ledger", params=asked)).json()
        for asked in ({}, {"as_known": "true"})
    ]

    assert known == now


async def test_who_reads_the_past_of_a_course_is_on_the_record(house: House, mara: TwoPasts) -> None:
    """As any read of it; and whoever may not see the course sees none of its pasts."""
    auditor, stranger = await house.caller(TokenRole.AUDITOR), await house.caller(TokenRole.CLINIC, site="cork")
    asked = {"as_of": mara.between.isoformat()}

    answer = await auditor.get(f"/v1/courses/{mara.course}", params=asked)
    refused = await stranger.get(f"/v1/courses/{mara.course}", params=asked)

    (read,) = await house.readings(frozenset({answer.headers["x-request-id"]}))
    assert (read.what, read.course_id, read.role) == ("past course", mara.course, TokenRole.AUDITOR)
    assert refused.status_code == 403
    assert (await house.admin.get("/v1/courses/NOBODY-1", params=asked)).status_code == 404

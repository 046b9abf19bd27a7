"""Every metric that an alert or the dashboard goes by is one that a running console or worker really shows."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.cast import MONDAY, cssrs, referral
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward
from tests.support.watched_from_outside import alerts, declared, has_label, labels_in, metrics_in, shown

pytestmark = pytest.mark.xdist_group("console")

BY_ALERTS = [(alert.alert, alert.expr) for alert in alerts()]
WATCHED_BY = [*BY_ALERTS, *shown()]


async def all_metrics(house: House) -> str:
    """What the console and both workers show now."""
    async with httpx.AsyncClient(timeout=60) as outside:
        urls = (house.url, *house.stack.worker_metrics)
        return "".join([(await outside.get(f"{url}/metrics")).text for url in urls])


async def test_nothing_is_watched_by_a_metric_that_nobody_has(house: House) -> None:
    """Each that a rule or a panel names is declared, once a course was recorded and somebody paged."""
    await house.is_recorded(await house.has(Ward.dosed))
    course = house.expects()
    screen = cssrs(course, at=datetime.now(UTC) - timedelta(hours=2), items=HIGH_RISK)
    await house.sends([referral(course, at=MONDAY), screen])
    named = set[str]().union(*(metrics_in(expression) for _, expression in WATCHED_BY))

    async def missing() -> set[str]:
        return named - declared(await all_metrics(house))

    async def none_is_missing() -> bool:
        return not await missing()

    assert len(named) > 20
    with suppress(TimeoutError):
        await eventually(none_is_missing, timedelta(minutes=1))
    assert await missing() == set()


async def test_nothing_is_picked_by_a_label_that_a_metric_has_not(house: House) -> None:
    """A rule that asks for a label of another name would never sound."""
    text = await all_metrics(house)
    asked = {(where, *one) for where, expression in WATCHED_BY for one in labels_in(expression)}

    assert len(asked) > 20
    assert {one for one in asked if not has_label(text, one[1], one[2])} == set()


def test_a_metric_of_another_name_would_be_seen() -> None:
    """What the two tests above go by finds every name, and nothing that only looks like one."""
    expression = 'sum by (le) (rate(kapstan_nothing_bucket{site="kapstan_bend", le!="5"}[5m])) > 0 and up{job="x"} == 1'

    assert metrics_in(expression) == {"kapstan_nothing_bucket"}
    assert labels_in(expression) == {("kapstan_nothing_bucket", label) for label in ("site", "le")}
    assert not has_label('kapstan_nothing_bucket{le="5"} 1\n', "kapstan_nothing_bucket", "site")

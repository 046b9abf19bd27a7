"""The alert rules, the scrape configuration and the dashboard, read as Prometheus and Grafana read them."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.composition import Composition
from tests.support.doc_page import Page
from tests.support.paths import ROOT
from tests.support.promtool import promtool
from tests.support.watched_from_outside import (
    PROMETHEUS,
    RULE_TESTS,
    RULES,
    SCRAPING,
    Alert,
    alerts,
    cases,
    dashboard,
    in_one_file,
    metrics_in,
    panels,
    shown,
)


def test_each_alert_sounds_where_it_must_and_stays_quiet_where_it_must_not() -> None:
    """The rules' own tests hold, as Prometheus evaluates them."""
    code, said = promtool("test", "rules", RULE_TESTS.name, folder=PROMETHEUS)

    assert code == 0, said


def test_an_alert_that_sounds_too_late_would_be_seen(tmp_path: Path) -> None:
    """With another threshold the same tests fail, so the test above says something."""
    (tmp_path / RULES.name).write_text(RULES.read_text().replace("> 60\n", "> 600\n"))
    (tmp_path / RULE_TESTS.name).write_text(RULE_TESTS.read_text())

    code, _ = promtool("test", "rules", RULE_TESTS.name, folder=tmp_path)

    assert code != 0


def test_every_alert_is_tested_both_ways() -> None:
    """Each has a case in which it sounds and one in which it stays quiet; none is tested that is not there."""
    assert cases() == {alert.alert: {True, False} for alert in alerts()}


def test_prometheus_takes_the_scrape_configuration() -> None:
    """And the rules that it names."""
    code, said = promtool("check", "config", SCRAPING.name, folder=PROMETHEUS)

    assert code == 0, said


def test_prometheus_asks_where_the_programs_of_the_stack_answer(stack: Composition) -> None:
    """The console's port, the watch's and the workers', by the names that their services have."""
    jobs = {job["job_name"]: job for job in yaml.safe_load(SCRAPING.read_text())["scrape_configs"]}
    (console,), (worker,) = jobs["kapstan-console"]["static_configs"], jobs["kapstan-worker"]["dns_sd_configs"]

    assert stack.services["console"].ports[0].endswith(f":{console['targets'][0].removeprefix('console:')}")
    (watch,) = jobs["kapstan-watch"]["static_configs"]
    host, _, port = watch["targets"][0].partition(":")
    assert stack.services[host].environment["KAPSTAN_WATCH_METRICS"] == f"0.0.0.0:{port}"
    assert worker["names"] == ["worker"]
    assert stack.services["worker"].environment["KAPSTAN_WORKER_METRICS"] == f"0.0.0.0:{worker['port']}"


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.alert)
def test_every_alert_says_how_urgent_it_is_and_what_to_do(alert: Alert) -> None:
    """`page` or `ticket`; a sentence; and a line of the runbook in docs/deployment.md under the heading it names."""
    name, _, anchor = alert.annotations["runbook"].partition("#")
    rows = {row["alert"]: row for row in Page.read(ROOT / name).section(anchor.capitalize()).rows}

    assert alert.labels["severity"] in {"page", "ticket"}
    assert metrics_in(alert.expr) or "up{" in alert.expr
    assert len(alert.annotations["summary"]) > 20
    assert len(rows[f"`{alert.alert}`"]["what to do"]) > 20


def test_the_runbook_speaks_of_no_alert_that_is_not_there() -> None:
    """Each line of it is about a rule, in the rules' order."""
    rows = Page.read(ROOT / "docs" / "deployment.md").section("Alerts").rows

    assert [row["alert"] for row in rows] == [f"`{alert.alert}`" for alert in alerts()]


def test_every_expression_of_the_dashboard_is_one(tmp_path: Path) -> None:
    """Prometheus understands each, and each names a metric."""
    code, said = promtool("check", "rules", in_one_file(tmp_path, shown()).name, folder=tmp_path)

    assert code == 0, said
    assert [title for title, one in shown() if not metrics_in(one) and "up{" not in one] == []


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    """Every panel has an id, a place and a title of its own, and none lies over another."""
    whole = dashboard()

    assert len({panel["id"] for panel in whole["panels"]}) == len(whole["panels"])
    assert len({panel["title"] for panel in panels()}) == len(panels())
    assert all(panel["description"] and panel["targets"] for panel in panels())
    assert all(place["x"] + place["w"] <= 24 for place in places(whole))
    assert [pair for pair in combinations(places(whole), 2) if lie_over_one_another(*pair)] == []
    assert {re.sub(r"\W", "", panel["datasource"]["uid"]) for panel in panels()} == {"datasource"}


def places(whole: dict[str, Any]) -> list[dict[str, int]]:
    return [panel["gridPos"] for panel in whole["panels"]]


def lie_over_one_another(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )

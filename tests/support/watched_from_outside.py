"""What an operator watches Kapstan by, as it is written: alert rules, scrape configuration, dashboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict

from tests.support.paths import ROOT

PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
RULES: Final = PROMETHEUS / "alerts.yml"
RULE_TESTS: Final = PROMETHEUS / "alerts.test.yml"
SCRAPING: Final = PROMETHEUS / "prometheus.yml"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "kapstan.json"

METRIC: Final = re.compile(r"\b(?:kapstan|temporal|process)_[a-z_]+\b(?!\s*=)")
OF_PROMETHEUS: Final = {"job", "instance"}
"""Labels that Prometheus itself puts on what it is answered."""

SAMPLES: Final = ("_bucket", "_count", "_sum", "_created")


class Alert(BaseModel):
    """One alert rule."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


def alerts() -> list[Alert]:
    """Every alert, in order."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [Alert.model_validate(rule) for group in groups for rule in group["rules"]]


def cases() -> dict[str, set[bool]]:
    """Each alert that the rules' own tests speak of, with whether they expect it to sound, to stay quiet, or both."""
    found: dict[str, set[bool]] = {}
    for test in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]:
        for one in test["alert_rule_test"]:
            found.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    return found


def dashboard() -> dict[str, Any]:
    """The dashboard, whole."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def panels() -> list[dict[str, Any]]:
    """Its panels, without the rows that they stand in."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def shown() -> Iterator[tuple[str, str]]:
    """Each expression of the dashboard, after the title of its panel."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names, without those that Prometheus itself makes."""
    return set(METRIC.findall(re.sub(r'"[^"]*"', '""', expression)))


def declared(text: str) -> set[str]:
    """The samples that a page of metrics declares, those of a histogram too, though nothing may be counted yet."""
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, flags=re.MULTILINE))
    histograms = {name for name, kind in families.items() if kind == "histogram"}
    return set(families) | {f"{name}{part}" for name in histograms for part in SAMPLES}


def labels_in(expression: str) -> set[tuple[str, str]]:
    """Each metric of the expression with each label by which it is picked or summed up."""
    picked = {
        (metric, label)
        for metric, labels in re.findall(r"(\w+)\{([^}]*)\}", expression)
        for label in re.findall(r"(\w+)\s*[=!]", re.sub(r'"[^"]*"', '""', labels))
    }
    summed = {
        (metric, label.strip())
        for labels, metric in re.findall(r"by \(([^)]*)\) \((?:\w+\(\s*)*(\w+)", expression)
        for label in labels.split(",")
    }
    return {(metric, label) for metric, label in picked | summed if label not in OF_PROMETHEUS}


def has_label(text: str, metric: str, label: str) -> bool:
    """Whether a page of metrics has the label on this metric; so too where nothing is counted yet."""
    samples = re.findall(rf"^{metric}(?:\{{(.*)\}})? ", text, flags=re.MULTILINE)
    return not samples or any(f'{label}="' in labels for labels in samples)


def in_one_file(folder: Path, expressions: Iterator[tuple[str, str]]) -> Path:
    """A file of rules that has these expressions, for promtool to read."""
    rules = [{"record": f"shown_{number}", "expr": one} for number, (_, one) in enumerate(expressions)]
    file = folder / "shown.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}), encoding="utf-8")
    return file

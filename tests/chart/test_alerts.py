"""The alerts: Prometheus understands them, they are raised when they should be, and somebody says what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.chart.helm import CHART, Helm
from tests.chart.promtool import promtool
from tests.docs.pages import page
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RULES = CHART / "files/alerts.yaml"
CASES = ROOT / "tests/chart/alerts.yaml"
PAGE = "docs/operations.md"


def groups() -> list[dict[str, Any]]:
    """Return the groups of rules."""
    return list(yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"])


def alerts() -> dict[str, dict[str, Any]]:
    """Return every alert by its name."""
    return {rule["alert"]: rule for group in groups() for rule in group["rules"]}


def chapters() -> dict[str, str]:
    """Return what the documents say of each alert, by the anchor that leads there."""
    chapter = page(PAGE).split("\n## Alerts\n")[1].split("\n## ")[0]
    parts = [part.partition("\n") for part in chapter.split("\n### ")[1:]]
    return {title.lower().replace(" ", "-"): text for title, _, text in parts}


def test_prometheus_understands_the_rules() -> None:
    run = promtool("check", "rules", RULES)
    assert run.returncode == 0, run.stderr + run.stdout


def test_they_are_raised_when_they_should_be_and_at_no_other_time() -> None:
    run = promtool("test", "rules", CASES)
    assert run.returncode == 0, run.stderr + run.stdout


@pytest.mark.parametrize("name", alerts())
def test_an_alert_that_were_never_raised_would_be_noticed(name: str, tmp_path: Path) -> None:
    text = RULES.read_text(encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(text.replace(f"alert: {name}\n", f"alert: {name}Not\n"), encoding="utf-8")
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8")) | {"rule_files": [str(tmp_path / "rules.yaml")]}
    (tmp_path / "cases.yaml").write_text(yaml.safe_dump(cases), encoding="utf-8")
    run = promtool("test", "rules", tmp_path / "cases.yaml")
    assert run.returncode != 0
    assert f"alertname: {name}," in run.stderr + run.stdout


def test_each_has_a_chapter_and_each_chapter_an_alert() -> None:
    links = {rule["annotations"]["runbook_url"] for rule in alerts().values()}
    assert len(links) == len(alerts())
    assert links == {f"{PAGE}#{anchor}" for anchor in chapters()}


@pytest.mark.parametrize("name", alerts())
def test_a_chapter_says_what_it_means_where_to_look_and_what_to_do(name: str) -> None:
    text = chapters()[alerts()[name]["annotations"]["runbook_url"].partition("#")[2]]
    assert f"`{name}`" in text
    assert re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE) == ["Means.", "Look at.", "Do."]


def test_the_rule_object_has_them_all_with_links_that_lead_somewhere(helm: Helm) -> None:
    values = {"monitoring": {"prometheusRule": {"enabled": True, "labels": {"release": "mine"}}}}
    rule = helm.template(values).of("PrometheusRule", "demo")
    assert rule["spec"] == {"groups": groups()}
    assert rule["metadata"]["labels"]["release"] == "mine"
    values["monitoring"]["prometheusRule"]["runbooks"] = "https://git.example.org/it/"
    found = helm.template(values).of("PrometheusRule")["spec"]["groups"][0]["rules"]
    links = [one["annotations"]["runbook_url"] for one in found]
    assert links == [f"https://git.example.org/it/{one['annotations']['runbook_url']}" for one in alerts().values()]


def test_the_monitor_reads_the_port_that_shows_them(helm: Helm) -> None:
    rendered = helm.template({"monitoring": {"podMonitor": {"enabled": True, "interval": "7s"}}})
    spec = rendered.of("PodMonitor", "demo")["spec"]
    assert spec["podMetricsEndpoints"] == [{"port": "probes", "path": "/metrics", "interval": "7s"}]
    (chosen,) = spec["selector"]["matchExpressions"]
    for component in ("publisher", "subscriber", "test"):
        pods = [pod for _, pod in rendered.pods() if pod["metadata"]["labels"].get(chosen["key"]) == component]
        assert len(pods) == 1
        labels = pods[0]["metadata"]["labels"]
        assert labels.items() >= spec["selector"]["matchLabels"].items()
        ports = [port["name"] for box in pods[0]["spec"]["containers"] for port in box.get("ports", [])]
        assert (component in chosen["values"]) == (ports == ["probes"])

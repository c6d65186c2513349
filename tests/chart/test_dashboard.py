"""The dashboard: Grafana can draw it, and what it and the alerts ask for is shown by the services."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tools import dashboard

from messaging.telemetry.exposition import Exposition
from messaging.telemetry.instruments import INSTRUMENTS, Kind
from messaging.telemetry.measured import Observed
from tests.chart.helm import CHART, Helm, data
from tests.chart.promtool import promtool
from tests.chart.test_alerts import alerts

if TYPE_CHECKING:
    from pathlib import Path

FILE = CHART / "files/dashboard.json"
Board = dict[str, Any]
_METRIC = re.compile(r"\b(?:messaging|process)_\w+(?=\{|\[|\)| |$)")
_LABELS = re.compile(r"\b(?:by|on|without|ignoring) \([^)]*\)|\{[^}]*\}")
_OWN_LABELS = {"messaging_redis_pattern", "messaging_destination_name", "messaging_operation_name"}


@pytest.fixture(scope="module")
def board() -> Board:
    """Give the dashboard as Grafana would read it."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def shown() -> set[str]:
    """Return the name of each series that /metrics can show."""
    found = set(re.findall(r"^(process_\w+) ", Exposition(Observed()).render().decode(), re.MULTILINE))
    for each in INSTRUMENTS:
        suffixes = {Kind.COUNTER: ["_total"], Kind.GAUGE: [""], Kind.HISTOGRAM: ["_bucket", "_sum", "_count"]}
        found |= {f"{each.prometheus}{suffix}" for suffix in suffixes[each.kind]}
    return found


def asked(expression: str) -> set[str]:
    """Return the series that an expression is about."""
    return set(_METRIC.findall(_LABELS.sub(" ", expression)))


def expressions(board: Board) -> Iterator[str]:
    """Yield every query of the dashboard as Prometheus gets it."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            text = re.sub(r"\$__(rate_interval|range)\b", "5m", target["expr"])
            yield re.sub(r"\$(namespace|job|pattern)\b", ".*", text)


def test_it_is_made_from_the_names() -> None:
    assert FILE.read_text(encoding="utf-8") == dashboard.text(), "tools/dashboard.py --write"


def test_what_it_asks_for_is_shown(board: Board) -> None:
    for expression in expressions(board):
        names = asked(expression)
        assert names, expression
        assert names <= shown(), expression


@pytest.mark.parametrize("name", alerts())
def test_what_an_alert_asks_for_is_shown(name: str) -> None:
    names = asked(alerts()[name]["expr"])
    assert names
    assert names <= shown()


def test_a_metric_that_nobody_shows_would_be_noticed() -> None:
    text = 'sum by (messaging_redis_pattern) (rate(messaging_redis_misspelt_total{pod="a"}[5m])) > process_ghosts'
    assert asked(text) - shown() == {"messaging_redis_misspelt_total", "process_ghosts"}
    assert not asked("sum by (messaging_redis_pattern) (up)") & _OWN_LABELS


def test_every_metric_of_ours_is_on_it(board: Board) -> None:
    names = {name for expression in expressions(board) for name in asked(expression)}
    missing = {each.name for each in INSTRUMENTS if not any(name.startswith(each.prometheus) for name in names)}
    assert missing == set()


def test_prometheus_understands_its_queries(board: Board, tmp_path: Path) -> None:
    rules = [{"record": f"query:{place}", "expr": text} for place, text in enumerate(expressions(board))]
    assert len(rules) > 30
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    run = promtool("check", "rules", tmp_path / "rules.yaml")
    assert run.returncode == 0, run.stderr + run.stdout


def test_no_variable_is_left_undefined(board: Board) -> None:
    defined = {each["name"] for each in board["templating"]["list"]} | {"__rate_interval", "__range"}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"]))) - {"__all"} <= defined


def test_no_panel_lies_on_another_and_none_beyond_the_edge(board: Board) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    assert len({panel["id"] for panel in board["panels"]}) == len(places)
    for one in places:
        assert 0 <= one["x"] < one["x"] + one["w"] <= dashboard.WIDTH
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


def test_every_panel_says_what_it_shows(board: Board) -> None:
    titles = [(panel["type"], panel["title"]) for panel in board["panels"]]
    assert len(set(titles)) == len(titles)
    for panel in board["panels"]:
        letters = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(letters)) == len(letters)
        assert panel["type"] == "row" or letters


def test_the_sidecar_finds_it_by_its_label(helm: Helm) -> None:
    found = helm.template({"monitoring": {"dashboard": {"enabled": True}}}).of("ConfigMap", "demo-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert data(found) == {"messaging-patterns.json": FILE.read_text(encoding="utf-8")}

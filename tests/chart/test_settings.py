"""What the chart can tell the programs is what the programs can be told, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from tools import chart

from messaging.settings.common import CommonSettings
from messaging.settings.load import known_names, load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.sources import SECRETS_DIR
from messaging.settings.subscriber import SubscriberSettings
from tests.chart.helm import CI, Helm, Rendered, container, data

MODELS: dict[str, type[CommonSettings]] = {"publisher": PublisherSettings, "subscriber": SubscriberSettings}


def test_the_written_parts_are_those_of_the_models() -> None:
    assert list(chart.stale()) == [], "tools/chart.py --write"


def test_every_setting_can_be_given_in_one_place() -> None:
    in_configmaps = [each.name for place in ("shared", *MODELS) for each in chart.settings_of(place)]
    assert len(in_configmaps) == len(set(in_configmaps))
    elsewhere = chart.BY_THE_CHART | chart.BY_THE_POD | chart.SECRET | {SECRETS_DIR}
    assert set(in_configmaps) | elsewhere == set(known_names())
    assert not set(in_configmaps) & elsewhere


@pytest.mark.parametrize("service", MODELS)
@pytest.mark.parametrize("values", CI, ids=lambda path: path.stem.removesuffix("-values"))
def test_the_service_takes_what_its_configmaps_say(helm: Helm, values: Any, service: str, tmp_path: Any) -> None:  # noqa: ANN401
    environment = _environment(helm.template(values), service)
    for name in ("REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"):
        if name in environment:
            environment[name] = str(tmp_path / name)
            (tmp_path / name).write_text("a certificate", encoding="utf-8")
    assert set(environment) <= set(known_names())
    load(MODELS[service], environment)


def test_the_chart_itself_writes_every_variable_that_it_keeps_for_itself(helm: Helm) -> None:
    written = {name for values in CI for service in MODELS for name in _environment(helm.template(values), service)}
    keeps_default = {"REDIS_TLS_VERIFY_HOST"}
    assert written >= chart.BY_THE_CHART - keeps_default
    lax = {"enabled": True, "verifyHost": False}
    values = {"redis": {"enabled": False}, "externalRedis": {"host": "redis", "tls": lax}}
    assert _environment(helm.template(values), "publisher")["REDIS_TLS_VERIFY_HOST"] == "false"


def test_numbers_are_written_as_people_write_them(helm: Helm) -> None:
    settings = {"MESSAGE_BYTES": 16777216, "SHUTDOWN_GRACE": 45.5, "LOG_RATE": 0}
    written = data(helm.template({"settings": settings}).of("ConfigMap", "demo-settings"))
    assert {name: written[name] for name in settings} == {
        "MESSAGE_BYTES": "16777216",
        "SHUTDOWN_GRACE": "45.5",
        "LOG_RATE": "0",
    }


def test_null_leaves_the_default_to_the_program(helm: Helm) -> None:
    rendered = helm.template({"publisher": {"settings": {"PUBLISH_INTERVAL": None, "PUBLISH_BATCH": None}}})
    assert not {"PUBLISH_INTERVAL", "PUBLISH_BATCH"} & set(data(rendered.of("ConfigMap", "demo-publisher")))


def test_an_extra_variable_takes_the_place_of_the_charts(helm: Helm) -> None:
    extra = [{"name": "OTHER", "value": 1}, {"name": "CONSUMER", "value": "mine"}, {"name": "OTHER", "value": "2"}]
    pods = dict(helm.template({"subscriber": {"extraEnv": extra}}).pods())
    env = container(pods["Deployment/demo-subscriber"])["env"]
    assert env == [{"name": "CONSUMER", "value": "mine"}, {"name": "OTHER", "value": "2"}]


@pytest.mark.parametrize(
    ("grace", "flush", "period"),
    [(25, 2, 32), (59.2, 2, 67), ("100", "4.5", 110), (25, 0.4, 31), (None, None, 32)],
)
def test_the_pod_may_take_as_long_to_end_as_the_program(helm: Helm, grace: float, flush: float, period: int) -> None:
    for workload, template in helm.template({"settings": {"SHUTDOWN_GRACE": grace, "TELEMETRY_FLUSH": flush}}).pods():
        if workload.startswith("Deployment/"):
            assert template["spec"]["terminationGracePeriodSeconds"] == period


def _environment(rendered: Rendered, service: str) -> dict[str, str]:
    return data(rendered.of("ConfigMap", "demo-settings")) | data(rendered.of("ConfigMap", f"demo-{service}"))

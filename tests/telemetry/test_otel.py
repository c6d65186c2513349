"""The standard OTEL_* variables, unchanged."""

from __future__ import annotations

import pytest
from opentelemetry.sdk import environment_variables

from messaging.seam.errors import SettingsError
from messaging.settings import otel as module
from messaging.settings.otel import Otel, Queue, Sampling, otel

HERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


def test_nothing_is_switched_on_by_itself() -> None:
    assert otel({}) == Otel()
    assert (otel({}).traces, otel({}).metrics) == (False, False)


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        (HERE, True, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1/v1/traces"}, True, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://a:1/v1/metrics"}, False, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True, False),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, False, True),
        (HERE | {"OTEL_TRACES_EXPORTER": "none"}, False, True),
        (HERE | {"OTEL_METRICS_EXPORTER": "none"}, True, False),
        (HERE | {"OTEL_SDK_DISABLED": "True"}, False, False),
        (HERE | {"OTEL_TRACES_SAMPLER": "always_off"}, False, True),
        (HERE | {"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, True, True),
        (HERE | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True, True),
    ],
)
def test_what_is_switched_on(environ: dict[str, str], traces: bool, metrics: bool) -> None:  # noqa: FBT001
    assert (otel(environ).traces, otel(environ).metrics) == (traces, metrics)


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("", "", Sampling(1.0, parent_based=True)),
        ("", "0.5", Sampling(1.0, parent_based=True)),
        ("always_on", "", Sampling(1.0, parent_based=False)),
        ("parentbased_always_on", "0.1", Sampling(1.0, parent_based=True)),
        ("parentbased_always_off", "", Sampling(0.0, parent_based=True)),
        ("traceidratio", "0.25", Sampling(0.25, parent_based=False)),
        ("parentbased_traceidratio", "0.01", Sampling(0.01, parent_based=True)),
        ("parentbased_traceidratio", "", Sampling(1.0, parent_based=True)),
    ],
)
def test_samplers(name: str, argument: str, expected: Sampling) -> None:
    assert otel({"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": argument}).sampling == expected


def test_queue_links_and_interval() -> None:
    said = otel(
        {
            "OTEL_BSP_MAX_QUEUE_SIZE": "100",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "500",
            "OTEL_BSP_SCHEDULE_DELAY": "250",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "64",
            "OTEL_METRIC_EXPORT_INTERVAL": "10000",
        }
    )
    assert (said.queue, said.links, said.interval) == (Queue(100, 100, 0.25), 64, 10.0)
    assert (otel({}).queue, otel({}).links, otel({}).interval) == (Queue(2048, 512, 5.0), None, 60.0)


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "otlp or none"),
        ("OTEL_METRICS_EXPORTER", "prometheus", "otlp or none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "parentbased_"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "many", "whole number"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0", "above 0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "-1", "above 0"),
    ],
)
def test_what_cannot_be_used_is_an_error_with_its_mend(name: str, value: str, mend: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}={value}: .*{mend}"):
        otel(HERE | {name: value})


@pytest.mark.parametrize("value", ["2", "-0.1", "nan", "a lot"])
def test_a_rate_is_from_0_to_1(value: str) -> None:
    with pytest.raises(SettingsError, match="from 0 to 1"):
        otel({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": value})


def test_they_are_the_standard_ones() -> None:
    ours = {value for value in vars(module).values() if isinstance(value, str) and value.startswith("OTEL_")}
    ours |= set(module.PROTOCOLS)
    standard = set(vars(environment_variables)) | {"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"}  # in the API
    assert ours <= standard

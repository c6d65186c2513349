"""Counts, and how Prometheus reads them."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from messaging.counters import DURATION_BOUNDS, Counters, Histogram
from messaging.telemetry import names
from messaging.telemetry.exposition import Exposition
from messaging.telemetry.instruments import prometheus_name
from messaging.telemetry.measured import Observed
from messaging.telemetry.sources import Source


def source(operation: str, counters: Counters, *, ready: bool = True) -> Source:
    return Source("queue", 'orders:{"eu"}\n', operation, counters, lambda: 0.0, lambda: ready)


def scrape(*sources: Source) -> dict[str, list[Sample]]:
    text = Exposition(Observed(sources)).render().decode()
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


@given(st.lists(st.tuples(st.floats(-1, 100), st.integers(1, 100))))
def test_a_histogram_counts_each_duration_in_its_bucket(recorded: list[tuple[float, int]]) -> None:
    histogram = Histogram()
    for seconds, times in recorded:
        histogram.record(seconds, times)
    for place in range(len(DURATION_BOUNDS) + 1):
        expected = sum(n for seconds, n in recorded if bisect_left(DURATION_BOUNDS, seconds) == place)
        assert histogram.counts[place] == expected
    assert histogram.count == sum(times for _, times in recorded)
    assert histogram.sum == pytest.approx(sum(max(seconds, 0) * times for seconds, times in recorded))


def test_a_bound_belongs_to_its_bucket() -> None:
    histogram = Histogram((1.0, 2.0))
    for seconds in (1.0, 1.1, 2.0, 2.1):
        histogram.record(seconds)
    assert histogram.counts == [1, 2, 1]


def test_every_counter_is_exposed_once() -> None:
    plain = [field.name for field in dataclasses.fields(Counters) if field.type == "int"]
    counters = Counters()
    for number, name in enumerate(plain, 1000):
        setattr(counters, name, number)
    found = scrape(source("send", counters), source("receive", counters))
    values = sorted(
        sample.value
        for samples in found.values()
        for sample in samples
        if sample.name.endswith("_total") and "pattern" in "".join(sample.labels)
    )
    assert values == [1000.0 + number for number in range(len(plain))]


def test_the_conventions_names_and_labels() -> None:
    found = scrape(source("send", Counters(published=3, publish_failed=2, publish_unknown=1)))
    sent = found["messaging_client_sent_messages"]
    assert {sample.labels["error_type"]: sample.value for sample in sent} == {
        "": 3.0,
        "failed": 2.0,
        "unknown": 1.0,
    }
    assert {key: value for key, value in sent[0].labels.items() if key != "error_type"} == {
        "messaging_system": "redis",
        "messaging_redis_pattern": "queue",
        "messaging_destination_name": 'orders:{"eu"}\n',
        "messaging_operation_name": "send",
    }
    assert "messaging_client_consumed_messages" not in found
    assert "messaging_process_duration_seconds" not in found


def test_a_histogram_is_exposed_from_plain_counts() -> None:
    counters = Counters()
    for seconds in (0.001, 0.02, 0.02, 99.0):
        counters.process_duration.record(seconds)
    samples = scrape(source("receive", counters))["messaging_process_duration_seconds"]
    buckets = {s.labels["le"]: s.value for s in samples if s.name.endswith("_bucket")}
    assert (buckets["0.005"], buckets["0.01"], buckets["0.025"]) == (1.0, 1.0, 3.0)
    assert (buckets["10.0"], buckets["+Inf"]) == (3.0, 4.0)
    sums = {s.name.rpartition("_")[2]: s.value for s in samples if "le" not in s.labels}
    assert sums == {"count": 4.0, "sum": pytest.approx(99.041)}


@pytest.mark.parametrize("ready", [True, False])
def test_readiness_is_a_gauge(ready: bool) -> None:  # noqa: FBT001
    (sample,) = scrape(source("receive", Counters(), ready=ready))["messaging_redis_ready"]
    assert sample.value == float(ready)


def test_two_scrapes_show_what_happened_between_them() -> None:
    counters = Counters(received=1)
    exposition = Exposition(Observed([source("receive", counters)]))
    assert b"consumed_messages_total" in exposition.render()
    counters.received = 5
    lines = exposition.render().decode().splitlines()
    assert [line for line in lines if "consumed_messages_total{" in line][0].endswith(" 5.0")  # noqa: RUF015


def test_what_is_exposed_is_named_in_one_place() -> None:
    found = scrape(source("send", Counters()), source("receive", Counters()))
    known = {prometheus_name(value) for name, value in vars(names).items() if name.isupper()}
    ours = {name.removesuffix("_seconds") for name in found if name.startswith("messaging")}
    assert ours <= known
    assert any(name.startswith("process_resident_memory") for name in found)

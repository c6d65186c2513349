"""Names are those of OpenTelemetry's conventions, or stand under messaging.redis."""

from __future__ import annotations

from opentelemetry.semconv._incubating.attributes import k8s_attributes, messaging_attributes
from opentelemetry.semconv._incubating.metrics import messaging_metrics
from opentelemetry.semconv.attributes import error_attributes, server_attributes, service_attributes

from messaging.counters import DURATION_BOUNDS
from messaging.telemetry import names
from messaging.telemetry.instruments import INSTRUMENTS, Kind

CONVENTIONS = {
    value
    for module in (
        k8s_attributes,
        messaging_attributes,
        messaging_metrics,
        error_attributes,
        server_attributes,
        service_attributes,
    )
    for value in vars(module).values()
    if isinstance(value, str) and "." in value
} | {"service.instance.id"}


def test_every_name_is_one_of_the_conventions_or_ours() -> None:
    named = {value for name, value in vars(names).items() if name.isupper() and "." in str(value)}
    assert {name for name in named if not name.startswith("messaging.redis.")} <= CONVENTIONS


def test_the_operations_are_the_conventions() -> None:
    kinds = {kind.value for kind in messaging_attributes.MessagingOperationTypeValues}
    ours = (
        names.OPERATION_CREATE,
        names.OPERATION_SEND,
        names.OPERATION_RECEIVE,
        names.OPERATION_PROCESS,
        names.OPERATION_SETTLE,
    )
    assert set(ours) <= kinds


def test_durations_have_the_conventions_buckets() -> None:
    assert DURATION_BOUNDS == (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
    assert all(instrument.unit == "s" for instrument in INSTRUMENTS if instrument.kind is Kind.HISTOGRAM)


def test_every_figure_has_one_name() -> None:
    assert len({instrument.name for instrument in INSTRUMENTS}) == len(INSTRUMENTS)
    assert len({instrument.prometheus for instrument in INSTRUMENTS}) == len(INSTRUMENTS)

"""The standard OTEL_* variables, as far as they decide what is switched on.

They are OpenTelemetry's, unchanged; those that are not named here are read by its SDK, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from messaging.seam.errors import SettingsError

SDK_DISABLED = "OTEL_SDK_DISABLED"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
METRICS_ENDPOINT = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
TRACES_EXPORTER = "OTEL_TRACES_EXPORTER"
METRICS_EXPORTER = "OTEL_METRICS_EXPORTER"
PROTOCOLS = (
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
)
SAMPLER = "OTEL_TRACES_SAMPLER"
SAMPLER_ARGUMENT = "OTEL_TRACES_SAMPLER_ARG"
LINK_LIMIT = "OTEL_SPAN_LINK_COUNT_LIMIT"
QUEUE_SIZE = "OTEL_BSP_MAX_QUEUE_SIZE"
QUEUE_BATCH = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
QUEUE_DELAY = "OTEL_BSP_SCHEDULE_DELAY"
METRICS_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"

SAMPLERS = ("always_on", "always_off", "traceidratio")
"""Each also with `parentbased_` before it: then a span follows its parent, where it has one."""
_PARENT_BASED = "parentbased_"
_HTTP = "http/protobuf"


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which traces are recorded.

    Attributes:
        rate: the share of new traces, from 0 to 1.
        parent_based: whether the other spans follow their parents.
        per_second: messages that may be sampled a second, TELEMETRY_TRACES_PER_SECOND; 0: any number.
    """

    rate: float = 1.0
    parent_based: bool = True
    per_second: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """How spans wait for their export.

    Attributes:
        size: how many may wait; what comes on top is dropped.
        batch: how many are sent in one request, at most.
        delay: the longest wait before a request, in seconds.
    """

    size: int = 2048
    batch: int = 512
    delay: float = 5.0


@dataclass(frozen=True, slots=True)
class Otel:
    """What the variables switch on.

    Attributes:
        traces: spans are exported.
        metrics: metrics are exported.
        sampling: which traces.
        queue: how spans wait.
        links: how many links a span may have; None: the variable is not set.
        interval: seconds between two exports of metrics.
    """

    traces: bool = False
    metrics: bool = False
    sampling: Sampling = Sampling()
    queue: Queue = Queue()
    links: int | None = None
    interval: float = 60.0


def otel(environ: Mapping[str, str], per_second: int = 0) -> Otel:
    """Return what an environment switches on: what has an endpoint, or the exporter `otlp`.

    Args:
        environ: the variables.
        per_second: messages that may be sampled a second; 0: any number.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    if environ.get(SDK_DISABLED, "").strip().lower() == "true":
        return Otel()
    sampling = _sampling(environ)
    for name in PROTOCOLS:
        if environ.get(name) not in (None, "", _HTTP):
            raise SettingsError(name, environ[name], f"give {_HTTP}, and the collector's port for it (4318)")
    return Otel(
        traces=_is_on(environ, TRACES_EXPORTER, TRACES_ENDPOINT) and sampling != Sampling(0.0, parent_based=False),
        metrics=_is_on(environ, METRICS_EXPORTER, METRICS_ENDPOINT),
        sampling=replace(sampling, per_second=per_second),
        queue=_queue(environ),
        links=_whole(environ, LINK_LIMIT, 0) if environ.get(LINK_LIMIT) else None,
        interval=_whole(environ, METRICS_INTERVAL, 60_000) / 1000,
    )


def _is_on(environ: Mapping[str, str], exporter: str, endpoint: str) -> bool:
    asked = environ.get(exporter, "").strip()
    if asked not in ("", "otlp", "none"):
        raise SettingsError(exporter, asked, "give otlp or none")
    return asked == "otlp" or (not asked and bool(environ.get(endpoint) or environ.get(ENDPOINT)))


def _sampling(environ: Mapping[str, str]) -> Sampling:
    name = environ.get(SAMPLER, "").strip() or f"{_PARENT_BASED}always_on"
    kind = name.removeprefix(_PARENT_BASED)
    if kind not in SAMPLERS:
        raise SettingsError(SAMPLER, name, f"give one of {', '.join(SAMPLERS)}, or {_PARENT_BASED} and one of them")
    rates = {"always_on": 1.0, "always_off": 0.0}
    return Sampling(rates[kind] if kind in rates else _rate(environ), parent_based=name != kind)


def _rate(environ: Mapping[str, str]) -> float:
    text = environ.get(SAMPLER_ARGUMENT, "").strip() or "1"
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0.0 <= rate <= 1.0:
        raise SettingsError(SAMPLER_ARGUMENT, text, "give a number from 0 to 1")
    return rate


def _queue(environ: Mapping[str, str]) -> Queue:
    usual = Queue()
    size = _whole(environ, QUEUE_SIZE, usual.size)
    batch = min(size, _whole(environ, QUEUE_BATCH, usual.batch))
    return Queue(size, batch, _whole(environ, QUEUE_DELAY, int(usual.delay * 1000)) / 1000)


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text)):
        raise SettingsError(name, text, "give a whole number above 0")
    return int(text)

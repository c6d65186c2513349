"""A receiver of OTLP over HTTP, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lab.common.ports import LOOPBACK, free_port


@dataclass(frozen=True, slots=True)
class Received:
    """One span, and the resource that it came from."""

    span: Span
    resource: dict[str, str]

    @property
    def operation(self) -> str:
        """The first word of its name."""
        return self.span.name.split()[0]

    @property
    def facts(self) -> dict[str, str | int]:
        """Its attributes."""
        return {one.key: one.value.string_value or one.value.int_value for one in self.span.attributes}


class Collector:
    """Keeps what it is sent.

    Attributes:
        url: what OTEL_EXPORTER_OTLP_ENDPOINT has to be.
        status: what it answers with.
        requests: how many it was sent.
    """

    def __init__(self) -> None:
        """Prepare to listen."""
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self.status, self.requests = 200, 0
        self.open = asyncio.Event()  # while it is not set, nobody is answered
        self.open.set()
        self._traces: list[ExportTraceServiceRequest] = []
        self._metrics: list[ExportMetricsServiceRequest] = []

    @property
    def spans(self) -> list[Received]:
        """Every span that came."""
        return [
            Received(span, _plain(resource.resource.attributes))
            for request in self._traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self, service: str) -> dict[str, Metric]:
        """Return the last value of each metric of a service."""
        return {metric.name: metric for metric in self._of(service)}

    def _of(self, service: str) -> Iterator[Metric]:
        for request in self._metrics:
            for resource in request.resource_metrics:
                if _plain(resource.resource.attributes).get("service.name") == service:
                    for scope in resource.scope_metrics:
                        yield from scope.metrics

    async def __aenter__(self) -> Self:
        """Listen."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.add_routes([web.post("/v1/traces", self._on_traces), web.post("/v1/metrics", self._on_metrics)])
        self._runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        self.open.set()
        await self._runner.cleanup()

    async def _on_traces(self, request: web.Request) -> web.Response:
        body = await self._admit(request)
        if self.status == 200:
            self._traces.append(ExportTraceServiceRequest.FromString(body))
        return web.Response(status=self.status)

    async def _on_metrics(self, request: web.Request) -> web.Response:
        body = await self._admit(request)
        if self.status == 200:
            self._metrics.append(ExportMetricsServiceRequest.FromString(body))
        return web.Response(status=self.status)

    async def _admit(self, request: web.Request) -> bytes:
        self.requests += 1
        await self.open.wait()
        return await request.read()


def _plain(attributes: Iterator[KeyValue] | list[KeyValue]) -> dict[str, str]:
    return {one.key: one.value.string_value for one in attributes}

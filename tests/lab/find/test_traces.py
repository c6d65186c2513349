"""`lab find --trace-url`: what Jaeger's query API answers becomes moments and links. The real one: tests/e2e."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from lab.common.ports import LOOPBACK, free_port
from lab.find.history import NotFoundError
from lab.find.traces import traces_of
from messaging.telemetry import names
from tests.support.processes import Processes

ID = "dc9d41d3-1f44-8b9b-a54f-00000000000b"
START = 1_795_518_246_000_000


def tags(**values: object) -> list[dict[str, object]]:
    return [{"key": key, "type": "string", "value": value} for key, value in values.items()]


def span(name: str, process: str, after: int, **facts: object) -> dict[str, Any]:
    known = {names.PATTERN: "stream", names.MESSAGE_ID: ID} | facts
    return {
        "traceID": "abc",
        "spanID": f"{after}",
        "operationName": name,
        "startTime": START + after,
        "duration": 1500,
        "processID": process,
        "tags": tags(**known),
        "references": [],
    }


RETRY = {names.DELIVERY_COUNT: 1, names.SETTLEMENT: "retry", "otel.status_description": "ValueError: no"}
TRACE = {
    "traceID": "abc",
    "spans": [
        span("process orders", "p2", 900, **{names.DELIVERY_COUNT: 2}),
        span("send orders", "p1", 100),
        span("process orders", "p2", 300, **RETRY),
    ],
    "processes": {
        "p1": {"serviceName": "publisher", "tags": tags(**{names.POD_NAME: "demo-publisher-x"})},
        "p2": {"serviceName": "subscriber", "tags": []},
    },
}


class Jaeger:
    """Answers as Jaeger 2 does.

    Attributes:
        asked: the services whose traces were asked for.
    """

    def __init__(self) -> None:
        """Know one trace, of the service publisher."""
        self.asked: list[str] = []

    async def services(self, _: web.Request) -> web.Response:
        return web.json_response({"data": ["another", "subscriber", "publisher"], "total": 3, "errors": None})

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text="<html>")

    async def traces(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["service"])
        known = request.query["service"] != "another" and json.loads(request.query["tags"]) == {names.MESSAGE_ID: ID}
        return web.json_response({"data": [TRACE] if known else None, "total": 0, "errors": None})


@pytest.fixture
async def jaeger() -> AsyncIterator[tuple[str, Jaeger]]:
    answering, port = Jaeger(), free_port()
    application = web.Application()
    routes = [("services", answering.services), ("traces", answering.traces)]
    application.add_routes([web.get(f"/jaeger/api/{path}", answer) for path, answer in routes])
    application.add_routes([web.get("/elsewhere/api/services", answering.page)])
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    yield f"http://{LOOPBACK}:{port}", answering
    await runner.cleanup()


async def test_each_span_is_a_moment_and_the_trace_has_a_link(jaeger: tuple[str, Jaeger]) -> None:
    url, answering = jaeger
    (trace,) = await traces_of(f"{url}/jaeger/", ID)
    assert (trace.pattern, trace.link) == ("stream", f"{url}/jaeger/trace/abc")
    assert [at * 1e6 - START for at, _ in trace.moments] == pytest.approx([100, 300, 900], abs=1)
    assert [words for _, words in trace.moments] == [
        "stream: send by demo-publisher-x, 1.5 ms",
        "stream: process by subscriber, 1.5 ms, retry, ValueError: no",
        "stream: process by subscriber, 1.5 ms, delivery 2",
    ]
    assert answering.asked == ["publisher"], "ours first, and nobody else once it is found"


async def test_what_is_unknown_is_asked_of_every_service(jaeger: tuple[str, Jaeger]) -> None:
    url, answering = jaeger
    assert await traces_of(f"{url}/jaeger", "another id") == []
    assert answering.asked == ["publisher", "subscriber", "another"]


async def test_somebody_else_who_answers_is_named(jaeger: tuple[str, Jaeger]) -> None:
    for path in ("elsewhere", "nowhere"):
        with pytest.raises(NotFoundError, match=f"/{path} does not answer as Jaeger does: "):
            await traces_of(f"{jaeger[0]}/{path}", ID)


@pytest.mark.parametrize("url", ["localhost:16686", "file:///etc/passwd"])
async def test_an_address_is_one_of_http(url: str) -> None:
    with pytest.raises(NotFoundError, match="give Jaeger's address, as in http://localhost:16686"):
        await traces_of(url, ID)


async def test_find_prints_the_moments_and_the_link(jaeger: tuple[str, Jaeger], processes: Processes) -> None:
    url, _ = jaeger
    found = processes.start("lab", "find", ID, "--runs", "/nowhere", "--trace-url", f"{url}/jaeger")
    assert await found.exit() == 0, found
    assert found.lines[:4] == [
        "11:04:06.000100  stream: send by demo-publisher-x, 1.5 ms",
        "11:04:06.000300  stream: process by subscriber, 1.5 ms, retry, ValueError: no",
        "11:04:06.000900  stream: process by subscriber, 1.5 ms, delivery 2",
        f"trace of stream: {url}/jaeger/trace/abc",
    ]
    unknown = processes.start("lab", "find", "another", "--runs", "/nowhere", "--trace-url", f"{url}/jaeger")
    assert await unknown.exit() == 1


async def test_find_says_when_nobody_answers(processes: Processes) -> None:
    found = processes.start("lab", "find", ID, "--trace-url", f"http://{LOOPBACK}:{free_port()}")
    assert await found.exit() == 2
    assert found.lines[-1].startswith("lab: --trace-url http://")

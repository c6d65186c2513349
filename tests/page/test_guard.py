"""The page takes writes and websockets from itself alone, and goes by its own names only."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from lab.page.guard import Guard

HOSTS = ("localhost", "127.0.0.1")


async def passes(kind: str, method: str, **headers: str) -> bool:
    """Tell whether a request gets to the guarded application."""
    reached: list[Scope] = []
    answers: list[Message] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        reached.append(scope)

    async def receive() -> Message:
        raise AssertionError("it needs no body to decide")

    async def send(message: Message) -> None:
        answers.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await Guard(application, HOSTS)({"type": kind, "method": method, "headers": pairs}, receive, send)
    assert bool(reached) != bool(answers)
    return bool(reached)


@pytest.mark.parametrize(
    ("kind", "method", "host", "origin", "let_through"),
    [
        ("http", "GET", "localhost:8090", "", True),
        ("http", "GET", "127.0.0.1:8090", "", True),
        ("http", "GET", "evil.example:8090", "", False),
        ("http", "GET", "localhost.evil.example", "", False),
        ("http", "POST", "localhost:8090", "http://localhost:8090", True),
        ("http", "POST", "localhost:8090", "http://evil.example", False),
        ("http", "POST", "localhost:8090", "null", False),
        ("http", "POST", "localhost:8090", "", False),
        ("http", "POST", "localhost:8090", "http://localhost:9999", False),
        ("websocket", "", "localhost:8090", "http://localhost:8090", True),
        ("websocket", "", "localhost:8090", "http://evil.example", False),
        ("websocket", "", "localhost:8090", "", False),
        ("websocket", "", "[", "http://[", False),
    ],
)
async def test_who_gets_through(kind: str, method: str, host: str, origin: str, let_through: bool) -> None:  # noqa: FBT001 - a column of the table
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert await passes(kind, method, **headers) is let_through


async def test_no_other_site_may_frame_it() -> None:
    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})

    async def receive() -> Message:
        raise AssertionError("there is nothing to read")

    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "GET", "headers": [(b"host", b"localhost:8090")]}
    await Guard(application, HOSTS)(scope, receive, send)
    headers = dict(answers[0]["headers"])
    assert headers[b"content-type"] == b"text/html"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'none'"
    assert headers[b"x-frame-options"] == b"DENY"

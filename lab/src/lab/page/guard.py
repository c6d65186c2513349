"""Who may speak to the page: only itself, by a name that it goes by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = ("GET", "HEAD")
_HEADERS = (
    (b"content-security-policy", b"frame-ancestors 'none'"),  # else a click on another site could be one here
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses names that are not the page's (DNS rebinding), and other sites' writes and websockets.

    Attributes:
        app: what is guarded.
        hosts: the names, without ports, by which a browser may reach it.
    """

    app: ASGIApp
    hosts: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, or answer 403; a websocket that is closed before it is accepted ends as 403, too."""
        if scope["type"] not in ("http", "websocket") or self._allowed(scope):
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"not from here\n"})

    def _allowed(self, scope: Scope) -> bool:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if _name(f"//{host}") not in self.hosts:
            return False
        if origin is None:  # a browser names it with every write and every websocket
            return bool(scope["type"] == "http" and scope["method"] in _READING)
        return bool(urlsplit(origin).netloc == host)


def _unframed(send: Send) -> Send:
    """Say with each answer that no other site may show it as a part of its own."""

    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return forward


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

"""One server of a topology, and how clients get in."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis

from lab.embedded import EmbeddedServer, Mode, Options
from lab.proxy import Proxy, Translate
from tests.support.loop_thread import LoopThread
from tests.support.tls import Certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.servers import ServerBinary


@dataclass(frozen=True, slots=True)
class Access:
    """How clients get in; nothing set: everyone may.

    Attributes:
        username: the only user; None is the default user.
        password: of that user.
        certificates: makes everyone speak TLS.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    certificates: Certificates | None = None

    @property
    def client_arguments(self) -> dict[str, Any]:
        """The same as arguments of redis-py's clients."""
        arguments: dict[str, Any] = {"username": self.username, "password": self.password}
        if self.certificates is None:
            return arguments
        return arguments | {
            "ssl": True,
            "ssl_ca_certs": str(self.certificates.ca),
            "ssl_certfile": str(self.certificates.client),
            "ssl_keyfile": str(self.certificates.client_key),
        }


class Node:
    """A server process and the port that its clients use.

    Attributes:
        server: the process, to kill, pause, resume and restart.
        port: where clients knock: the server's own port, or that of the TLS proxy before it.
    """

    def __init__(
        self,
        binary: ServerBinary,
        access: Access,
        *,
        mode: Mode = Mode.STANDALONE,
        options: Options | None = None,
        translate: Translate | None = None,
    ) -> None:
        """Describe the node; `start` makes it run.

        Args:
            binary: the server's program.
            access: how clients get in.
            mode: what it runs as.
            options: further directives of its configuration.
            translate: what the TLS proxy, where there is one, makes of the server's replies.
        """
        self.access = access
        self.port = 0
        certificates = access.certificates
        self.native_tls = certificates is not None and binary.tls
        self._behind = None if self.native_tls else certificates
        self._translate = translate
        tls = certificates if self.native_tls else None
        self.server = EmbeddedServer(
            binary=binary.path,
            mode=mode,
            username=access.username,
            password=access.password,
            tls=tls.client_context if tls else None,
            options={**(_tls_options(tls, mode) if tls else {}), **(options or {})},
        )
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start the server, and the TLS proxy before it when it cannot speak TLS itself."""
        await self.server.start()
        self._stack.push_async_callback(self.server.stop)
        self.port = self.server.port
        if self._behind is not None:
            proxy = Proxy(
                self.server.host,
                self.port,
                tls=self._behind.server_context,
                translate=self._translate,
            )
            thread = self._stack.enter_context(LoopThread())
            await thread.run(proxy.__aenter__())
            self._stack.push_async_exit(lambda *error: thread.run(proxy.__aexit__(*error)))
            self.port = proxy.port

    async def stop(self) -> None:
        """End both; nothing stays."""
        await self._stack.aclose()

    @property
    def host(self) -> str:
        """The address of both."""
        return self.server.host

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        """Open redis-py's own client to this very server, past the proxy."""
        arguments = self.access.client_arguments
        if not self.native_tls:
            arguments = {name: arguments[name] for name in ("username", "password")}
        arguments = arguments | {"protocol": 3}
        async with Redis(host=self.host, port=self.server.port, **arguments) as client:
            yield client

    async def execute(self, *command: str | int) -> Any:  # noqa: ANN401 - whatever the server says
        """Run one command on this very server and return its reply."""
        async with self.client() as client:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]

    async def info(self, section: str) -> dict[str, Any]:
        """Return one section of INFO."""
        async with self.client() as client:
            facts: dict[str, Any] = await client.info(section)
            return facts


def _tls_options(certificates: Certificates, mode: Mode) -> Options:
    bus = {"tls-cluster": "yes"} if mode is Mode.CLUSTER else {}
    return {**certificates.server_options, **bus}


@asynccontextmanager
async def running(nodes: Sequence[Node]) -> AsyncIterator[None]:
    """Start the nodes side by side, and end all of them in the end, whatever happened."""
    async with AsyncExitStack() as stack:
        for node in nodes:
            stack.push_async_callback(node.stop)
        async with asyncio.TaskGroup() as group:
            for node in nodes:
                group.create_task(node.start())
        yield

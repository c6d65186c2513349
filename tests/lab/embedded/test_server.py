"""The embedded server, as it really runs."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError

import lab.embedded.server as module_under_test
from lab.common.ports import free_port
from lab.embedded import EmbeddedServer, ServerStartError, embedded_binary
from lab.embedded.probe import Probe
from tests.support.children import children
from tests.support.eventually import eventually
from tests.support.processes import Processes

SECRET = "a word that no other server knows"  # noqa: S105 - of servers that live for a test
STARTS_A_SERVER = """\
import asyncio
from lab.embedded import EmbeddedServer

async def main():
    async with EmbeddedServer() as server:
        print("port", server.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def _client(server: EmbeddedServer, **arguments: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis(host=server.host, port=server.port, retry=once, **arguments)  # type: ignore[arg-type]


async def test_it_answers_and_leaves_nothing_behind() -> None:
    async with EmbeddedServer() as server:
        assert server.is_running()
        async with _client(server) as client:
            facts = await client.info("server")
        assert (facts["process_id"], facts["run_id"]) == (server.pid, server.run_id)
        directory = server.directory
        assert directory.stat().st_mode & 0o077 == 0
    assert not server.is_running()
    assert server.pid not in children()
    assert not directory.exists()


async def test_it_obeys_options() -> None:
    limits = "pubsub 1048576 524288 10"
    options = {"maxmemory": "5mb", "appendonly": "yes", "client-output-buffer-limit": limits}
    async with EmbeddedServer(options=options) as server, _client(server) as client:
        assert (await client.config_get("maxmemory"))["maxmemory"] == str(5 * 1024 * 1024)
        assert (await client.config_get("appendonly"))["appendonly"] == "yes"
        told = await client.config_get("client-output-buffer-limit")
        assert limits in str(told["client-output-buffer-limit"])


@pytest.mark.parametrize("password", ["simple", 'with "quotes" and \\ and # and blanks'])
async def test_it_asks_for_a_password(password: str) -> None:
    async with EmbeddedServer(password=password) as server:
        async with _client(server) as client:
            with pytest.raises(AuthenticationError):
                await client.ping()
        async with _client(server, password=password) as client:
            assert await client.ping()


async def test_it_knows_only_the_user_that_was_named() -> None:
    async with EmbeddedServer(username="orders", password=SECRET) as server:
        async with _client(server, username="orders", password=SECRET) as client:
            assert await client.acl_whoami() == "orders"
        async with _client(server) as client:
            with pytest.raises((AuthenticationError, NoPermissionError)):
                await client.ping()


@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "killed"])
async def test_a_restart_keeps_port_and_data(*, crash: bool) -> None:
    async with EmbeddedServer(options={"appendonly": "yes", "appendfsync": "always"}) as server:
        async with _client(server) as client:
            await client.rpush("list", "a", "b")
        before = server.port, server.run_id
        if crash:
            server.kill()
        await server.restart()
        assert server.port == before[0]
        assert server.run_id != before[1]
        async with _client(server) as client:
            assert await client.lrange("list", 0, -1) == [b"a", b"b"]


async def test_a_paused_server_is_silent_until_it_is_resumed() -> None:
    async with EmbeddedServer() as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        server.pause()
        writer.write(b"PING\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.readline()
        assert server.is_running()
        server.resume()
        assert await reader.readline() == b"+PONG\r\n"
        writer.close()
        await writer.wait_closed()


async def test_it_ends_also_when_it_is_paused() -> None:
    async with EmbeddedServer() as server:
        server.pause()
    assert not server.is_running()


async def test_a_start_that_fails_tells_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ServerStartError, match="nonsense"):
        await EmbeddedServer(options={"nonsense": "yes"}).start()
    assert _content(tmp_path) == []


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    mute = tmp_path / "mute-server"
    mute.write_text("#!/bin/sh\nexec sleep 60\n")
    mute.chmod(0o700)
    before = children()
    with pytest.raises(ServerStartError, match="did not answer within"):
        await EmbeddedServer(binary=mute, start_timeout=0.2).start()
    assert children() == before


async def test_it_takes_another_port_when_one_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports: Iterator[int] = iter([taken.getsockname()[1], free_port()])
        monkeypatch.setattr(module_under_test, "free_port", lambda: next(ports, free_port()))
        async with EmbeddedServer() as server:
            assert server.port != taken.getsockname()[1]


async def test_it_never_takes_another_server_for_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async with EmbeddedServer() as other:
        ports = iter([other.port])
        monkeypatch.setattr(module_under_test, "free_port", lambda: next(ports, free_port()))
        async with EmbeddedServer() as server:
            assert (server.port, server.run_id) != (other.port, other.run_id)
            identity = await Probe(server.host, server.port).identify()
            assert identity is not None
            assert identity.pid == server.pid


async def test_an_error_in_the_body_and_a_cancellation_end_it() -> None:
    server = EmbeddedServer()

    async def body() -> None:
        async with server:
            entered.set()
            await asyncio.Event().wait()

    entered = asyncio.Event()
    task = asyncio.create_task(body())
    await entered.wait()
    directory = server.directory
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not server.is_running()
    assert not directory.exists()


async def test_what_has_not_started_says_so() -> None:
    with pytest.raises(ServerStartError, match="not been started"):
        EmbeddedServer().kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_it_does_not_outlive_a_killed_parent(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # a killed parent cannot tidy up
    parent = processes.command(sys.executable, "-c", STARTS_A_SERVER)
    probe = Probe("127.0.0.1", int((await parent.line("port")).split()[1]))
    assert await probe.identify() is not None
    parent.kill()
    await parent.exit()
    await eventually(lambda: _silent(probe), what="the server's end")


async def test_ctrl_c_on_the_parent_ends_it_in_good_order(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    parent = processes.command(sys.executable, "-c", STARTS_A_SERVER)
    probe = Probe("127.0.0.1", int((await parent.line("port")).split()[1]))
    parent.interrupt()
    await parent.exit()
    assert await _silent(probe)
    assert [name for name in _content(tmp_path) if name.startswith("embedded-server-")] == []


def test_it_serves_uvloop_and_two_loops_one_after_the_other() -> None:
    server = EmbeddedServer()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.start())
    with asyncio.Runner() as runner:
        runner.run(server.restart())
        runner.run(server.stop())
    assert not server.is_running()


def test_the_program_is_the_wheel_s() -> None:
    assert embedded_binary().name == "valkey-server"


async def _silent(probe: Probe) -> bool:
    return await probe.identify() is None


def _content(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]

"""`lab demo` as a user runs it: to the end, on a server of one's own, and interrupted."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from lab.common.child import Child
from lab.embedded import EmbeddedServer
from messaging.patterns import PATTERNS
from tests.support.eventually import eventually
from tests.support.processes import Process, Processes

WHOLE = 45.0
SOON = 20.0
FOREIGN = {"message_queue": "list", "dead_letters:{message_queue}": "stream", "lab-other": "string"}


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the demo a place for its temporary files, and look that nothing stays: no file, no process."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    assert list(folder.iterdir()) == []
    assert _using(folder) == []


def _using(folder: Path) -> list[str]:
    """Return the commands of the processes to which the folder was handed down, or that work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            inside = (process / "cwd").readlink().is_relative_to(folder)
            if inside or f"TMPDIR={folder}".encode() in variables:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended, or is somebody else's
    return found


def start(processes: Processes, temporary: Path, *arguments: str, **settings: str) -> Process:
    environment = {"TMPDIR": str(temporary), **settings}
    return processes.start("lab", "demo", *arguments, environment=environment)


def row(lines: list[str], pattern: str) -> list[str]:
    """Return a pattern's cells in the last table."""
    (found,) = [line for line in lines if re.match(rf"{pattern} +[\d,]+ +[\d,]+ ", line)]
    return found.split()


@pytest.mark.timeout(90)
async def test_to_the_end(processes: Processes, temporary: Path, tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    demo = start(processes, temporary, "--svg", str(picture))
    await demo.line("Two more subscribers join", timeout=SOON)
    assert len(_using(temporary)) >= 5  # the demo, two servers, a publisher, a subscriber
    assert await demo.exit(timeout=WHOLE) == 0
    text = "\n".join(demo.lines)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    header = next(place for place, line in enumerate(demo.lines) if line.startswith("pattern"))
    assert max(map(len, demo.lines[header:])) <= 100
    for pattern, kind in PATTERNS.items():
        _, published, received, *_, lost, _, p50, p99 = row(demo.lines, pattern)
        sent, got, missed = (int(number.replace(",", "")) for number in (published, received, lost))
        assert sent > 1000
        assert float(p50) <= float(p99.replace(",", ""))
        if kind.guarantee.fan_out:
            assert sent < got < 3 * sent
        elif kind.guarantee.redelivers:
            assert (missed, got) >= (0, sent)
            assert missed == 0
        else:
            assert got + missed == sent
    svg = picture.read_text()
    assert "reliable-queue" in svg
    assert "url(" not in svg.replace("url(#", "")


async def test_a_server_of_ones_own_keeps_what_it_had_when_interrupted(processes: Processes, temporary: Path) -> None:
    async with EmbeddedServer() as server, Redis(host=server.host, port=server.port) as client:
        await client.rpush("message_queue", "mine")
        await client.xadd("dead_letters:{message_queue}", {"body": "mine"})
        await client.set("lab-other", "mine")
        before = {key: await client.dump(key) for key in FOREIGN}
        demo = start(processes, temporary, REDIS_HOST=server.host, REDIS_PORT=str(server.port))
        run = re.search(r"begin with lab:{(lab-\w+)", await demo.line("Your server", timeout=SOON))
        await demo.line("SIGKILL", timeout=2 * SOON)
        keys = {os.fsdecode(key) for key in await client.keys()}
        assert run is not None
        assert all(run[1] in key for key in keys - FOREIGN.keys())
        assert len(keys) > len(FOREIGN)
        demo.interrupt()
        assert await demo.exit(timeout=SOON) == 0
        assert demo.lines[-1] == "Stopped (SIGINT); nothing is left behind."
        assert {os.fsdecode(key) for key in await client.keys()} == FOREIGN.keys()
        assert {key: await client.dump(key) for key in FOREIGN} == before
        assert await client.pubsub_channels() == []


@pytest.mark.parametrize(
    ("number", "after", "code"),
    [
        (signal.SIGTERM, "Embedded Valkey", 128 + signal.SIGTERM),
        (signal.SIGINT, "received: pubsub 0", 0),
        (signal.SIGHUP, "Two more subscribers", 128 + signal.SIGHUP),
    ],
)
async def test_interrupted_twice_it_still_leaves_nothing(
    processes: Processes, temporary: Path, number: signal.Signals, after: str, code: int
) -> None:
    demo = start(processes, temporary)
    await demo.line(after, timeout=SOON)
    os.kill(demo.pid, number)
    os.kill(demo.pid, number)
    assert await demo.exit(timeout=SOON) == code


async def test_in_a_terminal_the_table_lives_and_the_cursor_comes_back(temporary: Path) -> None:
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    screen = bytearray()

    def seen(text: bytes) -> bool:
        while chunk := _read(ours):
            screen.extend(chunk)
        return text in screen

    with os.fdopen(theirs, "wb") as terminal:
        environment = os.environ | {"TMPDIR": str(temporary), "TERM": "xterm", "COLUMNS": "100"}
        child = Child([sys.executable, "-m", "lab", "demo"], output=terminal, environment=environment)
    try:
        await eventually(lambda: seen(b"share now"), timeout=SOON)
        assert b"\x1b[?25l" in screen
        child.interrupt()
        assert await child.wait(SOON) == 0
        assert seen(b"nothing is left behind")
        assert screen.rindex(b"\x1b[?25h") > screen.rindex(b"\x1b[?25l")
    finally:
        child.reap()
        os.close(ours)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "abc"}, "REDIS_PORT=abc"),
        ({"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"}, "no answer from Redis at 127.0.0.1:1"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL="),
    ],
)
async def test_what_cannot_start_says_why_in_one_line(
    processes: Processes, temporary: Path, settings: dict[str, str], words: str
) -> None:
    demo = start(processes, temporary, **settings)
    assert await demo.exit() == 2
    (line,) = demo.lines
    assert line.startswith("lab: ")
    assert words in line

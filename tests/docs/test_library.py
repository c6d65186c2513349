"""The programs of docs/library.md run as they stand, at a server of the test's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp
import pytest

from lab.common.ports import free_port
from tests.docs.pages import between, page
from tests.support.eventually import eventually
from tests.support.processes import Process
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.processes import Processes
    from tests.support.servers import ServerBinary

PAGE = "docs/library.md"


@pytest.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    async with run_standalone(embedded_binary) as server:
        yield server


def code(name: str, server: Standalone) -> str:
    text = between(PAGE, name).removeprefix("```python\n").removesuffix("```")
    return text.replace("redis://localhost", f"redis://127.0.0.1:{server.node.port}")


Start = Callable[[str], Process]


@pytest.fixture
def start(processes: Processes, server: Standalone, tmp_path: Path) -> Start:
    def run(name: str) -> Process:
        path = tmp_path / f"{name}.py"
        path.write_text(code(name, server), encoding="utf-8")
        return processes.command(sys.executable, "-u", "-W", "error", str(path))

    return run


def promised(process: Process) -> None:
    for line in process.lines:
        assert line in page(PAGE), "the page says what the program prints"


async def ended(process: Process) -> None:
    process.terminate()
    assert await process.exit() == 0, str(process)


async def test_a_worker(start: Start) -> None:
    process = start("worker")
    await process.line("handled")
    await ended(process)
    promised(process)


async def test_a_batch(start: Start) -> None:
    process = start("batch")
    await process.line("a batch of 1", nth=4)
    await ended(process)
    printed = [line for line in process.lines if "Retry" not in line]
    assert sorted(printed) == sorted(["40 published", "a batch of 40", *["a batch of 1"] * 4])


async def test_what_a_handler_says(start: Start) -> None:
    process = start("settlements")
    await process.line("later delivery 3")
    await process.line("bad delivery 3")
    await ended(process)
    printed = sorted(line for line in process.lines if " delivery " in line and line.endswith(("1", "2", "3")))
    assert printed == sorted(
        ["now delivery 1", "never delivery 1"]
        + [f"{text} delivery {count}" for text in ("later", "bad") for count in (1, 2, 3)]
    )


async def test_dead_letters(start: Start) -> None:
    process = start("dead-letters")
    assert await process.exit() == 0, str(process)
    assert process.lines[-2] == "handled 2.0"
    assert process.lines[-1].startswith("rejected message: not JSON: ")


async def test_history(start: Start) -> None:
    process = start("history")
    assert await process.exit() == 0, str(process)
    promised(process)


async def test_a_script(start: Start) -> None:
    process = start("script")
    assert await process.exit() == 0, str(process)
    promised(process)


async def test_a_unit_test(start: Start) -> None:
    process = start("unit-test")
    assert await process.exit() == 0, str(process)


async def test_traces(start: Start) -> None:
    process = start("traces")
    await process.line("settle orders")
    await ended(process)
    assert {"send orders", "receive orders", "process orders", "settle orders"} <= set(process.lines)
    promised(process)


async def test_a_web_application(server: Standalone, processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(code("web", server), encoding="utf-8")
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "web:app", "--app-dir", str(tmp_path), "--port", str(port))
    process = processes.command(*command)
    await process.line("running on")
    url = f"http://127.0.0.1:{port}/orders"
    async with aiohttp.ClientSession() as client:
        async with client.post(url, json={"number": 1}) as answer:
            assert await answer.json() == {"accepted": True}

        async def handled() -> bool:
            async with client.get(url) as answer:
                return bool(await answer.json() == [{"number": 1}])

        await eventually(handled)
    process.terminate()
    await process.line("Application shutdown complete")
    await process.exit()

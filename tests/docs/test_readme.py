"""The programs in the READMEs run as they stand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import between, blocks, page
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.processes import Process, Processes
    from tests.support.servers import ServerBinary

READMES = ["README.md", "messaging/README.md"]


def start(code: str, folder: Path, processes: Processes) -> Process:
    path = folder / "example.py"
    path.write_text(code, encoding="utf-8")
    return processes.command(sys.executable, "-u", "-W", "error", str(path))


@pytest.mark.parametrize("readme", READMES)
async def test_the_example_sends_and_receives(
    readme: str, embedded_binary: ServerBinary, processes: Processes, tmp_path: Path
) -> None:
    (code,) = blocks(readme, "python")[:1]
    assert len(code.replace("\n\n", "\n").splitlines()) <= 12
    async with run_standalone(embedded_binary) as server:
        url = f"redis://127.0.0.1:{server.node.port}"
        process = start(code.replace("redis://localhost", url), tmp_path, processes)
        await process.line("handled")
        process.terminate()
        assert await process.exit() == 0, str(process)
    for line in process.lines:
        assert f"`{line}`" in page(readme), "the text says what the example prints"


async def test_the_example_without_a_server_runs(processes: Processes, tmp_path: Path) -> None:
    process = start(blocks("messaging/README.md", "python")[1], tmp_path, processes)
    assert await process.exit() == 0, str(process)


def test_both_show_the_same_example() -> None:
    assert between("README.md", "example") == between("messaging/README.md", "example")


def test_the_first_command_stands_on_the_first_screen() -> None:
    assert "make demo" in "\n".join(page("README.md").splitlines()[:15])


def test_the_way_to_kind_is_the_same_in_both_places_and_short() -> None:
    commands = between("README.md", "kind").replace("\\\n", "").splitlines()[1:-1]
    assert len(commands) <= 8
    assert between("README.md", "kind") == between("docs/operations.md", "kind")

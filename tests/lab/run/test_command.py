"""`lab run`, `lab find`, `lab compare` as a user types them."""

from __future__ import annotations

import asyncio
import csv
import json
import re
from pathlib import Path

import pytest

from lab.embedded import EmbeddedServer
from lab.find.history import read_ledger
from lab.place.server import ask
from messaging.patterns import PATTERNS
from messaging.transport.settings import RedisSettings
from tests.support.processes import Process, Processes

SOON, WHOLE = 20.0, 100.0
SHORT = """
about: short
patterns: [queue, reliable-queue]
load: [{rate_per_second: 100, burst: 50, for_seconds: 6}]
subscribers: 2
faults: [{fault: consumer-kill, at_seconds: 1.5, for_seconds: 0, times: 2, every_seconds: 2, in_hand: 3}]
subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.005, LEASE: 1, BLOCK: 0.5}
"""


def lab(processes: Processes, *arguments: str, **settings: str) -> Process:
    return processes.start("lab", *arguments, environment=settings)


@pytest.mark.timeout(150)
async def test_a_run_leaves_everything_that_one_needs(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT)
    runs = tmp_path / "runs"
    run = lab(processes, "run", str(tmp_path / "short.yaml"), "--runs", str(runs))
    assert await run.exit(timeout=WHOLE) == 0, run
    assert any("SIGKILL to subscriber-" in line for line in run.lines)
    (folder,) = runs.iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-short", folder.name)
    _check_result(folder)
    plots = {path.name for path in (folder / "plots").iterdir()}
    names = ("throughput", "latency", "shares", "backlog")
    assert plots == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    page = (folder / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == len(names)
    assert not re.search(r'(src|href)="(?!data:)', page)
    sent = json.loads((folder / "result.json").read_text())["patterns"][1]
    assert f"<td>{sent['account']['acknowledged']}</td>" in page
    await _find(processes, folder)


def _check_result(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text())
    assert result["finding"] == "held"
    phases = [phase["name"] for phase in result["phases"]]
    assert phases == ["provision", "warm up", "load", "fault", "recover", "rest", "judge"]
    fault, *_ = [fault for fault in result["faults"] if not fault["missed"]]
    assert re.fullmatch(r"process \d+ is gone", fault["proof"])
    assert [one["pattern"] for one in result["patterns"]] == ["queue", "reliable-queue"]
    assert result["versions"]["server"].startswith("Valkey")
    with (folder / "ids.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(one["cases_in_all"] for one in result["patterns"])
    logs = {path.stem for path in (folder / "logs").iterdir()}
    assert logs >= {"publisher-1", "publisher-2", "subscriber-1", "subscriber-2", "subscriber-3"}


async def _find(processes: Processes, folder: Path) -> None:
    """Look up the first message that was processed, by its id from the ledger."""
    ledger = await asyncio.to_thread(read_ledger, folder)
    group = ledger.histories["reliable-queue"].sends[-1].groups[0]
    count = memoryview(group.counts).cast("Q")[0]
    found = lab(processes, "find", f"{group.life}{count:012x}", "--run", str(folder))
    assert await found.exit() == 0, found
    text = "\n".join(found.lines)
    assert "reliable-queue: sent" in text
    assert "reliable-queue: acknowledged" in text
    assert "reliable-queue: handled by subscriber-" in text
    unknown = lab(processes, "find", "no-such-id", "--run", str(folder))
    assert await unknown.exit() == 1


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("run", "stedy"), {}, "unknown scenario stedy: did you mean steady?"),
        (("run", "steady", "--target", "kubernets"), {}, "unknown target kubernets"),
        (("run", "redis-stall"), {"REDIS_HOST": "127.0.0.1"}, "redis-stall on target local needs a server"),
        (("run", "steady"), {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"}, "no answer from Redis"),
        (("compare", "--faults", "rolout"), {}, "unknown fault rolout: did you mean rollout?"),
        (("compare", "--batch", "0"), {}, "0: give numbers from 1 on"),
        (("compare", "--replicas", "0"), {}, "0: give numbers from 1 on"),
        (("compare", "--repeat", "0"), {}, "0: give numbers from 1 on"),
        (("compare", "--scenario", "stedy"), {}, "unknown scenario stedy: did you mean steady?"),
        (("compare", "--patterns", "stram"), {}, "unknown pattern stram: did you mean stream?"),
        (("compare", "--keep", "/nowhere/a.json"), {}, "--keep /nowhere/a.json: there is no folder /nowhere"),
        (("find", "x", "--runs", "/nowhere"), {}, "holds no run with a ledger"),
        (("dead-letters", "list"), {}, "name your server by REDIS_HOST"),
    ],
)
async def test_bad_input_is_one_line_and_nothing_begins(
    processes: Processes, tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], words: str
) -> None:
    command = lab(processes, *arguments, **settings, TMPDIR=str(tmp_path))
    assert await command.exit(timeout=SOON) == 2, command
    assert words in command.lines[-1]
    assert command.lines[-1].startswith("lab: ")


async def test_a_report_that_cannot_be_written_does_not_cost_the_verdict(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT.replace("for_seconds: 4", "for_seconds: 2").replace("faults", "#"))
    (tmp_path / "file").touch()
    run = lab(processes, "run", str(tmp_path / "short.yaml"), "--runs", str(tmp_path / "file" / "runs"))
    assert await run.exit(timeout=WHOLE) == 0, run
    assert any(line.startswith("short: held") for line in run.lines)
    assert any("the report could not be written" in line for line in run.lines)


async def test_a_run_on_ones_own_server_touches_only_its_own_names(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT.replace("for_seconds: 4", "for_seconds: 2").replace("faults", "#"))
    async with EmbeddedServer() as server:
        settings = {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port)}
        foreign = await fill(server)
        run = lab(processes, "run", str(tmp_path / "short.yaml"), "--runs", str(tmp_path / "runs"), **settings)
        assert await run.exit(timeout=WHOLE) == 0, run
        assert await dumped(server) == foreign


async def fill(server: EmbeddedServer) -> dict[str, bytes]:
    """Put in what another application keeps there, some of it under the services' own default names."""
    reached = RedisSettings(host=server.host, port=server.port)
    for pattern, kind in PATTERNS.items():
        if kind.guarantee.persistent:
            command = ("XADD", kind.destination, "*", "a", 1) if pattern == "stream" else ("RPUSH", kind.destination, 1)
            await ask(reached, *command)
    await ask(reached, "SET", "session:1", "somebody's")
    return await dumped(server)


async def dumped(server: EmbeddedServer) -> dict[str, bytes]:
    """Return every key with what it holds."""
    reached = RedisSettings(host=server.host, port=server.port)
    return {name.decode(): await ask(reached, "DUMP", name) for name in await ask(reached, "KEYS", "*")}

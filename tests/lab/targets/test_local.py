"""The local target: services as processes, and what may happen to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lab.embedded import EmbeddedServer
from lab.place.ledger_server import LedgerServer
from lab.place.target import Target, TargetError
from lab.place.tested import embedded
from lab.run.experiment import Experiment
from lab.targets.local.target import LocalTarget
from messaging.transport.settings import RedisSettings
from tests.support.children import children
from tests.support.eventually import eventually

READY = 20.0


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Let temporary files stand where the test can see them."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@asynccontextmanager
async def experiment(*patterns: str) -> AsyncIterator[Experiment]:
    async with EmbeddedServer() as server, EmbeddedServer() as ledger:
        settings = RedisSettings(host=ledger.host, port=ledger.port)
        run = Experiment(embedded(server), LedgerServer.beside(settings), patterns)
        yield run
        await run.clean()
        await run.aclose()


async def received(run: Experiment) -> dict[str, int]:
    await run.reader.refresh()
    ledger = run.reader.ledger
    history = ledger.histories.get("queue")
    counts = history.received.items() if history else ()
    return {ledger.writers[writer].who: count for writer, count in counts}


async def test_services_start_scale_freeze_crash_and_stop() -> None:
    async with experiment("queue") as run, LocalTarget() as place:
        target: Target = place
        settings = run.environment() | {"BLOCK": "0.5"}
        await target.start("subscriber", settings)
        await target.start("publisher", run.environment() | {"PUBLISH_INTERVAL": "0.01"})
        await target.wait_ready("subscriber", READY)
        await target.start("subscriber", settings, 2)
        await target.wait_ready("subscriber", READY)
        first, second, third = target.replicas("subscriber")
        assert [one.name for one in (first, second, third)] == [
            "subscriber-1",
            "subscriber-2",
            "subscriber-3",
        ]
        await eventually(lambda: _all_received(run, 3))
        await target.pause(second)
        assert not await target.is_ready(second)
        await target.resume(second)
        assert await target.is_ready(second)
        await target.kill(first)
        assert target.replicas("subscriber") == [second, third]
        await target.retire(third)
        assert target.replicas("subscriber") == [second]
        assert "Received #1 from queue" in await target.logs(third)
        await target.stop("publisher")
        await eventually(lambda: _is_empty(run))
        await target.stop("subscriber")
        assert target.replicas("subscriber") == []
        (verdict,) = await run.judge(rested=True)
        assert verdict.total("processed") + verdict.total("lost") == verdict.total("attempted") > 0
        ended = {one.who: one.ended for one in run.reader.ledger.writers.values()}
        assert ended == {
            "publisher-1": True,
            "subscriber-1": False,
            "subscriber-2": True,
            "subscriber-3": True,
        }


async def _all_received(run: Experiment, count: int) -> bool:
    return len(await received(run)) == count


async def _is_empty(run: Experiment) -> bool:
    return not (await run.backlog("queue")).waiting


async def test_a_service_that_does_not_start_is_an_error_with_its_words() -> None:
    async with LocalTarget() as target:
        await target.start("publisher", {"PATTERN": "nonsense"})
        with pytest.raises(TargetError, match=r"publisher-1 ended with status 2:\n.*PATTERN=nonsense"):
            await target.wait_ready("publisher", READY)


async def test_a_service_that_is_never_ready_is_an_error_in_time() -> None:
    async with LocalTarget() as target:
        await target.start("publisher", {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"})
        with pytest.raises(TargetError, match=r"publisher-1 was not ready within 0\.1 s"):
            await target.wait_ready("publisher", 0.1)


async def test_a_service_that_ended_by_itself_is_an_error_when_it_is_stopped() -> None:
    async with LocalTarget() as target:
        await target.start("publisher", {"PUBLISH_INTERVAL": "soon"})
        await eventually(lambda: not target.replicas("publisher"))
        with pytest.raises(TargetError, match="publisher-1 ended with status 2"):
            await target.stop("publisher")


async def test_leaving_ends_everything_at_once_also_what_is_frozen() -> None:
    before = children()
    async with LocalTarget() as target:
        await target.start("subscriber", {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"}, 2)
        await target.pause(target.replicas("subscriber")[0])
        assert len(children()) == len(before) + 2
    assert children() == before


async def test_nothing_starts_before_it_is_entered() -> None:
    with pytest.raises(TargetError, match="entered"):
        await LocalTarget().start("publisher", {})

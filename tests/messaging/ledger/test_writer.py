"""The ledger's writer, on a real server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from lab.embedded import EmbeddedServer
from messaging.ledger import Began, Ended, Outcomes, decode_entry
from messaging.seam import keys
from messaging.seam.errors import ConnectionLost
from messaging.transport.connection import topology
from messaging.transport.link import Link
from tests.support.eventually import eventually
from tests.support.ledgers import RUN, Ledger, entries, settings
from tests.support.processes import Processes


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer() as server:
        yield server


async def test_a_writer_makes_itself_known_and_numbers_its_records(server: EmbeddedServer) -> None:
    async with Ledger(server) as ledger:
        await ledger.writer.append(Outcomes(1, b"A"))
        link = Link(topology(settings(server)), "", 5, 5)
        assert await link.one(("SMEMBERS", keys.ledger_writers(RUN))) == [ledger.writer.writer.encode()]
        await link.aclose()
    await ledger.writer.aclose()
    written = await entries(server, ledger.writer)
    assert [entry.seq for entry in written] == [1, 2, 3]
    began, outcomes, ended = (entry.record for entry in written)
    assert isinstance(began, Began)
    assert (began.who, began.role) == ("me", "subscriber")
    assert (outcomes, ended) == (Outcomes(1, b"A"), Ended())


async def test_appends_side_by_side_travel_together_in_order(server: EmbeddedServer) -> None:
    async with Ledger(server) as ledger:
        link = Link(topology(settings(server)), "", 5, 5)
        await link.one(("CONFIG", "RESETSTAT"))
        await asyncio.gather(*(ledger.writer.append(Outcomes(of, b"A")) for of in range(50)))
        stats = (await link.one(("INFO", "commandstats"))).decode()
        await link.aclose()
    assert [entry.seq for entry in await entries(server, ledger.writer)] == list(range(1, 53))
    assert "cmdstat_rpush:calls=2," in stats


async def test_a_stalled_server_is_written_to_again_and_the_repetition_keeps_its_number(
    server: EmbeddedServer,
) -> None:
    async with Ledger(server, patience=20) as ledger:
        server.pause()
        writing = asyncio.create_task(ledger.writer.append(Outcomes(1, b"A")))
        await eventually(lambda: ledger.writer.repeated > 0)
        server.resume()
        await writing
        found = [entry for entry in await entries(server, ledger.writer) if entry.seq == 2]
    assert len(found) > 1
    assert all(entry == found[0] for entry in found)


async def test_a_server_that_stays_away_is_an_error_and_the_record_goes_first_later(
    server: EmbeddedServer,
) -> None:
    ledger = Ledger(server, patience=0.2)
    await ledger.writer.open()
    server.pause()
    with pytest.raises(ConnectionLost):
        await ledger.writer.append(Outcomes(1, b"A"))
    server.resume()
    await ledger.writer.append(Outcomes(2, b"F"))
    await ledger.writer.aclose()
    found = {entry.seq: entry.record for entry in await entries(server, ledger.writer)}
    assert list(found.values())[1:] == [Outcomes(1, b"A"), Outcomes(2, b"F"), Ended()]


BLOCKED = """
import asyncio, os, signal, sys
from messaging.ledger import LedgerWriter, Outcomes
from messaging.transport.settings import RedisSettings

async def main():
    writer = LedgerWriter(RedisSettings(host="127.0.0.1", port=int(sys.argv[1])), "run", "me", "subscriber")
    await writer.open()
    print(writer.writer, flush=True)
    busy = asyncio.create_task(writer.append(Outcomes(6, b"A")))
    await asyncio.sleep(0)
    await writer.send(Outcomes(7, b"A"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_was_sent_is_there_though_the_process_died_at_once(
    server: EmbeddedServer, processes: Processes
) -> None:
    process = processes.command(sys.executable, "-c", BLOCKED, str(server.port))
    assert await process.exit() == -9
    link = Link(topology(settings(server)), "", 5, 5)
    rows = await link.one(("LRANGE", keys.ledger_records(RUN, process.lines[0]), 0, -1))
    await link.aclose()
    assert [decode_entry(row).record for row in rows][1:] == [Outcomes(6, b"A"), Outcomes(7, b"A")]


async def test_what_could_not_be_sent_goes_with_the_next(server: EmbeddedServer) -> None:
    async with Ledger(server, patience=0.1) as ledger:
        server.pause()
        await ledger.writer.send(Outcomes(1, b"A"))
        server.resume()
        await ledger.writer.append(Outcomes(2, b"A"))
        assert await ledger.records() == [Outcomes(1, b"A"), Outcomes(2, b"A")]

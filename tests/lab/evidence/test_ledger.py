"""The ledger as the lab reads it: records put together, numbered, and read from a real server."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.embedded import EmbeddedServer
from lab.evidence.ledger import Interval
from lab.evidence.numbering import Numbering, life_number
from lab.evidence.reading import LedgerError, LedgerReader
from lab.verdict.latency import summarize
from messaging.ledger import LedgerWriter, Outcomes
from messaging.ledger.record import Attempt, grouped
from messaging.seam import keys
from messaging.seam.errors import ConnectionLost
from messaging.seam.ids import Life
from messaging.transport.connection import topology
from messaging.transport.link import Link
from tests.support.ledgers import LIFE, OTHER, foreign, message, settings
from tests.support.scribe import Scribe

# ---- what records say together ----


def test_who_wrote_and_what_became_of_each_attempt() -> None:
    scribe = Scribe()
    scribe.send([1, 2], b"AF")
    scribe.attempt([3])
    scribe.process("s1", [2, 1])
    scribe.end("s1")
    publisher, subscriber = scribe.ledger.writers.values()
    assert (publisher.who, publisher.role, publisher.ended) == ("publisher", "publisher", False)
    assert (subscriber.who, subscriber.role, subscriber.ended) == ("s1", "subscriber", True)
    history = scribe.ledger.histories["queue"]
    told, untold = history.sends
    assert (told.codes, told.reason, untold.codes, untold.told) == (b"AF", "why", b"U", math.inf)
    assert told.at < told.told < untold.at
    assert (history.attempted, dict(history.received)) == (3, {"s1": 2})
    evidence, numbering = scribe.evidence()
    assert [numbering.id_of(one) for one in evidence.failed] == [LIFE.id_of(2)]


def test_a_record_that_was_written_twice_counts_once() -> None:
    scribe = Scribe()
    scribe.process("s1", [1, 2], times=3)
    scribe.process("s1", [3])
    assert scribe.ledger.missing == 0
    assert scribe.ledger.histories["queue"].received["s1"] == 3


def test_a_hole_in_the_numbers_is_seen_once_and_kept() -> None:
    scribe = Scribe()
    scribe.process("s1", [1])
    scribe.skip = True
    scribe.process("s1", [2])
    scribe.process("s1", [3])
    scribe.skip = False
    scribe.process("s1", [4])
    assert scribe.ledger.missing == 2
    scribe.process("s1", [5])
    assert scribe.ledger.missing == 2


def test_an_outcome_without_its_attempt_is_a_hole() -> None:
    scribe = Scribe()
    scribe.told(17)
    assert scribe.ledger.missing == 1


def test_an_outcome_for_another_number_of_messages_is_a_hole() -> None:
    scribe = Scribe()
    scribe.send([1, 2, 3], b"AF")
    assert scribe.ledger.missing == 1


def test_a_replica_that_did_not_say_when_it_left_was_there_until_its_last_sign_of_life() -> None:
    scribe = Scribe("pubsub")
    scribe.subscription("s1", "open")
    scribe.subscription("s1", "lost")
    scribe.subscription("s1", "open")
    scribe.process("s1", [1])
    evidence, _ = scribe.evidence()
    assert evidence.intervals["s1"] == [Interval(1001, 1003), Interval(1004, 1005)]


# ---- numbers for ids ----


@given(st.lists(st.tuples(st.integers(1, 2**48 - 1), st.sampled_from([LIFE, OTHER]))))
def test_an_id_has_one_number_however_it_was_learned(chosen: list[tuple[int, Life]]) -> None:
    batch = [message(count, life) for count, life in chosen] + [foreign(3), foreign(3)]
    packed = grouped(batch, 0.0)
    numbering = Numbering()
    numbers = [number for group in packed.groups for number in numbering.of_group(group)]
    ids = [batch[place].id for place in packed.order]
    assert [numbering.of_id(one) for one in ids] == numbers
    assert [numbering.id_of(number) for number in numbers] == ids
    assert numbering.sender_of(numbers[-1]) == "stranger"
    assert len(set(numbers)) == len(set(ids))


def test_numbers_of_one_life_ascend_and_foreign_ids_are_lives_of_their_own() -> None:
    numbering = Numbering()
    first, other = numbering.of_id(LIFE.id_of(1)), numbering.of_id("x")
    second = numbering.of_id(LIFE.id_of(2**48 - 1))
    assert first < second
    assert life_number(first) == life_number(second) != life_number(other)
    assert (numbering.id_of(other), numbering.sender_of(other)) == ("x", "")


# ---- latencies ----


def test_percentiles_are_nearest_ranks_and_keep_what_is_negative() -> None:
    values = array("f", [-1.0, *range(1, 200)])
    found = summarize([values[:100], values[100:]])
    assert found is not None
    assert (found.count, found.p50, found.p99, found.p999, found.worst) == (200, 99, 197, 199, 199)
    assert summarize([]) is None
    lone = summarize([array("f", [-0.5])])
    assert lone is not None
    assert lone.p50 == lone.worst == -0.5


# ---- from a server ----


async def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.evidence.reading.CHUNK", 3)
    async with EmbeddedServer() as server:
        writer = LedgerWriter(settings(server), "run", "p", "publisher")
        reader = LedgerReader(settings(server), "run")
        assert await reader.refresh() == 0
        await writer.open()
        groups = grouped([message(1), message(2)], 0.0).groups
        attempt = await writer.append(Attempt("queue", "q", groups))
        assert await reader.refresh() == 2
        for _ in range(6):
            await writer.append(Outcomes(attempt, b"A"))
        assert await reader.refresh() == 6
        assert await reader.refresh() == 0
        await writer.aclose()
        assert await reader.refresh() == 1
        await reader.aclose()
    (read,) = reader.ledger.writers.values()
    assert (read.who, read.ended, read.entries, read.missing) == ("p", True, 9, 0)
    assert reader.ledger.histories["queue"].attempted == 2
    assert reader.ledger.missing == 5  # five outcomes too many


async def test_a_ledger_that_cannot_be_read_is_an_error() -> None:
    async with EmbeddedServer() as server:
        reader = LedgerReader(settings(server), "run")
        link = Link(topology(settings(server)), "", 5, 5)
        await link.one(("SADD", keys.ledger_writers("run"), "x"))
        await link.one(("RPUSH", keys.ledger_records("run", "x"), b"foreign"))
        with pytest.raises(LedgerError, match="x holds"):
            await reader.refresh()
        await link.aclose()
        server.kill()
        with pytest.raises(ConnectionLost):
            await LedgerReader(settings(server), "run").refresh()
        await reader.aclose()

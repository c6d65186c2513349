"""The ledger's account against other witnesses: the handler's own notes, the server's clock, the metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lab.common.http import fetch
from lab.evidence.ledger import History
from lab.evidence.numbering import Numbering
from lab.report.run_record import Observed
from lab.run.phases import Run
from lab.targets.local.target import LocalTarget
from lab.verdict.finding import Finding
from messaging.ledger.record import ACKNOWLEDGED
from messaging.telemetry.instruments import prometheus_name
from messaging.telemetry.names import GAP
from tests.support.trial import Silence, observe, scenario, verdicts
from tests.support.witness import HANDLER, witness

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def processed(observed: Observed, pattern: str) -> dict[str, set[str]]:
    """Return the ids that each writer has on record as done."""
    number = observed.numbering
    return {
        writer: {number.id_of(one) for effect in effects for group in effect.groups for one in number.of_group(group)}
        for writer, effects in observed.ledger.histories[pattern].effects.items()
    }


def acknowledged(history: History, number: Numbering) -> list[tuple[float, float, str]]:
    """Return when each acknowledged message was sent, when that was known, and its id."""
    return [
        (send.at, send.told, number.id_of(one))
        for send in history.sends
        for codes, group in send.coded()
        for code, one in zip(codes, number.of_group(group), strict=True)
        if code == ACKNOWLEDGED[0]
    ]


def ids(observed: Observed, numbers: Iterable[int]) -> set[str]:
    return {observed.numbering.id_of(one) for one in numbers}


async def test_a_queue_loses_exactly_what_the_killed_had_popped_and_not_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    witnessed = witness(monkeypatch, tmp_path, seconds=0.005)
    observed = await observe(f"""
        patterns: [queue]
        load: [{{rate_per_second: 400, burst: 200, for_seconds: 20}}]
        faults: [{{fault: consumer-kill, at_seconds: 2, times: 5, every_seconds: 3, for_seconds: 0, in_hand: 2}}]
        subscriber: {{HANDLER: "{HANDLER}", BLOCK: 0.5}}
        rest_seconds: 60
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    handed, recorded = witnessed.handed(), processed(observed, "queue")
    writers = observed.ledger.writers
    killed = [name for name, one in writers.items() if one.role == "subscriber" and not one.ended]
    assert len(killed) == 5
    lost = ids(observed, observed.verdicts[0].accounts[""].lost)
    in_hand = set(chain.from_iterable(set(handed[writers[name].pid]) - recorded.get(name, set()) for name in killed))
    assert in_hand
    assert in_hand <= lost
    never_handed = lost - in_hand  # popped, and killed before the handler was called
    assert not never_handed & set(chain.from_iterable(handed.values()))
    assert len(never_handed) <= 100 * len(killed)


class Scraped(Run):
    """A run in the end of which each subscriber's metrics are read."""

    gaps: Mapping[str, float]

    async def _judge(self, rested: bool) -> None:  # noqa: FBT001 - as its parent has it
        gaps = {}
        for replica in self._target.replicas("subscriber"):
            page = (await fetch(cast("LocalTarget", self._target).address(replica), "/metrics")).decode()
            samples = [one for family in text_string_to_metric_families(page) for one in family.samples]
            gaps[replica.name] = sum(one.value for one in samples if one.name == f"{prometheus_name(GAP)}_total")
        self.gaps = gaps
        await super()._judge(rested)


@pytest.mark.parametrize("pattern", ["pubsub", "sharded-pubsub"])
async def test_pub_sub_loses_by_replica_and_interval_what_the_handlers_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pattern: str
) -> None:
    witnessed = witness(monkeypatch, tmp_path, seconds=0)
    planned = scenario(f"""
        patterns: [{pattern}]
        load: [{{rate_per_second: 500, for_seconds: 12, message_bytes: 10000}}]
        faults: [{{fault: buffer-overflow, at_seconds: 3, for_seconds: 4}}]
        subscriber: {{HANDLER: "{HANDLER}", BLOCK: 0.5}}
    """)
    observed = Observed("test", planned)
    run = Scraped(observed, Silence())
    await run.run()
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    history, (verdict,) = observed.ledger.histories[pattern], observed.verdicts
    sent, handed = acknowledged(history, observed.numbering), witnessed.handed()
    overflowed = 0
    for replica in verdict.accounts:
        writer = observed.ledger.writers[replica]
        mine, intervals = handed[writer.pid], [one for one in verdict.intervals if one.replica == replica]
        for one in intervals:
            closed = one.interval.closed or 0
            due = {name for at, told, name in sent if one.interval.opened <= at and told <= closed}
            assert (one.due, ids(observed, one.lost)) == (len(due), due - set(mine))
        names = [name for _, _, name in sent]
        first, last = names.index(mine[0]), names.index(mine[-1])
        missed = set(names[first:last]) - set(mine)
        assert run.gaps[writer.who] <= len(missed)
        if len(intervals) == 1:
            assert (len(missed), sum(one.lost.total() for one in intervals), run.gaps[writer.who]) == (0, 0, 0)
        else:
            overflowed += 1
            assert run.gaps[writer.who] > 0
            assert verdict.accounts[replica].lost.total() <= len(missed)
    assert overflowed == 1


async def test_a_killed_publisher_leaves_nothing_acknowledged_behind() -> None:
    observed = await observe("""
        patterns: [queue, reliable-queue, stream]
        load: [{rate_per_second: 500, for_seconds: 12}]
        faults: [{fault: publisher-kill, at_seconds: 2, times: 4, every_seconds: 2, for_seconds: 0}]
        subscriber: {BLOCK: 0.5}
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    killed = [one for one in observed.ledger.writers.values() if one.role == "publisher" and not one.ended]
    assert len(killed) == 4
    for verdict in observed.verdicts:
        (account,) = verdict.accounts.values()
        assert not account.lost
        assert account.recovered <= account.unknown
        for send in observed.ledger.histories[verdict.pattern].sends:
            assert send.told < float("inf") or send.groups[0].sender in {one.who for one in killed}


async def test_a_server_without_a_file_forgets_only_what_it_had_before_it_was_killed() -> None:
    observed = await observe("""
        patterns: [queue, reliable-queue, stream]
        load: [{rate_per_second: 300, for_seconds: 6}]
        subscribers: 1
        server: {append_only: none}
        faults: [{fault: redis-kill, at_seconds: 3, for_seconds: 1}]
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.02, LEASE: 3, BLOCK: 0.5}
        rest_seconds: 120
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    (strike,) = observed.strikes
    for pattern, verdict in verdicts(observed).items():
        lost = ids(observed, verdict.accounts[""].lost)
        sent = {name: told for _, told, name in acknowledged(observed.ledger.histories[pattern], observed.numbering)}
        assert lost
        assert all(sent[name] <= (strike.healed or 0) for name in lost)
        after = {name for name, told in sent.items() if told > (strike.healed or 0)}
        assert after
        assert not after & lost

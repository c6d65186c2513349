"""The same promises over more messages and every fault: minutes, for `make lab-truth`."""

from __future__ import annotations

import asyncio

import pytest

from lab.report.result import result_of
from lab.report.run_record import Observed
from lab.scenario.ready import find, ready
from lab.verdict.causes import Cause
from lab.verdict.finding import Finding
from tests.support.trial import carried_out, observe, verdicts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# They cost a consumer nothing: whatever is lost then is lost by fan-out patterns, in broken intervals.
HARMLESS = {"steady", "burst", "scale-up", "rollout", "work-longer-than-lease", "many-consumers"}
# Valkey 9.1 answers WAITAOF before the fsync (redis/redis#13793; tests/lab/targets/test_disk.py).
BROKEN_BY_THE_SERVER = {"machine-crash-waitaof"}


def doubtless(observed: Observed) -> None:
    reasons = [(verdict.pattern, verdict.reasons) for verdict in observed.verdicts]
    assert observed.finding is Finding.HELD, (observed.doubts, reasons)


@pytest.mark.parametrize("name", ready())
async def test_every_ready_scenario_holds(name: str) -> None:
    _, planned = await asyncio.to_thread(find, name)
    observed = await carried_out(planned)
    if name in BROKEN_BY_THE_SERVER:
        assert observed.finding is Finding.BROKEN
        return
    doubtless(observed)
    for verdict in observed.verdicts:
        if name in HARMLESS and verdict.pattern in ("queue", "reliable-queue", "stream"):
            assert verdict.total("lost") == 0


async def test_ten_kills_cost_at_least_once_nothing() -> None:
    observed = await observe("""
        patterns: [reliable-queue, stream]
        load: [{rate_per_second: 700, burst: 350, for_seconds: 33}]
        subscribers: 4
        faults: [{fault: consumer-kill, at_seconds: 3, times: 10, every_seconds: 3, for_seconds: 0}]
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.001, LEASE: 2, BLOCK: 0.5}
        rest_seconds: 90
    """)
    doubtless(observed)
    for verdict in observed.verdicts:
        assert verdict.due >= 20_000
        assert verdict.total("lost") == 0


@pytest.mark.parametrize(("append_only", "loses"), [("always", False), ("none", True)])
async def test_a_killed_server_keeps_what_it_was_told_to(append_only: str, *, loses: bool) -> None:
    observed = await observe(f"""
        patterns: [queue, reliable-queue, stream]
        load: [{{rate_per_second: 300, for_seconds: 6}}]
        subscribers: 1
        server: {{append_only: {append_only}}}
        faults: [{{fault: redis-kill, at_seconds: 3, for_seconds: 1}}]
        subscriber: {{HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.02, LEASE: 3, BLOCK: 0.5}}
        rest_seconds: 120
    """)
    doubtless(observed)
    for verdict in observed.verdicts:
        if verdict.pattern == "queue" and not loses:
            assert verdict.total("lost") <= 100  # a reply on its way when the server died
        else:
            assert bool(verdict.total("lost")) is loses
        assert verdict.total("processed") + verdict.total("lost") == verdict.due


@pytest.mark.parametrize(("append_only", "loses"), [("always", False), ("everysec", True)])
async def test_a_machine_that_crashes_keeps_what_an_fsync_had_reached(append_only: str, *, loses: bool) -> None:
    observed = await observe(f"""
        patterns: [queue, reliable-queue, stream]
        load: [{{rate_per_second: 150, for_seconds: 8}}]
        subscribers: 1
        server: {{append_only: {append_only}}}
        faults:
          - {{fault: machine-crash, at_seconds: 3, for_seconds: 1}}
        subscriber: {{HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.02, LEASE: 3, BLOCK: 0.5}}
        rest_seconds: 120
    """)
    doubtless(observed)
    for verdict in observed.verdicts:
        if loses or verdict.pattern != "queue":  # a queue may lose what was on its way when the server died
            assert bool(verdict.total("lost")) is loses
        assert verdict.total("processed") + verdict.total("lost") == verdict.due


@pytest.mark.parametrize("fault", ["failover", "split-brain"])
@pytest.mark.parametrize(("waits", "loses"), [(0, True), (1, False)])
async def test_a_replica_that_is_behind_costs_what_nobody_waited_for(fault: str, waits: int, *, loses: bool) -> None:
    observed = await observe(f"""
        patterns: [queue, reliable-queue, stream]
        load: [{{rate_per_second: 100, for_seconds: 14}}]
        subscribers: 1
        server: {{topology: sentinel}}
        publisher: {{PUBLISH_WAIT: {waits}}}
        faults: [{{fault: {fault}, at_seconds: 4, for_seconds: 3}}]
        subscriber: {{HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.02, LEASE: 3, BLOCK: 0.5}}
        rest_seconds: 120
    """)
    doubtless(observed)
    for verdict in observed.verdicts:
        assert bool(verdict.total("lost")) is loses
        assert verdict.causes == ({Cause.FORGOTTEN: verdict.total("lost")} if loses else {})


async def test_a_consumer_frozen_beyond_its_lease_doubles_and_loses_nothing() -> None:
    observed = await observe("""
        patterns: [reliable-queue, stream]
        load: [{rate_per_second: 100, burst: 50, for_seconds: 12}]
        subscribers: 2
        faults: [{fault: consumer-freeze, at_seconds: 2, for_seconds: 4, times: 2, every_seconds: 5, in_hand: 2}]
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.01, LEASE: 1, BLOCK: 0.5}
    """)
    doubtless(observed)
    assert all(verdict.total("lost") == 0 for verdict in observed.verdicts)
    assert sum(verdict.total("duplicated") for verdict in observed.verdicts) > 0


async def test_two_runs_agree_and_their_figures_are_of_one_kind() -> None:
    text = """
        patterns: [queue, stream]
        load: [{rate_per_second: 100, for_seconds: 4}]
        faults: [{fault: publisher-kill, at_seconds: 2, for_seconds: 0}]
    """
    first, second = await observe(text), await observe(text)
    assert first.finding is second.finding is Finding.HELD
    for one, other in zip(result_of(first).patterns, result_of(second).patterns, strict=True):
        assert (one.finding, one.account["lost"]) == (other.finding, other.account["lost"])
        assert one.account["attempted"] == pytest.approx(other.account["attempted"], rel=0.3)


async def test_a_rate_that_the_machine_does_not_reach_is_reported() -> None:
    observed = await observe("""
        patterns: [stream]
        load: [{rate_per_second: 5000000, for_seconds: 1, batch: 10}]
        publisher: {PUBLISH_COUNT: 5000}
    """)
    (pattern,) = result_of(observed).patterns
    assert pattern.figures.asked_per_second == 5_000_000
    assert "5,000,000 messages/s were asked for" in result_of(observed).notes[-1]
    assert verdicts(observed)["stream"].due

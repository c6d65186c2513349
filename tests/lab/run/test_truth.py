"""What breaks, and what is then lost: the patterns' promises on real processes, short enough for every day."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from lab.report.result import result_of
from lab.report.run_record import Observed
from lab.verdict.causes import Cause
from lab.verdict.finding import Finding
from messaging.patterns import PATTERNS
from tests.support.trial import observe, verdicts

pytestmark = pytest.mark.timeout(150)
SLOW = "HANDLER: 'subscriber.handlers:slow', HANDLER_DELAY: 0.004, LEASE: 2, BLOCK: 0.5"


async def test_a_killed_consumer_costs_the_list_what_it_had_in_hand_and_the_others_nothing() -> None:
    observed = await observe(f"""
        load: [{{rate_per_second: 200, burst: 100, for_seconds: 14}}]
        faults: [{{fault: consumer-kill, at_seconds: 2, times: 5, every_seconds: 2, for_seconds: 0, in_hand: 3}}]
        subscriber: {{{SLOW}}}
        rest_seconds: 60
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    struck = [strike for strike in observed.strikes if not strike.missed]
    assert [(strike.doubt, "in hand" in strike.hit) for strike in struck] == [("", True)] * 5
    assert all(any(strike.in_hand.get(pattern, 0) >= 3 for strike in struck) for pattern in PATTERNS)
    found = verdicts(observed)
    assert found["reliable-queue"].total("lost") == found["stream"].total("lost") == 0
    assert found["reliable-queue"].due >= 2600  # of 2,800, less what was due while the publisher was on its way
    killed = {who for who, text in observed.logs.items() if "stopped" not in text and who.startswith("subscriber")}
    assert len(killed) >= len(struck)
    queue = found["queue"]
    assert queue.total("lost") + queue.total("processed") == queue.due
    _lost_only_around_strikes(observed, queue.accounts[""].lost)
    assert queue.causes.get(Cause.IN_HAND, 0) == sum(strike.in_hand.get("queue", 0) for strike in struck)
    assert sum(queue.causes.values()) == queue.total("lost")
    assert Cause.NONE not in queue.causes
    for pattern in ("pubsub", "sharded-pubsub"):
        for one in found[pattern].intervals:
            ended = observed.ledger.writers[one.replica].ended
            assert not (ended and one.lost), f"{pattern}: lost without a reason"
    result = result_of(observed)
    for pattern_result in result.patterns:
        account = pattern_result.account
        assert account["attempted"] == sum(account[name] for name in ("acknowledged", "failed", "unknown"))
        places = ("processed", "dead-lettered", "in Redis", "not due", "lost")
        assert account["acknowledged"] == sum(account.get(name, 0) for name in places)


def _lost_only_around_strikes(observed: Observed, lost: Iterable[int]) -> None:
    ids = {observed.numbering.id_of(number) for number in lost}
    sent = {
        f"{group.life}{count:012x}": send.at
        for send in observed.ledger.histories["queue"].sends
        for group in send.groups
        for count in memoryview(group.counts).cast("Q")
    }
    strikes = [strike.at for strike in observed.strikes]
    assert all(any(strike - sent[one] + 1 > -5 for strike in strikes) for one in ids)


async def test_lost_replies_are_unknown_until_the_rest_and_nothing_acknowledged_is_missing() -> None:
    observed = await observe("""
        patterns: [reliable-queue, stream]
        load: [{rate_per_second: 200, for_seconds: 8}]
        faults: [{fault: reply-cut, at_seconds: 2, for_seconds: 1.5}]
        publisher: {REDIS_TIMEOUT: 1}
        subscriber: {REDIS_TIMEOUT: 1, BLOCK: 0.5, LEASE: 2}
        rest_seconds: 60
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    for verdict in observed.verdicts:
        assert verdict.total("unknown") > 0
        assert verdict.total("recovered") <= verdict.total("unknown")
        assert verdict.total("lost") == 0


async def test_a_fault_that_never_finds_its_moment_proves_nothing_and_says_what_it_saw() -> None:
    observed = await observe("""
        patterns: [queue]
        load: [{rate_per_second: 20, for_seconds: 2}]
        faults: [{fault: consumer-kill, at_seconds: 0.5, for_seconds: 0, in_hand: 50}]
        subscriber: {BLOCK: 0.5}
        rest_seconds: 30
    """)
    assert observed.finding is Finding.PROVES_NOTHING
    (doubt,) = observed.doubts
    assert doubt.startswith(
        "consumer-kill never struck in its moment: within 5 s no subscriber had 50 messages of queue in hand"
    )
    assert all(strike.missed and not strike.proof for strike in observed.strikes)


async def test_a_killed_consumer_of_a_list_loses_exactly_what_it_had_in_hand() -> None:
    observed = await observe(f"""
        patterns: [queue]
        load: [{{rate_per_second: 200, burst: 100, for_seconds: 8}}]
        faults: [{{fault: consumer-kill, at_seconds: 1.5, for_seconds: 0, in_hand: 3}}]
        subscriber: {{{SLOW}}}
        rest_seconds: 60
    """)
    (strike,) = [strike for strike in observed.strikes if not strike.missed]
    (queue,) = observed.verdicts
    assert queue.finding is Finding.HELD, queue.reasons
    assert queue.causes[Cause.IN_HAND] == strike.in_hand["queue"] >= 3


async def test_the_lost_reply_of_a_claim_costs_the_list_what_it_carried() -> None:
    observed = await observe("""
        patterns: [queue, reliable-queue]
        load: [{rate_per_second: 200, for_seconds: 5}]
        faults: [{fault: reply-cut, reply: claim, at_seconds: 2, for_seconds: 0}]
        publisher: {REDIS_TIMEOUT: 1}
        subscriber: {REDIS_TIMEOUT: 1, BLOCK: 0.5, LEASE: 2}
        rest_seconds: 60
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    found = verdicts(observed)
    assert found["queue"].causes == {Cause.CUT: found["queue"].total("lost")}
    assert found["queue"].total("lost") > 0
    assert found["reliable-queue"].total("lost") == 0


async def test_a_pattern_without_that_step_has_nothing_to_lose() -> None:
    observed = await observe("""
        patterns: [pubsub]
        load: [{rate_per_second: 50, for_seconds: 2}]
        faults: [{fault: reply-cut, reply: settle, at_seconds: 0.5, for_seconds: 0}]
        subscriber: {BLOCK: 0.5}
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    assert [strike.proof for strike in observed.strikes] == ["none of the patterns has a settle"]


async def test_a_fault_that_did_not_happen_proves_nothing() -> None:
    observed = await observe("""
        patterns: [pubsub]
        load: [{rate_per_second: 20, for_seconds: 2}]
        faults: [{fault: buffer-overflow, at_seconds: 0.5, for_seconds: 0.2}]
        subscriber: {BLOCK: 0.5}
    """)
    assert observed.finding is Finding.PROVES_NOTHING
    assert observed.doubts == ["buffer-overflow is not confirmed: no buffer overflowed"]


async def test_who_ends_with_full_hands_finishes_what_is_in_them() -> None:
    observed = await observe("""
        patterns: [queue, reliable-queue, stream]
        load: [{rate_per_second: 12, for_seconds: 8}]
        faults: [{fault: scale-down, at_seconds: 2, for_seconds: 1, full_hands: true}]
        subscriber:
          HANDLER: "subscriber.handlers:slow"
          HANDLER_DELAY: 0.3
          HANDLER_TIMEOUT: 0.9
          BLOCK: 0.5
          SHUTDOWN_GRACE: 1
        rest_seconds: 60
    """)
    assert observed.finding is Finding.HELD, (observed.doubts, observed.verdicts)
    (strike,) = (one for one in observed.strikes if not one.missed)
    assert sum(strike.in_hand.values()) > 0
    assert all(verdict.total("lost") == verdict.total("duplicated") == 0 for verdict in observed.verdicts)


async def test_hands_that_are_never_full_prove_nothing() -> None:
    observed = await observe("""
        patterns: [queue]
        load: [{rate_per_second: 1, for_seconds: 4}]
        faults: [{fault: rollout, at_seconds: 1, for_seconds: 0, full_hands: true}]
        rest_seconds: 60
    """)
    assert observed.finding is Finding.PROVES_NOTHING
    (doubt,) = observed.doubts
    assert doubt.startswith("rollout never struck in its moment: within 5 s no more than ")

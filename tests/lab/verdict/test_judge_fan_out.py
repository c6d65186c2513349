"""Fan-out is judged for each replica and each interval in which it was subscribed."""

from __future__ import annotations

from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, Verdict, judge
from messaging.patterns import PATTERNS
from tests.support.scribe import Scribe


def verdict_of(scribe: Scribe) -> Verdict:
    evidence, _ = scribe.evidence()
    return judge("pubsub", PATTERNS["pubsub"].guarantee, evidence, Conditions())


def test_a_replica_is_judged_for_the_intervals_in_which_it_was_subscribed() -> None:
    scribe = Scribe("pubsub")
    scribe.send([1])
    scribe.subscription("s1", "open")
    scribe.send([2, 3])
    scribe.process("s1", [2, 3])
    scribe.subscription("s2", "open")
    astride = scribe.attempt([4])
    scribe.subscription("s1", "lost")
    scribe.told(astride)
    scribe.send([5])
    scribe.subscription("s1", "open")
    scribe.send([6, 7])
    scribe.process("s1", [7])
    scribe.process("s2", [4, 5, 6, 7])
    verdict = verdict_of(scribe)
    found = [(one.replica, one.due, sorted(one.lost)) for one in verdict.intervals]
    six = 6
    assert [(replica, due, [one & 0xFF for one in lost]) for replica, due, lost in found] == [
        ("s1", 2, []),
        ("s1", 2, [six]),
        ("s2", 4, []),
    ]
    first, second = verdict.accounts["s1"], verdict.accounts["s2"]
    for account in (first, second):
        elsewhere = account.elsewhere["not due"]
        assert account.acknowledged == account.processed + elsewhere + account.lost
    assert [one & 0xFF for one in first.elsewhere["not due"]] == [1, 4, 5]
    assert [one & 0xFF for one in second.elsewhere["not due"]] == [1, 2, 3]
    assert (verdict.due, verdict.unheard, verdict.total("lost")) == (8, 1, 1)
    assert verdict.finding is Finding.HELD


def test_what_was_processed_beside_an_interval_is_no_anomaly() -> None:
    scribe = Scribe("pubsub")
    scribe.send([1])
    scribe.subscription("s1", "open")
    scribe.process("s1", [1])
    verdict = verdict_of(scribe)
    assert verdict.finding is Finding.HELD
    assert (verdict.total("processed"), verdict.total("lost"), verdict.unheard) == (1, 0, 1)

"""Each planted loss has its cause, and one without any breaks the run, whatever the pattern promises."""

from __future__ import annotations

import pytest

from lab.verdict.causes import Cause, Incident, Incidents
from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, Verdict, judge
from messaging.patterns import PATTERNS
from tests.support.scribe import Scribe


def verdict_of(scribe: Scribe, incidents: Incidents | None = None) -> Verdict:
    evidence, _ = scribe.evidence()
    guarantee = PATTERNS[scribe.pattern].guarantee
    return judge(scribe.pattern, guarantee, evidence, Conditions(incidents=incidents or Incidents()))


def sent(pattern: str = "queue") -> Scribe:
    scribe = Scribe(pattern)
    for who in ("s1", "s2"):
        if PATTERNS[pattern].guarantee.fan_out:
            scribe.subscription(who, "open")
    scribe.send([1, 2, 3, 4])
    return scribe


def test_what_a_dead_consumer_had_in_hand() -> None:
    scribe = sent()
    scribe.take("s1", [1, 2])
    scribe.take("s2", [3, 4])
    scribe.process("s2", [3, 4])
    scribe.end("s2")
    verdict = verdict_of(scribe)
    assert (verdict.finding, verdict.causes) == (Finding.HELD, {Cause.IN_HAND: 2})


def test_who_ended_in_good_order_had_nothing_in_hand() -> None:
    scribe = sent()
    scribe.take("s1", [1, 2])
    scribe.end("s1")
    scribe.take("s2", [3, 4])
    scribe.process("s2", [3, 4])
    scribe.end("s2")
    verdict = verdict_of(scribe)
    assert verdict.finding is Finding.BROKEN
    assert verdict.causes == {Cause.NONE: 2}
    assert "2 lost without a cause" in verdict.reasons


@pytest.mark.parametrize("pattern", ["queue", "pubsub"])
def test_a_drop_before_the_handler_has_no_cause_though_the_pattern_excuses_it(pattern: str) -> None:
    scribe = sent(pattern)
    for who in ("s1", "s2") if pattern == "pubsub" else ("s1",):
        scribe.take(who, [1, 2, 4])
        scribe.process(who, [1, 2, 4])
        if pattern == "pubsub":
            scribe.subscription(who, "closed")
        scribe.end(who)
    verdict = verdict_of(scribe)
    assert verdict.finding is Finding.BROKEN
    assert verdict.causes == {Cause.NONE: 2 if pattern == "pubsub" else 1}


def test_what_stood_in_a_reply_that_was_cut() -> None:
    scribe = sent()
    scribe.take("s1", [1, 2])
    scribe.process("s1", [1, 2])
    scribe.end("s1")
    evidence, _ = scribe.evidence()
    cut = frozenset(evidence.attempted) - {one for some in evidence.processed.values() for one in some}
    verdict = verdict_of(scribe, Incidents(cut=cut))
    assert (verdict.finding, verdict.causes) == (Finding.HELD, {Cause.CUT: 2})


@pytest.mark.parametrize(("began", "cause"), [(2000.0, Cause.FORGOTTEN), (10.0, Cause.NONE)])
def test_what_was_acknowledged_before_the_server_forgot(began: float, cause: Cause) -> None:
    scribe = sent()
    scribe.take("s1", [1, 2])
    scribe.process("s1", [1, 2])
    scribe.end("s1")
    verdict = verdict_of(scribe, Incidents((Incident(Cause.FORGOTTEN, began, began + 1),)))
    assert verdict.causes == {cause: 2}


def test_what_was_sent_before_the_server_forgot_and_acknowledged_as_it_did() -> None:
    scribe = Scribe("stream")
    attempt = scribe.attempt([1])
    sent_at = scribe.ledger.histories["stream"].sends[0].at
    scribe.told(attempt)
    scribe.send([2])
    scribe.take("s1", [2])
    scribe.process("s1", [2])
    scribe.end("s1")
    verdict = verdict_of(scribe, Incidents((Incident(Cause.FORGOTTEN, sent_at - 1, sent_at + 0.5),)))
    assert verdict.causes == {Cause.FORGOTTEN: 1}


def test_what_was_on_its_way_to_a_subscriber_that_died() -> None:
    scribe = sent("pubsub")
    scribe.take("s1", [1, 2])
    scribe.process("s1", [1, 2])
    for counts in ([1, 2, 3, 4],):
        scribe.take("s2", counts)
        scribe.process("s2", counts)
    scribe.subscription("s2", "closed")
    scribe.end("s2")
    verdict = verdict_of(scribe)
    assert (verdict.finding, verdict.causes) == (Finding.HELD, {Cause.UNREAD: 2})


@pytest.mark.parametrize(("grace", "cause"), [(1.0, Cause.OVERRUN), (60.0, Cause.NONE)])
def test_what_a_subscriber_could_not_handle_before_its_grace_period_was_over(grace: float, cause: Cause) -> None:
    scribe = sent("pubsub")
    for who, counts in (("s1", [1, 2, 3, 4]), ("s2", [1])):
        scribe.take(who, counts)
        scribe.process(who, counts)
        scribe.subscription(who, "closed")
        scribe.end(who)
    assert verdict_of(scribe, Incidents(grace=grace)).causes == {cause: 3}


@pytest.mark.parametrize("pattern", ["queue", "reliable-queue", "stream"])
def test_a_reversed_batch_is_an_order_violation(pattern: str) -> None:
    scribe = sent(pattern)
    scribe.take("s1", [4, 3, 2, 1])
    scribe.process("s1", [4, 3, 2, 1])
    scribe.end("s1")
    verdict = verdict_of(scribe)
    assert verdict.finding is Finding.BROKEN
    assert "3 given to a handler after a later one of the same sender, none of them delivered before" in verdict.reasons


def test_what_is_delivered_again_may_come_late() -> None:
    scribe = sent("stream")
    scribe.take("s1", [1])
    scribe.take("s2", [2, 3, 4])
    scribe.process("s2", [2, 3, 4])
    scribe.take("s2", [1], delivery=2)
    scribe.process("s2", [1])
    scribe.end("s2")
    assert verdict_of(scribe).finding is Finding.HELD


@pytest.mark.parametrize(
    ("began", "finding"), [(1006.5, Finding.HELD), (1100.0, Finding.BROKEN), (10.0, Finding.BROKEN)]
)
def test_what_was_taken_before_a_server_forgot_it_may_come_again(began: float, finding: Finding) -> None:
    scribe = sent()
    for counts in ([1, 2], [3, 4], [1, 2], [3, 4]):
        scribe.take("s1", counts)
        scribe.process("s1", counts)
    scribe.end("s1")
    verdict = verdict_of(scribe, Incidents((Incident(Cause.FORGOTTEN, began, began + 2),)))
    assert verdict.finding is finding
    assert verdict.total("duplicated") == 4


def test_a_pattern_that_was_never_struck_proves_nothing() -> None:
    scribe = sent()
    scribe.take("s1", [1, 2, 3, 4])
    scribe.process("s1", [1, 2, 3, 4])
    scribe.end("s1")
    evidence, _ = scribe.evidence()
    verdict = judge("queue", PATTERNS["queue"].guarantee, evidence, Conditions(unstruck="never struck"))
    assert (verdict.finding, verdict.reasons) == (Finding.PROVES_NOTHING, ("never struck",))

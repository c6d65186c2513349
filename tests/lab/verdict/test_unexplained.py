"""What no promise excuses: in a calm run, and of settles and redeliveries that come too late."""

from __future__ import annotations

import pytest

from lab.evidence.residue import Residue
from lab.verdict.causes import Cause, Incidents
from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, Verdict, judge
from lab.verdict.unexplained import AT_ONCE
from messaging.patterns import PATTERNS
from tests.support.scribe import LIFE, Scribe

CALM = Conditions(calm=True)


def verdict_of(scribe: Scribe, conditions: Conditions = CALM, residue: Residue | None = None) -> Verdict:
    evidence, _ = scribe.evidence(residue)
    return judge(scribe.pattern, PATTERNS[scribe.pattern].guarantee, evidence, conditions)


def sent(pattern: str) -> Scribe:
    scribe = Scribe(pattern)
    if PATTERNS[pattern].guarantee.fan_out:
        scribe.subscription("s1", "open")
    scribe.send([1, 2, 3, 4])
    return scribe


@pytest.mark.parametrize("pattern", ["pubsub", "queue"])
def test_a_loss_while_nothing_happens_has_no_cause(pattern: str) -> None:
    scribe = sent(pattern)
    scribe.process("s1", [1, 2, 4])
    if pattern == "pubsub":
        scribe.subscription("s1", "closed")
    scribe.end("s1")
    assert verdict_of(scribe).causes == {Cause.NONE: 1}
    assert verdict_of(scribe).reasons == ("1 lost without a cause",)
    assert verdict_of(scribe, Conditions()).finding is Finding.HELD


def test_a_subscription_that_was_lost_though_nothing_was_to_happen_is_not_held_against_the_program() -> None:
    scribe = sent("pubsub")
    scribe.process("s1", [1, 2, 4])
    scribe.subscription("s1", "lost")
    scribe.subscription("s1", "open")
    scribe.subscription("s1", "closed")
    scribe.end("s1")
    assert (verdict_of(scribe).total("lost"), verdict_of(scribe).finding) == (1, Finding.HELD)


def test_nothing_is_calm_about_a_consumer_that_died() -> None:
    scribe = sent("queue")
    scribe.process("s1", [1, 2, 4])
    assert verdict_of(scribe).finding is Finding.HELD


@pytest.mark.parametrize("pattern", ["reliable-queue", "stream"])
def test_what_comes_twice_needs_an_excuse_though_the_pattern_may_redeliver(pattern: str) -> None:
    scribe = sent(pattern)
    scribe.process("s1", [1, 2, 3, 4])
    scribe.process("s2", [3])
    scribe.end("s1")
    scribe.end("s2")
    assert verdict_of(scribe).reasons == ("1 processed again, though nothing had parted anybody from them",)
    assert verdict_of(scribe, Conditions()).finding is Finding.HELD


def test_while_nothing_happens_a_list_is_processed_in_the_order_in_which_it_was_taken() -> None:
    scribe = sent("queue")
    scribe.process("s1", [2, 1, 4, 3])
    scribe.end("s1")
    assert verdict_of(scribe).finding is Finding.BROKEN
    assert verdict_of(scribe, Conditions(calm=True, side_by_side=True)).finding is Finding.HELD


@pytest.mark.parametrize(("delivery", "finding"), [(1, Finding.BROKEN), (2, Finding.HELD), (3, Finding.HELD)])
def test_a_dead_letter_by_who_had_lost_the_message(delivery: int, finding: Finding) -> None:
    scribe = sent("stream")
    scribe.take("s1", [1, 2, 3, 4])
    scribe.take("s2", [4], delivery=2)
    scribe.process("s2", [4])
    scribe.process("s1", [1, 2, 3])
    residue = Residue(dead_lettered=[LIFE.id_of(4)], letters={LIFE.id_of(4): delivery})
    verdict = verdict_of(scribe, Conditions(), residue)
    assert (verdict.finding, verdict.buried.total()) == (finding, int(finding is Finding.BROKEN))


@pytest.mark.parametrize(
    ("pattern", "late", "left", "held"),
    [("stream", 1, False, False), ("stream", -30, False, True), ("stream", 1, True, True), ("queue", 1, False, True)],
)
def test_what_its_consumer_should_have_been_given_at_once(pattern: str, late: float, *, left: bool, held: bool) -> None:
    scribe = sent(pattern)
    scribe.take("s1", [1, 2])
    scribe.process("s1", [1, 2])
    if left:
        scribe.end("s1")
    for _ in range(3):
        scribe.process("s2", [])
    scribe.take("s2", [3, 4], delivery=2)
    given_at = scribe.ledger.histories[pattern].taken["s2"][0].at
    scribe.process("s2", [3, 4])
    for who in ("s2",) if left else ("s1", "s2"):
        scribe.end(who)
    evidence, _ = scribe.evidence()
    cut = frozenset(evidence.processed["s2"])
    verdict = verdict_of(scribe, Conditions(incidents=Incidents(cut=cut, mended=given_at - AT_ONCE - late)))
    assert (verdict.finding is Finding.HELD, verdict.overdue.total()) == (held, 0 if held else 2)

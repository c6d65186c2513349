"""The verdict: each anomaly is found with its ids, and the guarantee decides what breaks a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.evidence.residue import Residue
from lab.verdict.cases import Case, cases
from lab.verdict.evidence import Evidence
from lab.verdict.finding import Finding, worst
from lab.verdict.judge import Conditions, Verdict, bound, judge, percent
from messaging.patterns import PATTERNS
from tests.support.scribe import LIFE, Scribe


def verdict_of(scribe: Scribe, residue: Residue | None = None, **conditions: Any) -> Verdict:  # noqa: ANN401
    evidence, _ = scribe.evidence(residue)
    complete = conditions.pop("complete", scribe.ledger.missing == 0)
    guarantee = PATTERNS[scribe.pattern].guarantee
    return judge(scribe.pattern, guarantee, evidence, Conditions(complete=complete, **conditions))


def cases_of(scribe: Scribe, residue: Residue | None = None) -> list[tuple[str, int, str]]:
    evidence, numbering = scribe.evidence(residue)
    verdict = judge("queue", PATTERNS[scribe.pattern].guarantee, evidence, Conditions())
    return [(case.kind, int(case.id[-12:], 16), case.replica) for case in cases(verdict, numbering)]


def test_one_history_with_every_anomaly() -> None:
    scribe = Scribe("reliable-queue")
    scribe.send([1, 2, 3, 4, 5])
    scribe.send([6, 7], b"FU")
    scribe.send([8], b"F")
    scribe.send([8])
    scribe.attempt([9])
    scribe.process("s1", [1, 3, 2])
    scribe.process("s2", [3, 6, 7, 8, 99])
    residue = Residue(left=[LIFE.id_of(4)], dead_lettered=[LIFE.id_of(2)])
    verdict = verdict_of(scribe, residue)
    (account,) = verdict.accounts.values()
    names = "attempted acknowledged failed unknown processed"
    assert [verdict.total(kind) for kind in names.split()] == [10, 6, 2, 2, 4]
    elsewhere = {place: there.total() for place, there in account.elsewhere.items()}
    assert elsewhere == {"dead-lettered": 0, "in Redis": 1}
    assert cases_of(scribe, residue) == [
        ("lost", 5, ""),
        ("duplicated", 3, ""),
        ("phantom", 99, ""),
        ("recovered", 7, ""),
        ("contradicted", 6, ""),
        ("reordered", 2, "s1"),
    ]
    assert verdict.finding is Finding.BROKEN
    assert verdict.reasons == (
        "1 processed that nobody sent",
        "1 processed of which the publisher was told that they failed",
        "1 acknowledged ones lost",
    )
    assert verdict.loss == "1 of 6"


def test_a_case_names_message_sender_and_replica() -> None:
    scribe = Scribe("pubsub")
    scribe.subscription("s1", "open")
    scribe.send([1, 2])
    scribe.process("s1", [2])
    evidence, numbering = scribe.evidence()
    verdict = judge("pubsub", PATTERNS["pubsub"].guarantee, evidence, Conditions())
    assert list(cases(verdict, numbering)) == [Case("lost", LIFE.id_of(1), "publisher", "s1")]


# ---- each anomaly alone, against each promise ----


def clean(pattern: str) -> Scribe:
    scribe = Scribe(pattern)
    if PATTERNS[pattern].guarantee.fan_out:
        scribe.subscription("s1", "open")
    scribe.send([1, 2, 3])
    scribe.process("s1", [1, 2, 3])
    return scribe


def loses(scribe: Scribe) -> None:
    scribe.send([4])
    scribe.process("s1", [])


def doubles(scribe: Scribe) -> None:
    scribe.process("s1", [3])


def invents(scribe: Scribe) -> None:
    scribe.process("s1", [77])


def contradicts(scribe: Scribe) -> None:
    scribe.send([4], b"F")
    scribe.process("s1", [4])


def recovers(scribe: Scribe) -> None:
    scribe.send([4], b"U")
    scribe.process("s1", [4])


def swaps(scribe: Scribe) -> None:
    scribe.send([4, 5])
    scribe.process("s1", [5, 4])


def nothing(_: Scribe) -> None:
    pass


ALL, AT_MOST_ONCE = set(PATTERNS), {"pubsub", "sharded-pubsub", "queue"}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    ("seed", "kind", "breaks"),
    [
        (nothing, None, set()),
        (loses, ("lost", 4), ALL - AT_MOST_ONCE),
        (doubles, ("duplicated", 3), AT_MOST_ONCE),
        (invents, ("phantom", 77), ALL),
        (contradicts, ("contradicted", 4), ALL),
        (recovers, ("recovered", 4), set()),
        (swaps, ("reordered", 4), {"pubsub", "sharded-pubsub"}),
    ],
)
def test_an_anomaly_is_found_alone_and_breaks_what_promised_otherwise(
    pattern: str,
    seed: Callable[[Scribe], None],
    kind: tuple[str, int] | None,
    breaks: set[str],
) -> None:
    scribe = clean(pattern)
    seed(scribe)
    assert [(found, count) for found, count, _ in cases_of(scribe)] == ([kind] if kind else [])
    finding = Finding.BROKEN if pattern in breaks else Finding.HELD
    assert verdict_of(scribe).finding is finding


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_hole_in_the_ledger_proves_nothing_whatever_is_found(pattern: str) -> None:
    scribe = clean(pattern)
    scribe.skip = True
    scribe.process("s1", [1])
    scribe.skip = False
    invents(scribe)
    verdict = verdict_of(scribe)
    assert (verdict.finding, verdict.reasons) == (
        Finding.PROVES_NOTHING,
        ("the ledger has holes",),
    )


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_empty_run_is_never_valid(pattern: str) -> None:
    guarantee = PATTERNS[pattern].guarantee
    verdict = judge(pattern, guarantee, Evidence([], {}), Conditions())
    assert verdict.finding is Finding.PROVES_NOTHING
    assert verdict.reasons == ("no message was acknowledged", "no message was processed")


def test_a_role_that_did_nothing_proves_nothing() -> None:
    scribe = Scribe("pubsub")
    scribe.send([1])
    assert verdict_of(scribe).reasons == ("no message was processed",)
    scribe = Scribe("queue")
    scribe.send([1], b"F")
    scribe.process("s1", [])
    assert verdict_of(scribe).finding is Finding.PROVES_NOTHING


def test_a_loss_counts_only_at_rest_and_only_on_a_durable_server() -> None:
    scribe = clean("stream")
    loses(scribe)
    assert verdict_of(scribe, rested=False).finding is Finding.PROVES_NOTHING
    verdict = verdict_of(scribe, durable=False)
    assert (verdict.finding, verdict.total("lost")) == (Finding.HELD, 1)
    invents(scribe)
    assert verdict_of(scribe, rested=False).finding is Finding.BROKEN


def test_none_lost_comes_with_its_bound() -> None:
    scribe = Scribe("queue")
    scribe.send(range(1, 301))
    scribe.process("s1", range(1, 301))
    assert verdict_of(scribe).loss == "0 of 300 (at most 1.00%, 95% sure)"
    assert [percent(bound(due)) for due in (1, 3_000, 1_000_000)] == ["100.00%", "0.10%", "0.00030%"]


def test_the_worst_finding_wins() -> None:
    held, broken, nothing_proved = Finding
    assert worst([held, nothing_proved, broken]) is broken
    assert worst([held, nothing_proved]) is nothing_proved
    assert worst([held, held]) is held
    assert worst([]) is nothing_proved
    assert [finding.exit_code for finding in Finding] == [0, 1, 3]

"""The checker is checked: against a slow and obvious model, with seeded anomalies, and with each detector off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lab.verdict.evidence
import lab.verdict.judge
from lab.evidence.ledger import Interval, Ledger
from lab.verdict.evidence import Evidence, Sent
from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, Verdict
from lab.verdict.lost_or_duplicated import Account, Multiset, conserve
from messaging.patterns import PATTERNS
from messaging.seam.guarantee import Guarantee
from tests.support.obvious import Step, Story
from tests.support.stories import differences, found, name, stories, verdict_of

MANY = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(stories)
def test_the_verdict_is_that_of_the_obvious_model(story: Story) -> None:
    assert list(differences(story)) == []


@MANY
@given(stories)
def test_what_was_never_sent_or_never_processed_is_never_valid(story: Story) -> None:
    for kind in ("send", "process"):
        idle = replace(story, steps=tuple(step for step in story.steps if step.kind not in (kind, "told")))
        assert verdict_of(idle)[0].finding is not Finding.HELD


# ---- seeds: a whole run, and some messages that go astray each in its own way ----

CODES = {"unknown": "U", "recovered": "U", "failed": "F", "contradicted": "F"}
HANDLED = {"fine", "duplicated", "reordered", "recovered", "contradicted"}
REPORTED = {"lost", "duplicated", "phantom", "recovered", "contradicted", "reordered"}
KINDS = (*sorted(REPORTED), "unknown", "failed", "dead", "left")
SEEDS = st.dictionaries(st.integers(1, 30), st.sampled_from(KINDS), max_size=10)


def seeded(pattern: str, seeds: dict[int, str]) -> tuple[Story, Counter[tuple[str, str, str]]]:
    """Return a run of 30 messages with these seeds, and what must be found in it."""
    fan_out = PATTERNS[pattern].guarantee.fan_out
    kinds = {one: seeds.get(one, "fine") for one in range(1, 31)}
    if fan_out:  # which keeps nothing in Redis
        kinds = {one: "fine" if kind in ("dead", "left") else kind for one, kind in kinds.items()}
    sent = [one for one, kind in kinds.items() if kind != "phantom"]
    handled, expected = in_hand(kinds)
    steps = [Step("toggle", who="s1")] if fan_out else []
    steps += [
        Step("send", counts=tuple(batch), codes="".join(CODES.get(kinds[one], "A") for one in batch))
        for batch in (sent[:9], sent[9:])
    ]
    steps += [Step("process", who="s1", counts=(one,)) for one in handled]
    dead, left = (tuple((0, one) for one, its in kinds.items() if its == kind) for kind in ("dead", "left"))
    per_replica = ({"reordered"} | REPORTED) if fan_out else {"reordered"}
    named = Counter((kind, name((0, one)), "s1" if kind in per_replica else "") for kind, one in expected)
    return Story(pattern, tuple(steps), dead, left), named


def in_hand(kinds: dict[int, str]) -> tuple[list[int], list[tuple[str, int]]]:
    """Return in what order messages are handled, and which anomalies that makes."""
    order, held = list[int](), list[int]()
    expected = [(kind, one) for one, kind in kinds.items() if kind in REPORTED - {"reordered"}]
    for one, kind in kinds.items():
        if kind == "reordered":
            held.append(one)
        elif kind in HANDLED or kind == "phantom":
            order += [one, *held]
            expected += [("reordered", late) for late in held]
            held = []
    return [*order, *held, *(one for one, kind in kinds.items() if kind == "duplicated")], expected


@MANY
@given(st.sampled_from(list(PATTERNS)), SEEDS)
def test_every_seed_is_found_with_its_id_and_nothing_else(pattern: str, seeds: dict[int, str]) -> None:
    story, expected = seeded(pattern, seeds)
    assert found(story) == expected
    assert list(differences(story)) == []


@given(st.sampled_from(list(PATTERNS)), SEEDS, st.integers(0, 100), st.sampled_from(["publisher", "s1"]))
def test_a_missing_row_is_seen_whatever_else_happened(pattern: str, seeds: dict[int, str], at: int, who: str) -> None:
    story, _ = seeded(pattern, seeds)
    mine = [place for place, step in enumerate(story.steps) if step.who == who]
    missing = mine[:-1][at % (len(mine) - 1)]
    steps = tuple(replace(step, kept=place != missing) for place, step in enumerate(story.steps))
    verdict, _ = verdict_of(replace(story, steps=steps))
    assert verdict.finding is Finding.PROVES_NOTHING
    assert "the ledger has holes" in verdict.reasons


# ---- each detector switched off in turn: the comparison with the model must turn red ----

Off = Callable[[pytest.MonkeyPatch], None]


def no_drawer(kind: str) -> Off:
    def blind(*given: Multiset, **_: object) -> Account:
        return replace(conserve(*given), **{kind: Counter()})  # type: ignore[arg-type]

    return lambda patch: patch.setattr(lab.verdict.evidence, "conserve", blind)


def no_places(patch: pytest.MonkeyPatch) -> None:
    def nowhere(missing: Multiset, places: Iterable[str]) -> tuple[dict[str, Multiset], Multiset]:
        return {place: Counter() for place in places}, missing

    patch.setattr("lab.verdict.lost_or_duplicated._searched", nowhere)


def no_words(judges: str, words: str) -> Off:
    judging: Callable[..., Iterator[str]] = getattr(lab.verdict.judge, judges)

    def mute(*given: Verdict | Evidence | Guarantee | Conditions) -> Iterator[str]:
        return (reason for reason in judging(*given) if words not in reason)

    return lambda patch: patch.setattr(lab.verdict.judge, judges, mute)


def all_is_due(patch: pytest.MonkeyPatch) -> None:
    def due(self: Evidence, _: Interval) -> Multiset:
        return Counter(self.acknowledged)

    patch.setattr(Evidence, "due", due)


def unknown_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    def told(at: float, told: float, attempted: list[int], _: list[int], failed: list[int]) -> Sent:
        return Sent(at, told, attempted, [one for one in attempted if one not in failed], failed)

    patch.setattr(lab.verdict.evidence, "Sent", told)


def no_holes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "missing", 0)


def no_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lab.verdict.judge, "reordered", lambda *_: [])


DETECTORS: dict[str, Off] = {
    **{kind: no_drawer(kind) for kind in ("lost", "duplicated", "phantom", "recovered", "contradicted")},
    "what is in Redis": no_places,
    "intervals": all_is_due,
    "unknown outcomes": unknown_is_acknowledged,
    "holes": no_holes,
    "order": no_order,
    "a breach by phantoms": no_words("_breaches", "nobody sent"),
    "a breach by contradiction": no_words("_breaches", "they failed"),
    "a breach by loss": no_words("_breaches", "lost"),
    "a breach by duplicates": no_words("_breaches", "more often"),
    "a breach of order": no_words("_breaches", "later one"),
    "doubt about holes": no_words("_doubts", "holes"),
    "doubt without acknowledgement": no_words("_doubts", "acknowledged"),
    "doubt without processing": no_words("_doubts", "processed"),
    "doubt about rest": no_words("_doubts", "rest"),
}


def corpus() -> Iterator[Story]:
    """Return each anomaly alone in a run of each pattern, and runs that must not prove anything."""
    for pattern in PATTERNS:
        for kind in ("fine", *KINDS):
            story, _ = seeded(pattern, {9: kind})
            yield from (story, replace(story, rested=False), replace(story, durable=False))
        *steps, last, end = seeded(pattern, {})[0].steps
        yield Story(pattern, (*steps, replace(last, kept=False), end))
        yield Story(pattern, tuple(step for step in steps if step.kind != "send"))
        yield Story(pattern, tuple(step for step in steps if step.kind != "process"), left=((0, 1),))
        join = Step("toggle", who="s1")
        yield Story(pattern, (join, Step("send", counts=(1,), codes="U"), Step("process", who="s1", counts=(1,))))
        yield Story(pattern, (join, Step("process", who="s1", counts=(1,)), join, Step("send", counts=(2,), codes="A")))


def red() -> bool:
    """Tell whether the lab and the obvious model differ on any of them."""
    return any(any(differences(story)) for story in corpus())


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_detector_that_is_off_is_noticed(monkeypatch: pytest.MonkeyPatch, detector: str) -> None:
    DETECTORS[detector](monkeypatch)
    assert red()


def test_nothing_is_noticed_while_all_are_on() -> None:
    assert not red()

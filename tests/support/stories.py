"""Runs that hypothesis makes up, told to the lab's ledger as services would have written them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hypothesis import strategies as st

from lab.evidence.numbering import Numbering
from lab.evidence.residue import Residue
from lab.verdict.cases import cases
from lab.verdict.judge import Conditions, Verdict, judge
from messaging.patterns import PATTERNS
from tests.support.ledgers import OTHER
from tests.support.obvious import Id, Kind, Opinion, Step, Story, opinion
from tests.support.scribe import LIFE, Scribe

LIVES = (LIFE, OTHER)
_KINDS: tuple[Kind, ...] = ("send", "send", "attempt", "told", "process", "process", "toggle", "toggle")
_WHO = st.sampled_from(["s1", "s2"])
_COUNTS = st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True).map(tuple)
_IDS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 5)), max_size=3).map(tuple)


@st.composite
def _steps(draw: st.DrawFn) -> Step:
    kind: Kind = draw(st.sampled_from(_KINDS))
    counts = draw(_COUNTS) if kind in ("send", "attempt", "process") else ()
    return Step(
        kind,
        who=draw(_WHO) if kind in ("process", "toggle") else "publisher",
        life=draw(st.integers(0, 1)),
        counts=counts,
        codes="".join(draw(st.sampled_from("AAAFU")) for _ in counts) if kind in ("send", "attempt") else "",
        kept=draw(st.integers(0, 30)) != 30,
    )


stories = st.builds(
    Story,
    pattern=st.sampled_from(list(PATTERNS)),
    steps=st.lists(_steps(), max_size=12).map(tuple),
    dead=_IDS,
    left=_IDS,
    rested=st.sampled_from([True, True, False]),
    durable=st.sampled_from([True, True, False]),
    side_by_side=st.sampled_from([True, False, False]),
)
"""Anything that may stand in a ledger, however absurd."""


def written(story: Story) -> Scribe:
    """Write a story into a ledger."""
    scribe, inside = Scribe(story.pattern), set[str]()
    waiting: list[tuple[int, str]] = []
    for step in story.steps:
        scribe.skip, life = not step.kept, LIVES[step.life]
        if step.kind == "send":
            scribe.send(step.counts, step.codes.encode(), life)
        elif step.kind == "attempt":
            waiting.append((scribe.attempt(step.counts, life), step.codes))
        elif step.kind == "told" and waiting:
            of, codes = waiting.pop(0)
            scribe.told(of, codes.encode())
        elif step.kind == "process":
            scribe.process(step.who, step.counts, life=life)
        elif step.kind == "toggle":
            scribe.subscription(step.who, "lost" if step.who in inside else "open")
            inside ^= {step.who} if step.kept else set()
    return scribe


def verdict_of(story: Story) -> tuple[Verdict, Numbering]:
    """Let the lab judge a story."""
    scribe = written(story)
    residue = Residue(left=[name(one) for one in story.left], dead_lettered=[name(one) for one in story.dead])
    evidence, numbering = scribe.evidence(residue)
    conditions = Conditions(story.rested, scribe.ledger.missing == 0, story.durable, story.side_by_side)
    return judge(story.pattern, PATTERNS[story.pattern].guarantee, evidence, conditions), numbering


def found(story: Story) -> Counter[tuple[str, str, str]]:
    """Return what the lab says went astray: kind, id, replica."""
    verdict, numbering = verdict_of(story)
    return Counter({(one.kind, one.id, one.replica): one.times for one in cases(verdict, numbering)})


def name(one: Id) -> str:
    """Return a message's id."""
    return LIVES[one[0]].id_of(one[1])


def differences(story: Story) -> Iterator[str]:
    """Say wherein the lab and the obvious model differ."""
    verdict, numbering = verdict_of(story)
    model = opinion(story, PATTERNS[story.pattern].guarantee)
    if verdict.finding.value != model.finding:
        yield f"finding: {verdict.finding.value}, not {model.finding}"
    expected = Counter({(kind, name(one), who): times for (kind, one, who), times in model.cases().items()})
    if found(story) != expected:
        yield f"cases: {found(story)}, not {expected}"
    yield from _drawers(verdict, numbering, model)
    judged = [(one.replica, one.due, sorted(map(numbering.id_of, one.lost.elements()))) for one in verdict.intervals]
    if judged != [(replica, due, sorted(map(name, lost))) for replica, due, lost in model.intervals]:
        yield f"intervals: {judged}, not {model.intervals}"


def _drawers(verdict: Verdict, numbering: Numbering, model: Opinion) -> Iterator[str]:
    for replica, account in verdict.accounts.items():
        drawers = model.drawers[replica]
        places = {place: getattr(account, place) for place in ("acknowledged", "failed", "unknown", "processed")}
        for place, there in (places | account.elsewhere).items():
            if Counter(map(numbering.id_of, there.elements())) != Counter(map(name, drawers[place])):
                yield f"{place}: {there}, not {drawers[place]}"

"""What the demo says of its numbers, and the moment that it shows."""

from __future__ import annotations

import io
import math
import re
import time

import pytest
from rich.console import Console

from lab.demo.display import PlainDisplay
from lab.demo.explanations import Facts, explain
from lab.demo.snapshot import PatternView, look
from lab.demo.tables import comparison, live_table
from lab.verdict.judge import Conditions, Verdict, judge
from messaging.patterns import PATTERNS
from messaging.seam.pattern import Backlog
from tests.support.scribe import Scribe


def told(scribe: Scribe, *, rested: bool = True) -> tuple[str, PatternView, Verdict]:
    evidence, _ = scribe.evidence()
    guarantee = PATTERNS[scribe.pattern].guarantee
    verdict = judge(scribe.pattern, guarantee, evidence, Conditions(rested=rested))
    (view,) = look(scribe.ledger, [scribe.pattern], {scribe.pattern: Backlog(3)}, window=math.inf)
    text = explain(guarantee, view, verdict, Facts("subscriber-2", 3.0, scribe.ledger))
    return text, view, verdict


def run(pattern: str, *processed: int) -> Scribe:
    scribe = Scribe(pattern)
    scribe.subscription("subscriber-1", "open")
    scribe.subscription("subscriber-2", "open")
    scribe.send([1, 2, 3, 4])
    scribe.process("subscriber-1", [1, 2, 3, 4])
    scribe.process("subscriber-2", processed)
    return scribe


@pytest.mark.parametrize(
    ("scribe", "words"),
    [
        (run("pubsub", 1, 2, 3, 4), "subscriber-2 missed 0 of 4 until it was killed."),
        (run("pubsub", 1, 2), "subscriber-2 missed 2 of 4 until it was killed. What is on its way"),
        (run("stream"), "Lost: 0 of 4 (at most 75.00%, 95% sure)."),
        (run("stream", 1, 2), "2 had been processed already"),
        (run("queue"), "subscriber-2 had none in hand"),
        (run("queue", 1), "Broken: 1 processed more often than they were stored."),
    ],
)
def test_a_result_in_words(scribe: Scribe, words: str) -> None:
    assert words in told(scribe)[0]


def test_what_was_lost_and_what_proves_nothing() -> None:
    scribe = Scribe("queue")
    scribe.send([1, 2, 3])
    scribe.process("subscriber-1", [1])
    assert "subscriber-2 had 2 in hand when it was killed: they died with it." in told(scribe)[0]
    assert told(run("queue"), rested=False)[0] == "Proves nothing: it did not come to rest."


@pytest.mark.parametrize("width", [80, 100])
def test_tables_fit_into_the_terminal(width: int) -> None:
    scribe = run("sharded-pubsub", 1, 2)
    _, view, verdict = told(scribe)
    console = Console(file=io.StringIO(), width=width, no_color=True)
    subscribers, narrow = [f"subscriber-{number}" for number in (1, 2, 3)], width < 100
    console.print(comparison([view], [verdict], subscribers, narrow=narrow))
    console.print(live_table([view], narrow=narrow))
    console.print(live_table([PatternView("queue", 0, None, [], None)], narrow=narrow))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    row = next(line for line in text.splitlines() if line.startswith("sharded-pubsub "))
    wide = ["4", "100%", "2", "50%", "-", "2", "0", "0.0", "0.0"]
    assert row.split()[3:] == ([cell for cell in wide if "%" not in cell] if narrow else wide)
    assert re.search(r"subscriber-2 +2 +(████ +)?50% +0\.0 +0\.0", text)


def test_the_present_is_a_window_and_counts_are_of_all_time() -> None:
    scribe = run("queue", 1)
    (view,) = look(scribe.ledger, ["queue"], {}, window=time.time())
    assert [(one.who, one.received, one.share) for one in view.replicas] == [
        ("subscriber-1", 4, 1.0),
        ("subscriber-2", 1, 0.25),
    ]
    (now,) = look(scribe.ledger, ["queue"], {}, window=1.0)
    assert (now.published, now.received, now.backlog) == (4, 5, None)
    assert [(one.share, one.latency) for one in now.replicas] == [(0.0, None), (0.0, None)]


def test_plain_lines_come_once_a_second() -> None:
    console = Console(file=io.StringIO(), width=100, no_color=True)
    display = PlainDisplay(console)
    for _ in range(3):
        display.show([PatternView("queue", 7, 0, [], None)])
    display.event("it [ends]")
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ("  0 s  published 7 each; received: queue 0\n  0 s  ==> it [ends]\n")

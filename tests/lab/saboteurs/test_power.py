"""`make lab-power`: what it refuses, what it keeps, and how the check tells a finding from luck."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lab.verdict.judge import Conditions, Verdict, judge
from messaging import PATTERNS
from tests.lab.saboteurs.every import every, find
from tests.lab.saboteurs.harm import Harm, read
from tests.lab.saboteurs.power import main
from tests.lab.saboteurs.tally import Power
from tests.lab.saboteurs.trial import difference
from tests.support.processes import Processes
from tests.support.scribe import LIFE, Scribe


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--saboteur", "never-renews", "--pattern", "pubsub"],
            "never-renews does not apply to pubsub (it has no lease): give one of reliable-queue, stream",
        ),
        (["--saboteur", "never-renew"], "unknown saboteur never-renew: did you mean never-renews?"),
        (["--pattern", "queues"], "unknown pattern queues: did you mean queue?"),
        (["--keep", "nowhere/power.json"], "--keep nowhere/power.json: there is no folder nowhere; make it first"),
    ],
)
def test_what_cannot_be_planted_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"lab-power: {says}\n")


async def test_a_run_of_one_is_counted_and_kept(processes: Processes, tmp_path: Path) -> None:
    keep = tmp_path / "power.json"
    words = ("--saboteur", "drops", "--pattern", "queue", "--runs", "1", "--keep", str(keep))
    run = processes.start("tests.lab.saboteurs.power", *words)
    assert await run.exit(timeout=50) == 0, run
    assert run.lines == ["drops x steady: found (lost) queue 1 of 1; without it 0 alarms"]
    again = processes.start("tests.lab.saboteurs.power", *("reverses" if word == "drops" else word for word in words))
    assert await again.exit(timeout=50) == 0, again
    row, _ = msgspec.json.decode(keep.read_bytes(), type=Power).rows
    assert (row.found, row.alarms, row.runs, row.controls) == ({"queue": 1}, {"queue": 0}, 1, 1)


def test_every_saboteur_says_why_it_spares_the_others() -> None:
    for one in every().values():
        assert set(one.patterns) <= set(PATTERNS)
        assert bool(one.spared) == (len(one.patterns) < len(PATTERNS))
        assert (one.publisher is None) != (one.consumer is None)


def lost_two() -> tuple[Scribe, Verdict]:
    scribe = Scribe("queue")
    scribe.send([1, 2, 3, 4])
    scribe.process("s1", [1, 3])
    scribe.end("s1")
    evidence, _ = scribe.evidence()
    return scribe, judge("queue", PATTERNS["queue"].guarantee, evidence, Conditions(calm=True))


@pytest.mark.parametrize(
    ("harmed", "says"),
    [
        ([2, 4], ""),
        ([2], "0 harmed and not found, 1 found and not harmed"),
        ([2, 3, 4], "1 harmed and not found, 0 found and not harmed"),
        ([], "it harmed nothing"),
    ],
)
def test_only_the_very_ids_count(tmp_path: Path, harmed: list[int], says: str) -> None:
    scribe, verdict = lost_two()
    _, numbering = scribe.evidence()
    Harm(tmp_path, "queue", "subscriber-1").done(LIFE.id_of(count) for count in harmed)
    assert difference(find("drops"), verdict, numbering, read(tmp_path).get("queue", set())) == says


def test_another_reason_or_none_is_not_found() -> None:
    scribe, verdict = lost_two()
    evidence, numbering = scribe.evidence()
    assert difference(find("reverses"), verdict, numbering, set()).startswith("broken for another reason: 2 lost")
    held = judge("queue", PATTERNS["queue"].guarantee, evidence, Conditions())
    assert difference(find("drops"), held, numbering, set()) == "held: no reason"


def test_what_was_undone_was_not_harmed(tmp_path: Path) -> None:
    harm = Harm(tmp_path, "stream", "subscriber-2")
    harm.done(["a", "b"])
    harm.undone(["a"])
    Harm(tmp_path, "stream", "").done(["c"])
    assert read(tmp_path) == {"stream": {("subscriber-2", "b"), ("", "c")}}

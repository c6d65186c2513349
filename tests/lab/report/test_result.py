"""What a run becomes: figures, result.json, timelines, plots; from a history that is written by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tools import result_schema

from lab.report.figures import Flow, edges, flow, percentile, rate, recovery
from lab.report.folder import IDS, REPORT, RESULT, folder_of, save
from lab.report.result import Result, result_of
from lab.report.run_record import Observed, Phase, Strike
from lab.report.sums import sums
from lab.report.timelines import timelines
from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, judge
from messaging.patterns import PATTERNS
from tests.docs.pages import page
from tests.support.scribe import LIFE, Scribe
from tests.support.trial import scenario

START = 1001.0


def observed() -> Observed:
    """A run of `queue` in which message 4 was lost when subscriber s1 was killed."""
    scribe = Scribe("queue")
    scribe.send([1, 2])
    scribe.process("s1", [1])
    scribe.process("s2", [2])
    scribe.send([3, 4])
    scribe.process("s2", [3])
    evidence, numbering = scribe.evidence()
    verdict = judge("queue", PATTERNS["queue"].guarantee, evidence, Conditions())
    seen = Observed("test", scenario("patterns: [queue]"), run="lab-x", began=1000.0, start=START)
    seen.ledger, seen.numbering, seen.verdicts = scribe.ledger, numbering, [verdict]
    seen.phases = [Phase("load", START, 1020.0)]
    sent = scribe.ledger.histories["queue"].sends[1]
    seen.strikes = [Strike("consumer-kill", sent.told + 0.5, "SIGKILL to s1", sent.told + 0.5, "process 1 is gone")]
    seen.backlog = {"queue": [(START, 0), (START + 1, 2)]}
    return seen


def test_the_documented_schema_is_that_of_the_types() -> None:
    assert page("docs/result.schema.json") == result_schema.schema(), "tools/result_schema.py --write"


def test_a_result_is_read_as_it_was_written() -> None:
    result = result_of(observed())
    assert msgspec.json.decode(msgspec.json.encode(result), type=Result) == result
    (pattern,) = result.patterns
    assert pattern.account["lost"] == 1
    assert [case.id for case in pattern.cases] == [LIFE.id_of(4)]
    assert pattern.shares.processed_by == {"s1": 1, "s2": 2}


def test_the_account_adds_up_before_the_readers_eyes() -> None:
    result = result_of(observed())
    for _, terms, (name, totals) in sums(result.patterns):
        columns = zip(*(numbers for _, numbers in terms), strict=True)
        assert [sum(number or 0 for number in column) for column in columns] == totals, name


def test_a_lost_message_has_a_timeline_with_the_fault() -> None:
    seen = observed()
    (line,) = timelines(seen, 100)
    assert (line.id, line.pattern) == (LIFE.id_of(4), "queue")
    words = [what for _, what in line.moments]
    assert words == ["sent", "acknowledged", "SIGKILL to s1", "no handler has recorded it, and Redis does not hold it"]
    assert [at for at, _ in line.moments] == sorted(at for at, _ in line.moments)
    assert timelines(seen, 0) == []


def test_everything_is_written_and_opens_alone(tmp_path: Path) -> None:
    seen = observed()
    seen.logs = {"subscriber-1": "words\n"}
    folder = folder_of(tmp_path, result_of(seen).began, "test")
    save(folder, seen, result_of(seen))
    assert folder_of(tmp_path, result_of(seen).began, "test").name == f"{folder.name}-2"
    text = (folder / REPORT).read_text()
    for words in ("SIGKILL to s1", LIFE.id_of(4), "= attempted", "= acknowledged", "process 1 is gone"):
        assert words in text
    assert json.loads((folder / RESULT).read_text())["finding"] == "held"
    assert (folder / IDS).read_text().splitlines()[1:] == [f"queue,lost,{LIFE.id_of(4)},publisher,,1"]
    assert (folder / "logs/subscriber-1.log").read_text() == "words\n"


def test_a_run_that_never_loaded_has_a_result_too(tmp_path: Path) -> None:
    seen = Observed("test", scenario(""), doubts=["the phase 'warm up' took longer than 30 s"])
    result = result_of(seen)
    assert (seen.finding, result.finding) == (Finding.PROVES_NOTHING, "proves nothing")
    save(folder_of(tmp_path, result.began, "test"), seen, result)


def test_a_doubt_spares_only_what_is_broken() -> None:
    seen = observed()
    findings = [seen.finding]
    seen.doubts = ["consumer-kill is not confirmed"]
    findings.append(seen.finding)
    seen.verdicts = [replace(one, finding=Finding.BROKEN) for one in seen.verdicts]
    findings.append(seen.finding)
    assert findings == [Finding.HELD, Finding.PROVES_NOTHING, Finding.BROKEN]


def test_the_flow_is_counted_from_the_start_of_the_load_and_by_replica() -> None:
    seen = observed()
    seen.start = seen.ledger.histories["queue"].sends[1].at
    of = flow(seen, "queue")
    assert len(of.sent) == 2
    assert list(of.by) == ["s2"]


def test_spans_rates_percentiles_and_recovery() -> None:
    times = np.array([0.5, 1.5, 1.6, 3.5])
    of = Flow(times, times, np.array([0.01, 0.01, 0.02, 0.9]), {})
    spans = edges(of, wanted=4)
    assert list(spans) == [0, 1, 2, 3, 4]
    assert list(rate(of.processed, spans)) == [1, 2, 0, 1]
    medians = percentile(of, 50, spans)
    assert list(medians[[0, 1, 3]]) == [0.01, pytest.approx(0.015), 0.9]
    assert np.isnan(medians[2])
    assert recovery(of, [2.0]) == 1.5
    assert recovery(of, [3.6]) == 0.0
    assert recovery(of, [3.25, 2.0]) == 0.25

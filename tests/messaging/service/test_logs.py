"""What stands on stdout: text as the first version wrote it, or JSON; and never too much of it."""

from __future__ import annotations

import io
import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.service.logs import Log, Output, Stamp, Summary, milliseconds, open_log, seconds
from messaging.settings.common import LogSettings

TEXT = st.text(st.characters(exclude_categories=()))


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def unexpected(error: OSError) -> None:
    raise error


def log_to(stream: io.StringIO, settings: LogSettings, stamp: Stamp = milliseconds) -> Log:
    return open_log(settings, stamp, Output(stream, unexpected))


def test_the_publishers_text() -> None:
    stream = io.StringIO()
    log_to(stream, LogSettings()).info("Starting Python Publisher...", ignored="in text")
    pattern = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\] Starting Python Publisher\.\.\.\n"
    assert re.fullmatch(pattern, stream.getvalue())


def test_the_subscribers_text() -> None:
    stream = io.StringIO()
    log_to(stream, LogSettings(), seconds).info("[%s] 100%%", "me")
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[me\] 100%\n", stream.getvalue())


def test_json_has_the_sentence_and_the_facts() -> None:
    stream = io.StringIO()
    log_to(stream, LogSettings(format="json")).warning("100% sure", id="a", count=1, error=ValueError("x"))
    line = json.loads(stream.getvalue())
    assert list(line)[:3] == ["time", "level", "event"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("time"))
    assert line == {"level": "warning", "event": "100% sure", "id": "a", "count": 1, "error": "x"}


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_levels(level: str) -> None:
    stream = io.StringIO()
    log = log_to(stream, LogSettings.model_validate({"level": level, "format": "json"}))
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)("x")
    written = [json.loads(line)["level"] for line in stream.getvalue().splitlines()]
    names = ["debug", "info", "warning", "error"]
    assert written == names[names.index(level) :]


@given(TEXT, TEXT)
def test_whatever_a_message_holds_is_one_line(body: str, sender: str) -> None:
    for settings in (LogSettings(), LogSettings(format="json")):
        stream = io.StringIO()
        log_to(stream, settings).info(f"[{sender}] {body}", sender=sender, body=body)
        assert len(stream.getvalue().splitlines()) == 1
        stream.getvalue().encode()


def test_a_reader_that_went_away_is_told_once_and_never_raised() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    broken: list[OSError] = []
    with os.fdopen(writing, "w") as stream:
        output = Output(stream, broken.append)
        for _ in range(3):
            output.write("nobody reads this")
    assert [type(error) for error in broken] == [BrokenPipeError]
    assert isinstance(output.broken, BrokenPipeError)


def test_a_full_disk_is_told_too() -> None:
    broken: list[OSError] = []
    with open("/dev/full", "w", encoding="utf-8") as stream:  # noqa: PTH123 - a device
        Output(stream, broken.append).write("x")
    assert [error.strerror for error in broken] == ["No space left on device"]


# ---- the summary ---------------------------------------------------------------------------------


def test_below_the_rate_each_message_has_its_line() -> None:
    clock, written = Clock(), list[int]()
    summary = Summary(3, written.append, clock)
    for _ in range(5):
        assert summary.admit(3) == 3
        clock.now += 1.0
    assert written == []


def test_above_the_rate_a_second_is_summed_up() -> None:
    clock, written = Clock(), list[int]()
    summary = Summary(3, written.append, clock)
    assert [summary.admit(2) for _ in range(3)] == [2, 1, 0]
    clock.now += 1.0
    assert summary.admit(2) == 0, "a loud second makes the next one silent from its start"
    assert written == [3]
    clock.now += 1.0
    assert summary.admit(2) == 2, "a quiet second makes the next one talk again"
    assert written == [3, 2]


def test_the_summary_is_written_without_another_message() -> None:
    clock, written = Clock(), list[int]()
    summary = Summary(1, written.append, clock)
    summary.admit(10)
    summary.tick()
    assert written == []
    clock.now += 1.0
    summary.tick()
    assert written == [9]
    summary.tick()
    summary.flush()
    assert written == [9]


def test_the_end_owes_nothing() -> None:
    written: list[int] = []
    summary = Summary(1, written.append, Clock())
    summary.admit(10)
    summary.flush()
    assert written == [9]


def test_rate_zero_means_summaries_alone() -> None:
    clock, written = Clock(), list[int]()
    summary = Summary(0, written.append, clock)
    for _ in range(3):
        assert summary.admit(1) == 0
        clock.now += 1.0
    summary.flush()
    assert sum(written) == 3


@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 10), st.floats(0, 2.5)), max_size=30))
def test_lines_and_summaries_together_tell_of_every_message(rate: int, bursts: list[tuple[int, float]]) -> None:
    clock, written = Clock(), list[int]()
    summary = Summary(rate, written.append, clock)
    told = 0
    for count, pause in bursts:
        told += summary.admit(count)
        clock.now += pause
    summary.flush()
    assert told + sum(written) == sum(count for count, _ in bursts)
    assert all(written)

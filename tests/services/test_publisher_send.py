"""What becomes of a message at one destination, with a publisher that plays a script."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from messaging.lifecycle import Shutdown
from messaging.seam.backoff import Backoff
from messaging.seam.errors import BacklogFull, ConnectionLost, MessagingError
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Backlog
from messaging.service.logs import Log, Output, milliseconds, open_log
from messaging.service.status import Status
from messaging.settings.common import LogSettings
from publisher.report import Report
from publisher.send import Sender
from tests.support.eventually import eventually

FAILED = Failed(ConnectionLost("redis:6379", "refused", sent=False))
UNKNOWN = Unknown(ConnectionLost("redis:6379", "timed out", sent=True))
FULL = Failed(BacklogFull("d", 10, 10))
SENT = Acknowledged(1)
AT_ONCE = Backoff(first=0.001, cap=0.001)


class Script:
    """A publisher that answers as it is told, and sends what is left for good."""

    def __init__(self, *answers: Sequence[Outcome]) -> None:
        self.answers = list(answers)
        self.asked: list[list[int]] = []
        self.ids: set[tuple[int, str]] = set()
        self.opened: list[MessagingError] = []
        self.closed = 0

    async def open(self) -> None:
        if self.opened:
            raise self.opened.pop(0)

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        self.asked.append([message.count for message in messages])
        self.ids |= {(message.count, message.id) for message in messages}
        return list(self.answers.pop(0)) if self.answers else [SENT] * len(messages)

    async def backlog(self) -> Backlog:
        return Backlog()

    async def aclose(self) -> None:
        self.closed += 1


class Stage:
    """A sender with everything around it."""

    def __init__(self, script: Script, *, resend_unknown: bool = False, rate: int = 100) -> None:
        self.stream, self.shutdown = io.StringIO(), Shutdown()
        log = open_log(LogSettings(), milliseconds, Output(self.stream, self.shutdown.request))  # type: ignore[arg-type]
        self.status = Status(["queue"], "redis:6379", log, self.shutdown.request)  # type: ignore[arg-type]
        self.sender = self._sender(script, log, rate, resend_unknown=resend_unknown)

    def _sender(self, script: Script, log: Log, rate: int, *, resend_unknown: bool) -> Sender:
        report = Report("queue", "message_queue", log, rate)
        return Sender(
            "queue",
            script,
            report,
            self.status,
            self.shutdown,
            resend_unknown=resend_unknown,
            backoff=AT_ONCE,
        )

    @property
    def lines(self) -> list[str]:
        return [line.partition("] ")[2] for line in self.stream.getvalue().splitlines()]

    @property
    def counts(self) -> tuple[int, int, int]:
        counters = self.sender.counters
        return counters.published, counters.publish_failed, counters.publish_unknown


def messages(number: int) -> list[Message]:
    life, now = Life(), datetime.now(UTC)
    return [Message(life.id_of(n), now, f"body {n}", "me", n) for n in range(1, number + 1)]


async def test_what_is_acknowledged_is_sent_once() -> None:
    script = Script()
    stage = Stage(script)
    await stage.sender.send(messages(3))
    assert script.asked == [[1, 2, 3]]
    assert stage.counts == (3, 0, 0)
    assert stage.lines[0] == "Pushed to queue 'message_queue' (length: 1): body 1"
    assert stage.sender.counters.operation_duration.count == 1


async def test_only_what_failed_is_sent_again_in_order_and_with_its_id() -> None:
    script = Script([SENT, FAILED, SENT, FAILED], [FAILED, FAILED])
    stage = Stage(script)
    await stage.sender.send(messages(4))
    assert script.asked == [[1, 2, 3, 4], [2, 4], [2, 4]]
    assert len(script.ids) == 4
    assert stage.counts == (4, 4, 0)


async def test_what_is_unknown_is_not_sent_again_but_told_and_counted() -> None:
    script = Script([SENT, UNKNOWN, FAILED])
    stage = Stage(script)
    sent = messages(3)
    await stage.sender.send(sent)
    assert script.asked == [[1, 2, 3], [3]]
    assert stage.counts == (2, 1, 1)
    (line,) = [line for line in stage.lines if line.startswith("Unknown")]
    assert sent[1].id in line
    assert line.endswith("not sent again")


async def test_what_is_unknown_is_sent_again_when_a_duplicate_is_accepted() -> None:
    script = Script([UNKNOWN, SENT, UNKNOWN])
    stage = Stage(script, resend_unknown=True)
    await stage.sender.send(messages(3))
    assert script.asked == [[1, 2, 3], [1, 3]]
    assert stage.counts == (3, 0, 2)


async def test_shutdown_ends_the_tries_and_says_what_was_not_sent() -> None:
    script = Script(*[[FULL, FULL]] * 100_000)
    stage = Stage(script)
    sending = asyncio.ensure_future(stage.sender.send(messages(2)))
    await eventually(lambda: len(script.asked) > 3)
    stage.shutdown.request("x")
    await asyncio.wait_for(sending, 5)
    assert stage.lines[0].startswith("queue: d holds 10 messages")
    assert [line.partition(" (ID")[0] for line in stage.lines[1:]] == [
        "Not sent to 'message_queue': body 1",
        "Not sent to 'message_queue': body 2",
    ]


async def test_one_line_each_time_the_connection_comes_or_goes() -> None:
    script = Script([SENT], [FAILED], [FAILED], [FAILED], [SENT])
    stage = Stage(script, rate=0)
    await stage.sender.open()
    for _ in range(2):
        await stage.sender.send(messages(1))
    assert stage.lines == [
        "Connected to Redis at redis:6379",
        "No answer from Redis at redis:6379: refused (trying again)",
        "Connected to Redis at redis:6379",
    ]


async def test_opening_is_tried_until_it_succeeds() -> None:
    script = Script()
    script.opened = [FAILED.error] * 3
    stage = Stage(script)
    await stage.sender.open()
    assert script.opened == []
    assert stage.status.waiting_for == ()


async def test_opening_ends_with_shutdown() -> None:
    script = Script()
    script.opened = [FAILED.error] * 100_000
    stage = Stage(script)
    opening = asyncio.ensure_future(stage.sender.open())
    await eventually(lambda: len(script.opened) < 99_990)
    stage.shutdown.request("x")
    await asyncio.wait_for(opening, 5)
    assert stage.status.waiting_for == ("queue",)


async def test_above_the_rate_a_summary_tells_the_rest() -> None:
    script = Script()
    stage = Stage(script, rate=2)
    await stage.sender.send(messages(5))
    await stage.sender.aclose()
    assert script.closed == 1
    assert len(stage.lines) == 4
    assert stage.lines[-1] == "Pushed 3 more messages to queue 'message_queue'"


@pytest.mark.parametrize(
    ("pattern", "value", "line"),
    [
        ("pubsub", 2, "Published to channel 'd' (2 subscribers): body 1"),
        ("sharded-pubsub", 1, "Published to channel 'd' (1 subscribers): body 1"),
        ("queue", 7, "Pushed to queue 'd' (length: 7): body 1"),
        ("reliable-queue", 7, "Pushed to queue 'd' (length: 7): body 1"),
        ("stream", "5-0", "Added to stream 'd' (ID: 5-0): body 1"),
    ],
)
async def test_the_lines_words(pattern: str, value: int | str, line: str) -> None:
    stage = Stage(Script())
    log = open_log(LogSettings(), milliseconds, Output(stage.stream, stage.shutdown.request))  # type: ignore[arg-type]
    Report(pattern, "d", log, 10).sent([(messages(1)[0], Acknowledged(value))])
    assert stage.lines == [line]

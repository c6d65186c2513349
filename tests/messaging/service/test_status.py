"""One line when the server comes or goes, however many patterns say so."""

from __future__ import annotations

import io
from collections.abc import Sequence

from messaging.seam.errors import AccessDenied, ConnectionLost, ServerLoading, WrongType
from messaging.service.logs import Output, open_log, seconds
from messaging.service.status import Status
from messaging.settings.common import LogSettings

LOST = ConnectionLost("redis:6379", "refused", sent=False)
LOADING = ServerLoading("LOADING Redis is loading")
WRONG = WrongType("WRONGTYPE Operation against a key")
CONNECTED = "Connected to Redis at redis:6379"
GONE = "No answer from Redis at redis:6379: refused (trying again)"


def unexpected(error: OSError) -> None:
    raise error


class Watched:
    """A status with its log, its clock and what it told."""

    def __init__(self, names: Sequence[str] = ("pubsub", "queue")) -> None:
        self.stream, self.now, self.denied = io.StringIO(), 0.0, list[AccessDenied]()
        log = open_log(LogSettings(), seconds, Output(self.stream, unexpected))
        self.status = Status(names, "redis:6379", log, self.denied.append, lambda: self.now)

    @property
    def lines(self) -> list[str]:
        return [line.partition("] ")[2] for line in self.stream.getvalue().splitlines()]


def test_patterns_come_up_one_by_one() -> None:
    watched = Watched()
    waiting = [watched.status.waiting_for]
    for name in ("queue", "pubsub"):
        watched.status.note(name, None)
        waiting.append(watched.status.waiting_for)
    assert waiting == [("pubsub", "queue"), ("pubsub",), ()]
    assert watched.lines == [CONNECTED]


def test_a_server_that_is_not_there_is_one_line_however_often_it_is_tried() -> None:
    watched = Watched()
    for _ in range(5):
        watched.status.note("pubsub", LOST)
        watched.status.note("queue", LOST)
    watched.now = 7.0
    assert watched.status.away == 7.0
    watched.status.note("queue", None)
    watched.status.note("pubsub", None)
    assert watched.status.away == 0.0
    assert watched.lines == [GONE, CONNECTED]


def test_going_away_and_coming_back() -> None:
    watched = Watched()
    for error in (None, LOST, LOADING, None):
        watched.now += 1.0
        watched.status.note("queue", error)
        watched.status.note("pubsub", error)
    loading = f"{LOADING} (trying again)"
    assert watched.lines == [CONNECTED, GONE, loading, CONNECTED]
    assert watched.status.ever


def test_trouble_of_one_pattern_is_its_own() -> None:
    watched = Watched()
    watched.status.note("queue", None)
    watched.status.note("pubsub", WRONG)
    watched.status.note("pubsub", WRONG)
    assert watched.status.connected
    assert watched.status.waiting_for == ("pubsub",)
    watched.status.note("pubsub", None)
    assert watched.lines == [CONNECTED, f"pubsub: {WRONG}", "pubsub: works again"]


def test_a_wrong_password_matters_at_the_first_connection_only() -> None:
    denied = AccessDenied("WRONGPASS")
    watched = Watched()
    watched.status.note("queue", denied)
    assert watched.denied == [denied]
    watched = Watched()
    watched.status.note("queue", None)
    watched.status.note("queue", denied)
    assert watched.denied == []
    assert watched.lines == [CONNECTED, f"queue: {denied}"]

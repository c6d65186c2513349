"""What the services write to stdout: lines for people by default, JSON for programs."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TextIO

import structlog
from structlog.processors import JSONRenderer, TimeStamper, add_log_level
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from messaging.seam.printable import one_line
from messaging.settings.common import LogSettings

Log = FilteringBoundLogger
"""Writes sentences, values going into them by %, with their facts. Text shows the sentence alone, JSON both."""
Stamp = Callable[[datetime], str]
"""Shows a time in a line of text."""


def milliseconds(now: datetime) -> str:
    """Return the publisher's stamp, as in 2025-07-29T10:30:15.123."""
    return now.replace(tzinfo=None).isoformat(timespec="milliseconds")


def seconds(now: datetime) -> str:
    """Return the subscriber's stamp, as in 2025-07-29 10:30:15."""
    return f"{now:%Y-%m-%d %H:%M:%S}"


class Output:
    """Writes whole lines, each at once. When nobody reads them any more it says so, once.

    Attributes:
        broken: what kept it from writing; it is silent from then on.
    """

    def __init__(self, stream: TextIO, on_broken: Callable[[OSError], object]) -> None:
        """Write to `stream`; call `on_broken` when that is not possible any more.

        A character that the stream's encoding lacks, as many do in a locale without UTF-8, is written escaped.
        """
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        self._stream, self._on_broken = stream, on_broken
        self.broken: OSError | None = None

    def write(self, line: str) -> None:
        """Write a line. Never raises for what the stream does: a handler must not fail by its log."""
        if self.broken is not None:
            return
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as error:
            self.broken = error
            _discard(self._stream)
            self._on_broken(error)

    debug = info = warning = error = write  # what structlog calls, by the level


def open_log(settings: LogSettings, stamp: Stamp, output: Output) -> Log:
    """Return a log that writes as the settings say.

    Args:
        settings: format and level.
        stamp: how a line of text shows the time (UTC).
        output: where the lines go.
    """
    log: Log = structlog.wrap_logger(
        output,
        processors=as_json() if settings.format == "json" else as_text(stamp),
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        context_class=dict,
    ).bind()
    return log


def as_text(stamp: Stamp) -> Sequence[Processor]:
    """Return what renders the sentence alone, on one line whatever stands in it."""

    def render(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
        return f"[{stamp(datetime.now(UTC))}] {one_line(line['event'])}"

    return (render,)


def as_json() -> Sequence[Processor]:
    """Return what renders everything as one JSON object, in ASCII."""
    stamper = TimeStamper("%Y-%m-%dT%H:%M:%S.%fZ", utc=True, key="time")
    return (stamper, add_log_level, _head_first, JSONRenderer(default=str))


def _head_first(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put what every line has before its facts."""
    return {**{key: line[key] for key in ("time", "level", "event")}, **line}


class Summary:
    """Keeps a source's lines below a rate: what is above becomes one line a second.

    A second that brought more lines than `rate` makes the next one be summed up from its start.
    """

    def __init__(self, rate: int, write: Callable[[int], object], clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare for a source.

        Args:
            rate: lines a second.
            write: writes the summary of so many messages without a line of their own.
            clock: gives seconds.
        """
        self._rate, self._write, self._clock = rate, write, clock
        self._began, self._seen, self._untold = clock(), 0, 0
        self._summing = rate == 0

    def admit(self, count: int) -> int:
        """Return how many of `count` messages get a line of their own now."""
        self.tick()
        free = 0 if self._summing else max(0, self._rate - self._seen)
        told = min(count, free)
        self._seen += count
        self._untold += count - told
        return told

    def tick(self) -> None:
        """Write the summary when its second is over; to be called once a second as well."""
        if self._clock() - self._began >= 1.0:
            self._summing = self._seen > self._rate or self._rate == 0
            self.flush()

    def flush(self) -> None:
        """Write the summary of what has not been told, and begin a new second."""
        untold, self._untold = self._untold, 0
        self._began, self._seen = self._clock(), 0
        if untold:
            self._write(untold)


def _discard(stream: TextIO) -> None:
    """Point the stream's descriptor at nothing, or Python would complain of it at exit."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)

"""A run's numbers over time: what was sent and processed when, and how late.

Times are seconds after the start of the load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lab.evidence.ledger import History
from lab.report.run_record import Observed
from messaging.ledger.record import floats

Numbers = npt.NDArray[np.float64]
_SLACK = 0.005


@dataclass(frozen=True, slots=True)
class Flow:
    """One pattern's messages.

    Attributes:
        sent: when each was attempted.
        processed: when a handler was done with each, over all replicas.
        late: how long each of these took, from its intended send until the handler had it.
        by: for each replica's name, when it was done with each of its own.
    """

    sent: Numbers
    processed: Numbers
    late: Numbers
    by: dict[str, Numbers]


def flow(observed: Observed, pattern: str) -> Flow:
    """Return a pattern's flow since the load began.

    Left out are the warm-up, and what was due while its publisher was still on its way to the server.
    """
    history = observed.ledger.histories.get(pattern) or History("")
    start = observed.start
    sent = _since_start(np.repeat([one.at - start for one in history.sends], [len(one) for one in history.sends]))
    first = _first_sends(history)
    by: dict[str, list[tuple[Numbers, Numbers]]] = {}
    for writer, effects in history.effects.items():
        mine = by.setdefault(observed.ledger.writers[writer].who, [])
        for effect in effects:
            for group in effect.groups:
                late = np.asarray(floats(group.latencies), dtype=float)
                late = late[effect.began - late >= max(start, first.get(group.sender, start)) - _SLACK]
                mine.append((np.full(len(late), effect.at - start), late))
    each = {who: _joined(pairs) for who, pairs in sorted(by.items(), key=lambda pair: _number(pair[0]))}
    each = {who: pair for who, pair in each.items() if len(pair[0])}
    done, late = _joined(list(each.values()))
    return Flow(sent, done, late, {who: times for who, (times, _) in each.items()})


def _first_sends(history: History) -> dict[str, float]:
    """Return when each publisher sent for the first time."""
    first: dict[str, float] = {}
    for send in history.sends:
        for group in send.groups:
            first.setdefault(group.sender, send.at)
    return first


def _since_start(times: Numbers) -> Numbers:
    return np.asarray(times, dtype=float)[np.asarray(times, dtype=float) >= 0]


def _joined(pairs: list[tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers]:
    if not pairs:
        return np.empty(0), np.empty(0)
    times, late = (np.concatenate(some) for some in zip(*pairs, strict=True))
    return times, late


def _number(name: str) -> tuple[str, int]:
    """Sort subscriber-10 after subscriber-9."""
    word, _, number = name.rpartition("-")
    return (word, int(number)) if number.isdigit() else (name, 0)


def edges(*flows: Flow, wanted: int = 60) -> Numbers:
    """Return the edges of equal spans of time that hold everything, about as many as are wanted."""
    last = max((float(some.max()) for one in flows for some in (one.sent, one.processed) if len(some)), default=1.0)
    width = next(each for each in (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 3600.0) if last / each <= wanted)
    return np.arange(0.0, last + width, width)


def rate(times: Numbers, spans: Numbers) -> Numbers:
    """Return messages a second within each span."""
    counted, _ = np.histogram(times, spans)
    return np.asarray(counted / np.diff(spans), dtype=float)


def percentile(of: Flow, part: float, spans: Numbers) -> Numbers:
    """Return a percentile of the latencies within each span; not a number where there is none."""
    return np.array([np.percentile(some, part) if len(some) else np.nan for some in _split(of, spans)])


def _split(of: Flow, spans: Numbers) -> Iterator[Numbers]:
    where = np.digitize(of.processed, spans)
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(1, len(spans) + 1))
    for begin, end in pairwise(bounds):
        yield of.late[order[begin:end]]


def recovery(of: Flow, struck: Sequence[float]) -> float:
    """Return how long after a fault messages still came late, in seconds; of several faults the longest time.

    Late is three times what 99 % did not exceed before the first, and at least 0.1 s. What comes after
    the next fault is counted to that one.
    """
    began = np.sort(struck)
    before = of.late[of.processed < began[0]]
    usual = max(0.1, 3 * float(np.percentile(before, 99))) if len(before) else 0.1
    slow = of.processed[(of.processed >= began[0]) & (of.late > usual)]
    return float(np.max(slow - began[np.searchsorted(began, slow, side="right") - 1], initial=0.0))

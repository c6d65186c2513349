"""How evenly work was shared: three measures of one list of amounts, one for each replica."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fairness:
    """Three views of the same shares; all are about amounts that nobody weighted.

    Attributes:
        jain: Jain's index, from 1/n (one did everything) to 1 (all did the same).
        spread: the largest amount over the smallest; infinite when one did nothing.
        gini: the Gini coefficient, from 0 (all the same) to (n - 1)/n (one did everything).
    """

    jain: float
    spread: float
    gini: float


def fairness(amounts: Sequence[float]) -> Fairness:
    """Measure how evenly the amounts are spread.

    Nobody having done anything is as even as it gets: (1, 1, 0).

    Raises:
        ValueError: there are none, or one is negative.
    """
    if not amounts or min(amounts) < 0:
        raise ValueError("give one amount, not negative, for each replica")
    return Fairness(_jain(amounts), _spread(amounts), _gini(amounts))


def _jain(amounts: Sequence[float]) -> float:
    largest = max(amounts)
    if not largest:
        return 1.0
    parts = [amount / largest for amount in amounts]  # so that no square vanishes or overflows
    return sum(parts) ** 2 / (len(parts) * sum(part * part for part in parts))


def _spread(amounts: Sequence[float]) -> float:
    smallest, largest = min(amounts), max(amounts)
    if not largest:
        return 1.0
    return largest / smallest if smallest else math.inf


def _gini(amounts: Sequence[float]) -> float:
    count, largest = len(amounts), max(amounts)
    if not largest:
        return 0.0
    parts = sorted(amount / largest for amount in amounts)
    ranked = sum(rank * part for rank, part in enumerate(parts, 1))
    return 2 * ranked / (count * sum(parts)) - (count + 1) / count

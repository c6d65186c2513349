"""The measured tables of docs/patterns.md and docs/lab.md, and docs/comparison.md, from what `make compare` kept.

python tools/comparison_tables.py          prints the tables
python tools/comparison_tables.py --write  puts them into the documents
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from lab.compare.comparison import Cell, Comparison, Range
from lab.compare.rows import bound, count, shown
from lab.scenario.ready import find
from messaging import PATTERNS

DOCS = Path(__file__).resolve().parents[1] / "docs"
STRUCK = ("strikes", "network", "draining", "services", "server", "failover", "memory", "crash")
"""Those of them in which something breaks."""
KEPT = ("steady", *STRUCK, "batch")
"""What `make compare` keeps in docs/comparison, in the order of the document."""
EVIDENCE = "comparison.md"
_MILLI = 1000
_PLACES = ("attempted", "acknowledged", "failed", "unknown")
_WHERE = ("processed", "dead-lettered", "in Redis", "not due", "lost")
_BESIDE = ("recovered", "duplicated", "reordered")
Words = Callable[[Cell], str]


def kept(name: str) -> Comparison:
    """Return a result of `make compare`."""
    return msgspec.json.decode((DOCS / "comparison" / f"{name}.json").read_bytes(), type=Comparison)


# ---- docs/patterns.md ----


def patterns() -> str:
    """Return the tables of docs/patterns.md."""
    broken = [cell for name in STRUCK for cell in kept(name).cells]
    parts = (
        ("What it costs, while nothing breaks:", _steady(kept("steady").cells)),
        ("Lost, of how many that the server had acknowledged:", _matrix(broken, _lost)),
        (
            "Came twice, and out of its sender's order (0 and 0 in all other scenarios):",
            _matrix(_doubling(broken), _doubled),
        ),
        ("Seconds from a fault until nothing came late any more:", _matrix(broken, _recovered)),
    )
    return "\n\n".join(f"{heading}\n\n{table}" for heading, table in parts)


def _steady(cells: Sequence[Cell]) -> str:
    head = ("Pattern", "p50 ms", "p99 ms", "p99.9 ms", "Jain", "processed/s, as fast as it goes")
    return _table(head, [_steady_row(cells, pattern) for pattern in PATTERNS])


def _steady_row(cells: Sequence[Cell], pattern: str) -> Iterator[str]:
    mine = {cell.axes.scenario: cell for cell in cells if cell.axes.pattern == pattern}
    steady, most = mine["steady"], mine["throughput"]
    yield f"`{pattern}`"
    for some in (steady.p50_seconds, steady.p99_seconds, steady.p999_seconds):
        yield _link(steady, shown(some, _MILLI))
    yield _link(steady, shown(steady.jain))
    yield _link(most, shown(most.processed_per_second))


def _matrix(cells: Sequence[Cell], words: Words) -> str:
    head = ("Scenario", "The server keeps", *(f"`{pattern}`" for pattern in PATTERNS))
    rows = []
    for scenario in dict.fromkeys(cell.axes.scenario for cell in cells):
        mine = {cell.axes.pattern: cell for cell in cells if cell.axes.scenario == scenario}
        found = (_link(mine[pattern], words(mine[pattern])) if pattern in mine else "" for pattern in PATTERNS)
        rows.append((scenario, next(iter(mine.values())).durability, *found))
    return _table(head, rows)


def _lost(cell: Cell) -> str:
    lost, of = cell.account.get("lost", 0), f"{cell.due:,}"
    text = f"**{lost:,}** of {of}" if lost else f"0 of {of}, at most {bound(cell)}"
    return text if cell.finding == "held" else f"{text} ({cell.finding})"


def _doubling(cells: Sequence[Cell]) -> list[Cell]:
    some = {one.axes.scenario for one in cells if one.account["duplicated"] or one.account.get("reordered")}
    return [cell for cell in cells if cell.axes.scenario in some]


def _doubled(cell: Cell) -> str:
    return f"{count(cell, 'duplicated')} and {count(cell, 'reordered')}"


def _recovered(cell: Cell) -> str:
    return shown(cell.recovery_seconds) or "-"


# ---- docs/lab.md ----


def batches() -> str:
    """Return the table of docs/lab.md: what the batch size does."""
    head = ("Pattern", "BATCH", "Jain", "p50 ms", "p99 ms")
    cells = sorted(kept("batch").cells, key=lambda one: (list(PATTERNS).index(one.axes.pattern), one.axes.batch or 0))
    return _table(head, [_batch_row(cell) for cell in cells])


def _batch_row(cell: Cell) -> Iterator[str]:
    yield from (f"`{cell.axes.pattern}`", f"{cell.axes.batch}", _link(cell, shown(cell.jain)))
    yield from (shown(cell.p50_seconds, _MILLI), shown(cell.p99_seconds, _MILLI))


# ---- docs/comparison.md ----


def evidence() -> str:
    """Return docs/comparison.md: every cell's account and figures."""
    return "\n".join(_evidence())


def _evidence() -> Iterator[str]:
    yield "# The comparison in full\n"
    yield "Made by `tools/comparison_tables.py` (`make docs`) from [comparison/](comparison/), which `make compare`"
    yield "writes. Each pattern ran alone, with the ready scenario of that name; counts are of all runs of a cell"
    yield "together, figures the median with the range of its runs. [lab.md](lab.md) says what each word means."
    yield f"\n{_power()}"
    for name in KEPT:
        comparison = kept(name)
        cells = comparison.cells
        for scenario in dict.fromkeys(cell.axes.scenario for cell in cells):
            yield from _section(comparison, [cell for cell in cells if cell.axes.scenario == scenario])


def _power() -> str:
    """Say how much a 0 is worth."""
    rows = msgspec.json.decode((DOCS / "comparison/power.json").read_bytes())["rows"]
    found, runs = sum(min(row["found"].values()) for row in rows), sum(row["runs"] for row in rows)
    return (
        f"What a 0 is worth was measured, too: {len(rows)} bugs were planted, and found in {found} of {runs} runs\n"
        "([which, and in what scenario](lab.md#would-it-have-noticed))."
    )


def _section(comparison: Comparison, cells: Sequence[Cell]) -> Iterator[str]:
    scenario = find(cells[0].axes.scenario)[1]
    yield f"\n## {cells[0].axes.scenario}\n"
    ran = f"{comparison.repeated} runs of each" if comparison.repeated > 1 else "One run of each"
    versions = ", ".join(comparison.versions[name] for name in ("server", "system"))
    yield f"{scenario.about} {ran}, {comparison.began:%Y-%m-%d}; {versions}, {comparison.versions['cpus']} CPUs;"
    yield f"the server keeps: {cells[0].durability}.\n"
    yield _table(("Pattern", "Finding", *_PLACES, *_WHERE, "at most", *_BESIDE), map(_account_row, cells))
    yield ""
    head = ("Pattern", "p50 ms", "p99 ms", "p99.9 ms", "sent/s", "processed/s", "recovered s", "Jain")
    yield _table(head, map(_figures_row, cells))
    yield from _reasons(cells)
    yield from _faults(cells)


def _name(cell: Cell) -> str:
    return f"`{cell.axes.pattern}`" + (f" BATCH {cell.axes.batch}" if cell.axes.batch else "")


def _account_row(cell: Cell) -> Iterator[str]:
    yield from (_name(cell), cell.finding)
    yield from (count(cell, name) for name in (*_PLACES, *_WHERE))
    yield bound(cell)
    yield from (count(cell, name) for name in _BESIDE)


def _figures_row(cell: Cell) -> Iterator[str]:
    late: tuple[Range | None, ...] = (cell.p50_seconds, cell.p99_seconds, cell.p999_seconds)
    yield _name(cell)
    yield from (shown(some, _MILLI) for some in late)
    yield from map(shown, (cell.sent_per_second, cell.processed_per_second, cell.recovery_seconds, cell.jain))


def _reasons(cells: Sequence[Cell]) -> Iterator[str]:
    told = [f"- {_name(cell)}: {'; '.join(cell.reasons)}" for cell in cells if cell.reasons]
    if told:
        yield "\nWhy not held:\n"
        yield from told


def _faults(cells: Sequence[Cell]) -> Iterator[str]:
    if any(cell.faults for cell in cells):
        yield "\n<details><summary>What struck, and how one knows</summary>\n"
        yield from (f"- {_name(cell)}: {'; '.join(cell.faults)}" for cell in cells)
        yield "\n</details>"


# ---- both ----


def _link(cell: Cell, text: str) -> str:
    return f"[{text}]({EVIDENCE}#{cell.axes.scenario})" if text else ""


def _table(head: Sequence[str], rows: Iterator[Iterator[str]] | Sequence[Sequence[str] | Iterator[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


SECTIONS = {"patterns.md": ("comparison", patterns), "lab.md": ("batch", batches)}
"""Which document holds which tables, between `<!-- name -->` and `<!-- /name -->`."""


def write() -> None:
    """Put everything into the documents."""
    for path, (marker, table) in SECTIONS.items():
        before, opening, rest = (DOCS / path).read_text(encoding="utf-8").partition(f"<!-- {marker} -->\n")
        _, closing, after = rest.partition(f"<!-- /{marker} -->")
        (DOCS / path).write_text(f"{before}{opening}{table()}\n{closing}{after}", encoding="utf-8")
    (DOCS / EVIDENCE).write_text(evidence() + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        print(patterns(), batches(), sep="\n\n")

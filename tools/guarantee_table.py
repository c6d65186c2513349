"""The tables of what each pattern promises, made from the patterns' Guarantee values.

python tools/guarantee_table.py          prints the long one
python tools/guarantee_table.py --write  puts the long one into docs/patterns.md, the short one into README.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from messaging import PATTERNS, Guarantee

ROOT = Path(__file__).resolve().parents[1]
_ACKNOWLEDGED_BY = {
    "receivers": "how many subscribers got it",
    "length": "the list's length",
    "entry id": "the entry's id",
}


def short() -> str:
    """Return what one needs to choose."""
    head = ("Pattern", "A message goes to", "Nobody is there", "Delivered")
    return _table(head, [(f"`{name}`", *_core(kind.guarantee)) for name, kind in PATTERNS.items()])


def long() -> str:
    """Return every fact of the guarantees."""
    head = (
        *("Pattern", "A message goes to", "Nobody is there", "Delivered", "Order"),
        *("The publisher's acknowledgement says", "After a restart under the same name"),
    )
    return _table(
        head, [(f"`{name}`", *_core(kind.guarantee), *_rest(kind.guarantee)) for name, kind in PATTERNS.items()]
    )


PLACES = {"README.md": short, "docs/patterns.md": long}
"""Which document holds which table, between `<!-- guarantees -->` and `<!-- /guarantees -->`."""


def write() -> None:
    """Put each table into its document."""
    for path, table in PLACES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        before, opening, rest = text.partition("<!-- guarantees -->\n")
        _, closing, after = rest.partition("<!-- /guarantees -->")
        (ROOT / path).write_text(f"{before}{opening}{table()}\n{closing}{after}", encoding="utf-8")


def _core(promise: Guarantee) -> tuple[str, ...]:
    return (
        "every subscriber" if promise.fan_out else "one consumer",
        "it waits in Redis" if promise.persistent else "it is gone",
        str(promise.delivery),
    )


def _rest(promise: Guarantee) -> tuple[str, ...]:
    resumed = (
        "what it had not settled comes at once"
        if promise.resumes
        else "what it had not settled comes when its lease ends"
    )
    return (
        str(promise.order),
        _ACKNOWLEDGED_BY[promise.acknowledged_by],
        resumed if promise.redelivers else "nothing comes again",
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        print(long())

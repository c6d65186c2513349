"""The table of planted bugs in docs/lab.md, from what `make lab-power` kept.

python tools/power_table.py          prints it
python tools/power_table.py --write  puts it into docs/lab.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
_OPENING, _CLOSING = "<!-- power -->\n", "<!-- /power -->"


def kept() -> dict[str, Any]:
    """Return what was kept."""
    result: dict[str, Any] = json.loads((DOCS / "comparison/power.json").read_bytes())
    return result


def table() -> str:
    """Return the table."""
    rows = [
        ("what was planted", "patterns", "scenario, shortened", "found as", "found", "alarms without it"),
        ("---",) * 6,
    ]
    rows += [
        (
            f"`{row['saboteur']}`: {row['breaks']}",
            _patterns(row["found"]),
            row["like"],
            row["finding"],
            f"{min(row['found'].values())} of {row['runs']}",
            f"{max(row['alarms'].values())} of {row['controls']}",
        )
        for row in kept()["rows"]
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _patterns(found: dict[str, int]) -> str:
    every = 5
    return "all" if len(found) == every else ", ".join(f"`{name}`" for name in found)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        place = DOCS / "lab.md"
        before, _, rest = place.read_text(encoding="utf-8").partition(_OPENING)
        place.write_text(before + _OPENING + table() + _CLOSING + rest.partition(_CLOSING)[2], encoding="utf-8")
    else:
        print(table(), end="")

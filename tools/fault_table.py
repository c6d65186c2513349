"""The table of faults in docs/lab.md, made from what each fault says of itself.

python tools/fault_table.py          prints it
python tools/fault_table.py --write  puts it into docs/lab.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from lab.faults import FAULTS

PLACE = Path(__file__).resolve().parents[1] / "docs/lab.md"
_OPENING, _CLOSING = "<!-- faults -->\n", "<!-- /faults -->"


def table() -> str:
    """Return the table."""
    rows = [("fault", "what it does", "how one knows"), ("---",) * 3]
    rows += [(f"`{name}`", kind.about, kind.proof) for name, kind in FAULTS.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        before, _, rest = PLACE.read_text(encoding="utf-8").partition(_OPENING)
        PLACE.write_text(before + _OPENING + table() + _CLOSING + rest.partition(_CLOSING)[2], encoding="utf-8")
    else:
        print(table(), end="")

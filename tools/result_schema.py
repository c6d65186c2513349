"""The schema of a run's result.json, made from the lab's types.

python tools/result_schema.py          prints it
python tools/result_schema.py --write  puts it into docs/result.schema.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from lab.result import Result

PLACE = Path(__file__).resolve().parents[1] / "docs/result.schema.json"


def schema() -> str:
    """Return the schema as JSON."""
    return json.dumps(msgspec.json.schema(Result), indent=2) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PLACE.write_text(schema(), encoding="utf-8")
    else:
        print(schema(), end="")

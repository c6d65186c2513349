"""The schema of a run's result.json, made from the lab's types.

python tools/result_schema.py          prints it
python tools/result_schema.py --write  puts it into docs/result.schema.json
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import msgspec

from lab.report.result import Result

PLACE = Path(__file__).resolve().parents[1] / "docs/result.schema.json"


def schema() -> str:
    """Return the schema as JSON, the same text on every Python."""
    return json.dumps(_cleaned(msgspec.json.schema(Result)), indent=2) + "\n"


def _cleaned(part: object) -> object:
    """Descriptions are docstrings, whose indentation Python strips only from 3.13 on."""
    if isinstance(part, list):
        return [_cleaned(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _cleaned(value)
        for key, value in part.items()
    }


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PLACE.write_text(schema(), encoding="utf-8")
    else:
        print(schema(), end="")

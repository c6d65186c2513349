"""docs/settings.md, made from the settings models.

python tools/settings_reference.py          prints it
python tools/settings_reference.py --write  writes it
"""

from __future__ import annotations

import sys
from pathlib import Path

from messaging.settings.publisher import PublisherSettings
from messaging.settings.sources import DEFAULT_SECRETS_DIR, SECRETS_DIR
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.variables import Variable, variables

PATH = Path(__file__).resolve().parents[1] / "docs/settings.md"
_INTRODUCTION = f"""\
# Settings

Written by `tools/settings_reference.py` from the settings models; do not edit. `publisher --help` and
`subscriber --help` say the same, `--check` prints what is in force and where it comes from.

Settings are environment variables. One that is empty counts as not set. A file in `{DEFAULT_SECRETS_DIR}`
(another folder: `{SECRETS_DIR}`) gives the setting that it is called after: `redis-password` or `REDIS_PASSWORD`.
The environment wins over a file. Each service knows the other's settings and ignores them, so one environment may
serve both. A name that looks like one of ours and is none is an error, exit code 2.
"""


def reference() -> str:
    """Return the whole document."""
    publisher = {each.name: each for each in variables(PublisherSettings)}
    subscriber = {each.name: each for each in variables(SubscriberSettings)}
    both = [each for name, each in publisher.items() if name in subscriber]
    sections = (
        ("Both services", both),
        ("The publisher", [each for name, each in publisher.items() if name not in subscriber]),
        ("The subscriber", [each for name, each in subscriber.items() if name not in publisher]),
    )
    return "\n".join((_INTRODUCTION, *(_section(title, rows) for title, rows in sections)))


def _section(title: str, rows: list[Variable]) -> str:
    lines = [f"| `{each.name}` | {_code(each.default)} | {each.unit} | {_escaped(each.description)} |" for each in rows]
    return "\n".join((f"## {title}\n", "| Variable | Default | Unit | |", "|---|---|---|---|", *lines, ""))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PATH.write_text(reference(), encoding="utf-8")
    else:
        print(reference(), end="")

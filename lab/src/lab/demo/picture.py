"""The demo's end, on a console or as a picture."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.demo.display import WIDTH
from lab.demo.explanations import explain
from lab.demo.story import LOAD, Result
from lab.demo.tables import comparison
from messaging.patterns import PATTERNS

_LEGEND = (
    f"Measured just now: {LOAD}. A percentage is the part of what was published; "
    "latency (p50, p99) runs from the intended send until a handler has the message."
)
_FONT_FACE = re.compile(r"@font-face\s*{[^}]*}\s*")


def print_result(console: Console, result: Result) -> None:
    """Print the comparison and what it means."""
    console.print()
    narrow = console.width < WIDTH
    console.print(comparison(result.views, result.verdicts, result.subscribers, narrow=narrow))
    console.print(Text(f"\n{_LEGEND}\n", "dim"))
    words = Table.grid(padding=(0, 2))
    for view, verdict in zip(result.views, result.verdicts, strict=True):
        guarantee = PATTERNS[view.pattern].guarantee
        sentence = explain(guarantee, view, verdict, result.facts)
        words.add_row(Text(view.pattern, "bold"), sentence)
    console.print(words)


def draw(result: Result, path: Path) -> None:
    """Write the same as an SVG that needs nothing from the network.

    Raises:
        OSError: the file cannot be written.
    """
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    print_result(console, result)
    svg = console.export_svg(title="make demo")
    # rich's template would load its font from a server; any monospaced font will do.
    path.write_text(_FONT_FACE.sub("", svg), encoding="utf-8")

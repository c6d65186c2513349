"""The table of docs/metrics.md, made from what the services measure.

python tools/metrics_table.py          prints it
python tools/metrics_table.py --write  puts it into docs/metrics.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from messaging.telemetry import names
from messaging.telemetry.instruments import INSTRUMENTS, Instrument, Kind

PATH = Path(__file__).resolve().parents[1] / "docs/metrics.md"
_SERVICES = {names.OPERATION_SEND: "publisher", names.OPERATION_RECEIVE: "subscriber"}


def table() -> str:
    """Return the table."""
    head = ("OpenTelemetry", "Prometheus", "Kind", "Unit", "Service", "`error.type`", "Meaning")
    rows = [head, ("---",) * len(head), *map(_row, INSTRUMENTS)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(instrument: Instrument) -> tuple[str, ...]:
    services = "both"
    if len(instrument.operations) == 1:
        services = _SERVICES[instrument.operations[0]]
    errors = [f"`{error}`" if error else "(empty)" for error in instrument.parts]
    return (
        f"`{instrument.name}`",
        f"`{instrument.prometheus}{'_total' if instrument.kind is Kind.COUNTER else ''}`",
        str(instrument.kind),
        f"`{instrument.unit}`",
        services,
        ", ".join(errors) if len(errors) > 1 else "",
        instrument.help,
    )


def write() -> None:
    """Put the table into the document."""
    text = PATH.read_text(encoding="utf-8")
    before, opening, rest = text.partition("<!-- metrics -->\n")
    _, closing, after = rest.partition("<!-- /metrics -->")
    PATH.write_text(f"{before}{opening}{table()}\n{closing}{after}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        print(table())

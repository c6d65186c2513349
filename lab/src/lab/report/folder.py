"""A run's folder: everything that stays of it."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import msgspec

from lab.report.result import LISTED, Result
from lab.report.run_record import Observed
from lab.scenario.model import write
from lab.verdict.cases import cases

RESULT, REPORT, SCENARIO, IDS, LEDGER = "result.json", "report.html", "scenario.yaml", "ids.csv", "ledger.msgpack"


def folder_of(runs: Path, began: datetime, name: str) -> Path:
    """Make a new folder for a run and return it; raises OSError."""
    stem = f"{began:%Y%m%d-%H%M%S}-{name}"
    for number in range(1, 1000):
        path = runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{runs / stem} has been taken a thousand times")


def save(path: Path, observed: Observed, result: Result) -> None:
    """Write everything into the folder, the most important first; raises OSError."""
    encoded = msgspec.json.format(msgspec.json.encode(result), indent=2)
    (path / RESULT).write_bytes(encoded + b"\n")
    (path / SCENARIO).write_bytes(write(observed.scenario))
    (path / IDS).write_text(_ids(observed), encoding="utf-8")
    _save_logs(path / "logs", observed)
    (path / LEDGER).write_bytes(msgspec.msgpack.encode(observed.raw))
    if observed.verdicts:
        _save_report(path, observed, result)


def _save_logs(path: Path, observed: Observed) -> None:
    path.mkdir()
    for name, text in observed.logs.items():
        (path / f"{name}.log").write_text(text, encoding="utf-8")


def _save_report(path: Path, observed: Observed, result: Result) -> None:
    # Takes a second to import, which only those pay who get a report.
    from lab.report.html import page  # noqa: PLC0415
    from lab.report.plots import draw, scene  # noqa: PLC0415
    from lab.report.timelines import timelines  # noqa: PLC0415

    folder = path / "plots"
    folder.mkdir()
    plots = {}
    for name, caption, figure in draw(scene(observed)):
        figure.savefig(folder / f"{name}.png", dpi=110)
        figure.savefig(folder / f"{name}.svg")
        plots[name] = (caption, (folder / f"{name}.svg").read_bytes())
    (path / REPORT).write_text(page(result, timelines(observed, LISTED), plots), encoding="utf-8")


def _ids(observed: Observed) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("pattern", "kind", "id", "sender", "replica", "times"))
    for verdict in observed.verdicts:
        for case in cases(verdict, observed.numbering):
            writer.writerow((verdict.pattern, case.kind, case.id, case.sender, case.replica, case.times))
    return text.getvalue()

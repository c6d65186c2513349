"""The lab's power: would it have noticed? `make lab-power` plants each bug ten times and counts how often it is found.

Exit codes: 0 each was found each time, 1 one was not, or something was found where nothing was planted, 2 it
could not start.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lab.common.interrupt import Interrupted, interruptible
from lab.common.nearest import instead
from messaging import PATTERNS
from tests.lab.saboteurs.every import NotApplicable, every, find
from tests.lab.saboteurs.saboteur import Saboteur
from tests.lab.saboteurs.tally import Power, Row, Tally

_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        wanted = chosen(options.saboteur, options.pattern)
        _check_folder(options.keep)
    except NotApplicable as error:
        sys.stderr.write(f"lab-power: {error}\n")
        return _USAGE
    try:
        rows = asyncio.run(interruptible(_measure(wanted, options.runs, options.jobs)))
    except Interrupted as interruption:
        _say(f"Stopped ({interruption.signal.name}); nothing is left behind.")
        return 128 + interruption.signal
    if options.keep is not None:
        keep(options.keep, rows)
    return 0 if all(map(passed, rows)) else 1


def chosen(saboteur: str, pattern: str) -> Mapping[str, tuple[Saboteur, Sequence[str]]]:
    """Return the saboteurs that are asked for, each with the patterns that it is let into.

    Raises:
        NotApplicable: there is no such saboteur or pattern, or the one does not apply to the other.
    """
    if pattern and pattern not in PATTERNS:
        raise NotApplicable(f"unknown pattern {pattern}: {instead(pattern, PATTERNS)}")
    if saboteur:
        some = [find(saboteur, pattern)]
    else:
        some = [one for one in every().values() if not pattern or pattern in one.patterns]
    return {one.name: (one, (pattern,) if pattern else one.patterns) for one in some}


def _check_folder(keep: Path | None) -> None:
    if keep is not None and not keep.parent.is_dir():
        raise NotApplicable(f"--keep {keep}: there is no folder {keep.parent}; make it first")


def keep(path: Path, rows: Sequence[Row]) -> None:
    """Write rows into a file; those of other saboteurs stay there, so that one can be measured anew alone."""
    earlier = msgspec.json.decode(path.read_bytes(), type=Power).rows if path.exists() else ()
    known = {row.saboteur: row for row in (*earlier, *rows)}
    power = Power(rows=tuple(known[name] for name in every() if name in known))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(power), indent=2) + b"\n")


def passed(row: Row) -> bool:
    """Tell whether it was found each time, and nothing where it was not."""
    return set(row.found.values()) == {row.runs} and not any(row.alarms.values())


async def _measure(wanted: Mapping[str, tuple[Saboteur, Sequence[str]]], runs: int, jobs: int) -> Sequence[Row]:
    rows = list[Row]()
    tally = Tally(runs, asyncio.Semaphore(jobs), _say)
    for saboteur, patterns in wanted.values():
        rows.append(row := await tally.row(saboteur, patterns))
        _say(line(row))
    return rows


def line(row: Row) -> str:
    """Say in a line how a bug fared."""
    found = ", ".join(f"{pattern} {count} of {row.runs}" for pattern, count in row.found.items())
    return f"{row.saboteur} x {row.like}: found ({row.finding}) {found}; without it {max(row.alarms.values())} alarms"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("lab-power", description="Plant bugs, and count how often the lab finds them.")
    parser.add_argument("--saboteur", default="", help="only this one")
    parser.add_argument("--pattern", default="", help="only in this pattern")
    parser.add_argument("--runs", type=_number, default=10, help="how often each is planted")
    parser.add_argument("--jobs", type=_number, default=2, help="how many runs go on at a time")
    parser.add_argument("--keep", type=Path, help="write what was counted there, as JSON")
    return parser


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a number from 1 on")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

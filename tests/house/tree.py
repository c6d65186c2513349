"""The files that the house rules look at: what git tracks, and what it would track."""

import ast
import gc
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("messaging/src", "services/publisher/src", "services/subscriber/src", "lab/src")


@cache
def files(*folders: str) -> list[str]:
    """The files under the folders, as paths relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({path for path in listed if (ROOT / path).exists()})


def python_files(*folders: str) -> list[str]:
    """Those that are Python."""
    return [path for path in files(*folders) if path.endswith(".py")]


@cache
def parsed(path: str) -> ast.Module:
    """The syntax tree of one file."""
    return parse((ROOT / path).read_text(encoding="utf-8"), path)


def parse(source: str, name: str = "<source>") -> ast.Module:
    """The syntax tree of a source, made while no garbage is collected.

    Before CPython 3.11.5 (gh-106905) it is a SystemError when a finalizer that runs meanwhile parses, too, as the
    traceback of a forgotten exception does.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source, name)
    finally:
        if collecting:
            gc.enable()

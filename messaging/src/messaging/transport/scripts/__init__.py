"""The Lua scripts beside this file, loaded by name when the library is imported.

A line `-- include NAME` stands for the file `_NAME.lua`: functions that scripts share.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Script:
    """A script that runs atomically inside the server.

    Attributes:
        name: the file's name without ".lua".
        source: its text.
        sha: what EVALSHA calls it by.
    """

    name: str
    source: str
    sha: str


def _load() -> dict[str, Script]:
    files = {
        file.name.removesuffix(".lua"): file.read_text(encoding="utf-8")
        for file in resources.files(__name__).iterdir()
        if file.name.endswith(".lua")
    }
    return {name: _script(name, text, files) for name, text in files.items() if not name.startswith("_")}


def _script(name: str, text: str, files: dict[str, str]) -> Script:
    source = re.sub(r"^-- include (\w+)\n", lambda found: files[f"_{found[1]}"], text, flags=re.MULTILINE)
    return Script(name, source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


SCRIPTS = _load()
"""Every script, by name."""
BY_SHA = {script.sha: script for script in SCRIPTS.values()}
"""Every script, by what EVALSHA calls it."""

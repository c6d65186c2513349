"""The test vectors in tests/vectors/, which programs in other languages can read too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True, slots=True)
class InvalidVector:
    """A body that is no message.

    Attributes:
        name: what is wrong with it.
        body: its bytes.
        field: the JSON key at fault, or "".
    """

    name: str
    body: bytes
    field: str


def vectors(name: str) -> list[dict[str, Any]]:
    """Return the vectors of one file as they stand there."""
    found: list[dict[str, Any]] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))["vectors"]
    return found


def invalid_messages() -> list[InvalidVector]:
    """Return the bodies that are no messages."""
    return [InvalidVector(one["name"], _body(one), one["field"]) for one in vectors("invalid_messages")]


def _body(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["hex"]) if "hex" in vector else str(vector["text"]).encode()

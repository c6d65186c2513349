"""The documents, and what a test looks for in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tests.house.tree import files

ROOT = Path(__file__).resolve().parents[2]


@cache
def page(path: str) -> str:
    """Return the text of a document, by its path from the root."""
    return (ROOT / path).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Return the paths of all documents."""
    return [path for path in files() if path.endswith(".md")]


def blocks(path: str, language: str) -> list[str]:
    """Return the code blocks of one language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(path), re.MULTILINE | re.DOTALL)


def between(path: str, marker: str) -> str:
    """Return what stands between `<!-- marker -->` and `<!-- /marker -->`."""
    found = re.search(rf"<!-- {marker} -->\n(.*?)<!-- /{marker} -->", page(path), re.DOTALL)
    assert found, f"{path} has no section {marker}"
    return found[1].strip()

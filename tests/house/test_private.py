"""What a package does not show is its own business: no underscored name of another one is imported or looked at."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import SOURCES, parse, parsed, python_files

OURS = {"lab", "messaging", "publisher", "subscriber"}
PUBLIC = {"_asdict", "_exit", "_fields", "_make", "_replace"}
"""Documented all the same, of named tuples and of `os`."""


def is_private(name: str) -> bool:
    """Tell an underscored name from a public one and from Python's own."""
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__")) and name != "_"


def imported(tree: ast.Module) -> Iterator[str]:
    """The private names that a file imports of other packages, and private modules among their parents."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.partition(".")[0] not in OURS and any(map(is_private, name.split("."))):
                yield name


def defined(tree: ast.Module) -> set[str]:
    """The names that a file gives to something: what it defines, assigns, or names in __slots__."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found


def looked_at(tree: ast.Module) -> Iterator[str]:
    """The private attributes that a file reads and does not define, as those of a base class that is not ours."""
    own = defined(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own | PUBLIC:
            yield f"{ast.unparse(node.value)}.{node.attr}"


@pytest.mark.parametrize("path", python_files(*SOURCES))
def test_no_private_name_of_another_package_is_used(path: str) -> None:
    assert [*imported(parsed(path)), *looked_at(parsed(path))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach", 1),
        ("from opentelemetry.sdk._shared_internal import BatchProcessor", 1),
        ("import opentelemetry.sdk._logs", 1),
        ("inner._preferred_temporality", 1),
        ("class Ours(Theirs):\n def f(self): return self._client", 1),
        ("class Ours:\n def __init__(self): self._own = 1\n def f(self): return self._own", 0),
        ("from messaging.seam import _own\nfrom __future__ import annotations\nvalue.__dict__; point._replace()", 0),
    ],
)
def test_the_rule_sees_them(source: str, found: int) -> None:
    tree = parse(source)
    assert len([*imported(tree), *looked_at(tree)]) == found

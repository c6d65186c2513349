"""What the library offers: complete, importable, described."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator

import pytest

import messaging
from messaging import memory
from tests.house.tree import parse

MODULES = [name for _, name, _ in pkgutil.walk_packages(messaging.__path__, "messaging.")]


@pytest.mark.parametrize("package", [messaging, memory], ids=lambda package: package.__name__)
def test_what_is_offered_is_there_and_sorted(package: object) -> None:
    offered: list[str] = package.__all__  # type: ignore[attr-defined]
    assert [name for name in offered if not hasattr(package, name)] == []
    assert len(set(offered)) == len(offered)


def test_everything_imported_in_the_front_room_is_offered() -> None:
    tree = parse(inspect.getsource(messaging))
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported == set(messaging.__all__)


def test_what_the_seams_types_mention_can_be_imported_from_the_front_room() -> None:
    mentioned: set[str] = set()
    for seam in (messaging.Publisher, messaging.Consumer, messaging.Broker):
        for method in (value for name, value in vars(seam).items() if inspect.isfunction(value) and name[0] != "_"):
            for hint in typing.get_type_hints(method).values():
                mentioned |= set(_ours(hint))
    assert {name for name in mentioned if not hasattr(messaging, name)} == set()


def _ours(hint: object) -> Iterator[str]:
    for inner in typing.get_args(hint):
        yield from _ours(inner)
    if inspect.isclass(hint) and hint.__module__.startswith("messaging"):
        yield hint.__name__


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_is_described(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    bare = [thing for thing in _public(module) if not inspect.getdoc(thing)]
    assert bare == []


def _public(module: object) -> Iterator[object]:
    """Yield the public functions and classes that a module defines, and their public methods."""
    name = getattr(module, "__name__", "")
    for attribute, value in vars(module).items():
        if attribute[0] == "_" or getattr(value, "__module__", None) != name:
            continue
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            yield value
            yield from (one for key, one in vars(value).items() if key[0] != "_" and inspect.isfunction(one))

"""Every key of Redis and every metric is named in one place."""

import ast
import gc
from collections.abc import Iterator

import pytest

from tests.house.tree import SOURCES, parse, parsed, python_files

KEYS = "messaging/src/messaging/seam/keys.py"
NAMED_IN = {
    "message_queue": KEYS,
    "message_stream": KEYS,
    "sharded_messages": KEYS,
    "dead_letters": KEYS,
    ":inflight": KEYS,
    ":leases": KEYS,
    ":woken": KEYS,
    "messaging.redis.": "messaging/src/messaging/telemetry/names.py",
}


def literals(path: str) -> Iterator[str]:
    """The strings of a file that are no docstrings."""
    nodes = list(ast.walk(parsed(path)))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


@pytest.mark.parametrize("path", python_files(*SOURCES))
def test_a_name_stands_in_its_place_only(path: str) -> None:
    elsewhere = [name for name, place in NAMED_IN.items() if path != place]
    assert [text for text in literals(path) if any(name in text for name in elsewhere)] == []


@pytest.mark.parametrize("path", python_files(*SOURCES, "tests", "bench", "tools"))
def test_a_file_says_what_it_is_for(path: str) -> None:
    assert ast.get_docstring(parsed(path))


def test_nothing_is_collected_while_a_source_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    collections: list[str] = []
    monkeypatch.setattr(gc, "callbacks", [lambda phase, _: collections.append(phase)])
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        parse("x = [1, 2, 3]\n" * 1000)
        found = list(collections)
    finally:
        gc.set_threshold(*thresholds)
    assert gc.isenabled()
    assert found == []

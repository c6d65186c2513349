"""Patterns are found by their presence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from messaging import PATTERNS, RedisBroker, RedisSettings
from messaging.memory import MemoryBroker

SIXTH = '''
"""A pattern that somebody else wrote."""

from dataclasses import replace

from messaging.patterns.queue import PATTERN as QUEUE

PATTERN = replace(QUEUE, name="sixth", destination="sixth_queue")
'''
FIND = """
import sys
from pkgutil import extend_path
import importlib.util, types
spec = importlib.util.find_spec("messaging.patterns")
spec.submodule_search_locations.append(sys.argv[1])
package = importlib.util.module_from_spec(spec)
sys.modules["messaging.patterns"] = package
spec.loader.exec_module(package)
print(*package.PATTERNS)
"""


def test_a_sixth_pattern_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "sixth.py").write_text(SIXTH, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-c", FIND, str(tmp_path)], check=True, capture_output=True, text=True, timeout=60
    )
    assert found.stdout.split() == ["pubsub", "sharded-pubsub", "queue", "sixth", "reliable-queue", "stream"]


def test_the_weakest_promise_comes_first() -> None:
    assert list(PATTERNS) == ["pubsub", "sharded-pubsub", "queue", "reliable-queue", "stream"]


def test_each_pattern_has_a_name_a_word_and_a_destination_of_its_own() -> None:
    for attribute in ("name", "source", "destination"):
        assert len({getattr(kind, attribute) for kind in PATTERNS.values()}) == len(PATTERNS)


@pytest.mark.parametrize("broker", [MemoryBroker(), RedisBroker(RedisSettings())], ids=["memory", "redis"])
def test_an_unknown_pattern_is_a_key_error(broker: MemoryBroker | RedisBroker) -> None:
    for make in (broker.publisher, broker.consumer):
        with pytest.raises(KeyError, match="nonsense"):
            make("nonsense")

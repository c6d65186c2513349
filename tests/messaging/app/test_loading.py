"""HANDLER=module:function."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from messaging import ACK
from messaging.app.functions import load_handler
from messaging.seam.errors import SettingsError
from messaging.seam.handler import attempt
from tests.support.messages import delivered, written

if TYPE_CHECKING:
    from pathlib import Path

DELIVERIES = [delivered(message) for message in written(7)]

MODULE = """
import messaging

async def handle(deliveries):
    return None

@messaging.each
async def one(delivery):
    return None

class Handlers:
    async def method(self, deliveries):
        return None

    async def __call__(self, deliveries):
        return None

handlers = Handlers()
number = 7

async def two(first, second):
    return None

def plain(deliveries):
    return None
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_handlers.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_handlers.py").write_text("import nothing_of_this_name", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("some_handlers", "broken_handlers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "some_handlers"


@pytest.mark.parametrize("name", ["handle", "one"])
def test_a_handler_is_loaded_by_its_name(module: str, name: str) -> None:
    handler = load_handler(f"{module}:{name}")
    assert asyncio.run(attempt(handler, DELIVERIES)) in ([ACK] * 7, None)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("some_handlers", '"module:attribute"'),
        (":handle", '"module:attribute"'),
        ("some_handlers:", '"module:attribute"'),
        ("", '"module:attribute"'),
        ("no_such_module:handle", "does not import.*no_such_module"),
        ("broken_handlers:handle", "does not import.*nothing_of_this_name"),
        ("some_handlers:missing", "does not import.*missing"),
        ("some_handlers:plain", "async"),
        ("some_handlers:number", "async"),
        ("some_handlers:two", "takes 2 parameters"),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_told_with_the_mend(module: str, path: str, words: str) -> None:
    assert module
    with pytest.raises(SettingsError, match=words) as refused:
        load_handler(path)
    assert (refused.value.key, refused.value.value) == ("HANDLER", path)

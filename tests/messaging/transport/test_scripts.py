"""The Lua scripts: whole, and understood by every server."""

from __future__ import annotations

import hashlib
from importlib import resources

import pytest

from messaging.transport import scripts
from messaging.transport.scripts import BY_SHA, SCRIPTS
from tests.support.standalone import Standalone

FILES = {file.name.removesuffix(".lua") for file in resources.files(scripts).iterdir() if file.name.endswith(".lua")}


def test_every_file_that_is_no_include_is_a_script() -> None:
    assert SCRIPTS.keys() == {name for name in FILES if not name.startswith("_")}


@pytest.mark.parametrize("name", SCRIPTS)
def test_includes_are_resolved(name: str) -> None:
    assert "-- include" not in SCRIPTS[name].source


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_what_it_takes_and_answers(name: str) -> None:
    for word in ("-- KEYS ", "-- Reply "):
        assert f"\n{word}" in SCRIPTS[name].source


def test_every_include_is_used() -> None:
    texts = [(resources.files(scripts) / f"{name}.lua").read_text(encoding="utf-8") for name in FILES]
    used = {line.removeprefix("-- include ") for text in texts for line in text.splitlines() if "-- include " in line}
    assert used == {name.removeprefix("_") for name in FILES if name.startswith("_")}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_server_loads_every_script_under_the_name_that_we_call(name: str, standalone: Standalone) -> None:
    script = SCRIPTS[name]
    assert await standalone.node.execute("SCRIPT", "LOAD", script.source) in {script.sha, script.sha.encode()}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_found_by_its_hash(name: str) -> None:
    script = SCRIPTS[name]
    assert BY_SHA[script.sha] == script
    assert hashlib.sha1(script.source.encode(), usedforsecurity=False).hexdigest() == script.sha

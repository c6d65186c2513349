"""A signal that comes while a service is still being loaded ends it in good order."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.processes import Processes
    from tests.support.standalone import Standalone

# Python imports it before any program: it sends the signal at the moment in which a module is about to be imported.
SITE = """
import os, sys

class Striker:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r} and not hasattr(sys, "struck"):
            sys.struck = True
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Striker())
"""

STARTING = """
import subprocess, sys
ASK = "import signal; print('blocked:', signal.pthread_sigmask(signal.SIG_BLOCK, ()), flush=True)"
subprocess.run([sys.executable, "-c", ASK], check=True)


async def handler(deliveries):
    pass
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("module", ["{service}.program", "pydantic", "redis", "{service}.app", "uvloop"])
@pytest.mark.parametrize(("service", "title"), [("publisher", "Python Publisher"), ("subscriber", "Python Subscriber")])
async def test_a_signal_while_the_program_is_loaded(
    processes: Processes,
    standalone: Standalone,
    tmp_path: Path,
    service: str,
    title: str,
    module: str,
    number: signal.Signals,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE.format(module=module.format(service=service), number=int(number)))
    environment = {**standalone.environment, "PYTHONPATH": str(tmp_path)}
    process = processes.start(service, environment=environment)
    assert await process.exit() == 0
    assert process.lines[-1].endswith(f"{title} stopped ({number.name})")


async def test_what_a_handler_starts_while_it_is_loaded_has_no_signal_blocked(
    processes: Processes, standalone: Standalone, tmp_path: Path
) -> None:
    (tmp_path / "starting.py").write_text(STARTING)
    environment = {**standalone.environment, "PYTHONPATH": str(tmp_path), "HANDLER": "starting:handler"}
    process = processes.start("subscriber", "--check", environment=environment)
    assert await process.exit() == 0
    assert process.lines[0] == "blocked: set()"

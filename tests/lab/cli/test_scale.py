"""`lab scale` where there is nothing to scale; tests/e2e/test_lab_scale.py scales a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import Processes

USAGE = 2
KUBECTL = """#!/bin/sh
echo 'error: You must be logged in to the server' >&2
exit 1
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-1",), "scale -1 --timeout 120: give a number from 0 on"),
        (("1", "--timeout", "0"), "scale 1 --timeout 0: give a number from 0 on, and one from 1 on"),
        (("1",), "there is no kubectl: install it"),
    ],
)
async def test_bad_input_is_one_line(processes: Processes, arguments: tuple[str, ...], words: str) -> None:
    command = processes.start("lab", "scale", *arguments, environment={"PATH": "/nowhere"})
    assert await command.exit() == USAGE, command
    assert command.lines[-1].startswith(f"lab: {words}")


async def test_what_kubectl_refuses_is_told_with_the_command(processes: Processes, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    command = processes.start("lab", "scale", "2", environment={"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert await command.exit() == USAGE, command
    assert command.lines[-1] == "lab: kubectl get deployment: error: You must be logged in to the server"

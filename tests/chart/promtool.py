"""Prometheus' own checker."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it; skip the test where it is not installed."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)

"""A port of the cluster on this machine."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def forward(namespace: str, target: str, port: int) -> Iterator[int]:
    """Forward a port while the context lasts.

    Args:
        namespace: where the target is.
        target: as in pod/NAME or service/NAME.
        port: its port.
    """
    command = ["kubectl", "--namespace", namespace, "port-forward", target, f":{port}", "--address", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, line + process.stdout.read()
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()

"""Collectors of every temper, in a process of their own: one takes all, one refuses, one takes its time."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

from lab.common.ports import LOOPBACK

TAKES, SLOW, REFUSES = "takes", "slow", "refuses"
"""What the first word of the path asks for."""
_DELAY = 2.0


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer as the path says."""
        temper = self.path.split("/")[1]
        self.rfile.read(int(self.headers["Content-Length"]))
        if temper == SLOW:
            time.sleep(_DELAY)
        self.send_response(400 if temper == REFUSES else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _serve(told: Connection) -> None:
    server = ThreadingHTTPServer((LOOPBACK, 0), _Answers)
    told.send(server.server_port)
    server.serve_forever()


@contextmanager
def collectors() -> Iterator[str]:
    """Let them listen, and give the beginning of their addresses."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://{LOOPBACK}:{here.recv()}"
    finally:
        process.terminate()
        process.join()

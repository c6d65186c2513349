"""Serves the page: one model, a view for each browser, the reports of scenarios, and a probe."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from nicegui import ui

from lab.common.http import Address
from lab.page.guard import Guard
from lab.page.model import Model
from lab.page.permissions import Granting
from lab.page.site import View
from lab.scenario.checking import RefusedError

_GRACE = 2


async def serve(model: Model, granting: Granting, address: Address, hosts: Collection[str], trace_url: str) -> None:
    """Serve it until cancelled.

    Args:
        model: what it shows.
        granting: tells what it may change.
        address: where to listen.
        hosts: further names by which a browser may reach it.
        trace_url: Jaeger's address as browsers reach it; "": there is none.

    Raises:
        RefusedError: it cannot listen there.
    """
    powers = await granting.now()
    names = {"localhost", "127.0.0.1", "::1", address.host, *hosts}
    guarded = Guard(_application(model, granting, trace_url), names)
    server = _Server(uvicorn.Config(guarded, log_level="warning", timeout_graceful_shutdown=_GRACE))
    with listen(address) as listener:
        looking = asyncio.ensure_future(model.run())
        serving = asyncio.ensure_future(server.serve([listener]))
        print(f"Listening: http://{address.host}:{address.port} ({powers})", flush=True)  # noqa: T201 - what to open
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            looking.cancel()
            await asyncio.gather(serving, looking, return_exceptions=True)


def listen(address: Address) -> socket.socket:
    """Open a port.

    Raises:
        RefusedError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        why = f"cannot listen at {address.host}: {os.strerror(error.errno or 0)}"
        raise RefusedError(f"--port {address.port}: {why}; choose another one") from error


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to the command, which ends whatever it has begun."""
        yield


def _application(model: Model, granting: Granting, trace_url: str) -> FastAPI:
    application = FastAPI(openapi_url=None)
    application.add_api_route("/livez", _livez, response_class=PlainTextResponse)
    if granting.writes:
        application.mount("/runs", StaticFiles(directory=granting.scenarios.runs, check_dir=False))

    async def view() -> None:
        View(model, await granting.now(), trace_url)

    ui.run_with(
        application,
        root=view,
        title="Messages, live",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
    )
    return application


async def _livez() -> str:
    return "ok\n"

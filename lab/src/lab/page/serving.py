"""Serves the page: one model, a view for each browser, the reports of scenarios, and a probe."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from nicegui import ui

from lab.page.guard import Guard
from lab.page.model import Model
from lab.page.powers import Granting
from lab.page.site import View
from lab.target import Address


async def serve(model: Model, granting: Granting, address: Address, hosts: Collection[str], trace_url: str) -> None:
    """Serve it until cancelled.

    Args:
        model: what it shows.
        granting: tells what it may change.
        address: where to listen.
        hosts: further names by which a browser may reach it.
        trace_url: Jaeger's address as browsers reach it; "": there is none.
    """
    names = {"localhost", "127.0.0.1", "::1", address.host, *hosts}
    guarded = Guard(_application(model, granting, trace_url), names)
    server = uvicorn.Server(uvicorn.Config(guarded, address.host, address.port, log_level="warning"))
    looking = asyncio.ensure_future(model.run())
    try:
        await server.serve()
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _application(model: Model, granting: Granting, trace_url: str) -> FastAPI:
    application = FastAPI(openapi_url=None)
    application.add_api_route("/livez", _livez, response_class=PlainTextResponse)
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

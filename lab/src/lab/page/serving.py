"""Serves the page."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from lab.page.guard import Guard
from lab.page.model import Model
from lab.page.site import View
from lab.target import Address
from lab.watch.crowd import Crowd


async def serve(model: Model, crowd: Crowd, address: Address, hosts: Collection[str], *, writes: bool) -> None:
    """Serve it until cancelled.

    Args:
        model: what it shows.
        crowd: whom to look at.
        address: where to listen.
        hosts: further names by which a browser may reach it.
        writes: whether it may change anything.
    """
    application = FastAPI(openapi_url=None)
    ui.run_with(
        application,
        root=lambda: View(model, writes=writes),
        title="Messages, live",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
    )
    names = {"localhost", "127.0.0.1", "::1", address.host, *hosts}
    config = uvicorn.Config(Guard(application, names), address.host, address.port, log_level="warning")
    looking = asyncio.ensure_future(model.run(crowd))
    server = uvicorn.Server(config)
    try:
        await server.serve()
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await model.aclose()

"""A real browser that notices what a page complains of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
"""It shall reach for nothing but the page."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run it; the test is skipped where there is none."""
    if not await asyncio.to_thread(CHROMIUM.exists):
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        await browser.close()


@asynccontextmanager
async def watched(browser: Browser) -> AsyncIterator[Page]:
    """Open a page; an error in its console, or a request that leaves this machine, fails the test."""
    errors: list[str] = []
    page = await browser.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if _is_here(request.url) else errors.append(f"asked for {request.url}"))
    yield page
    assert errors == []


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in (None, "127.0.0.1", "localhost")

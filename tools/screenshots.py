"""Pictures of the live page, from a real run of its demo in Chromium.

    python tools/screenshots.py

writes docs/page-light.png, docs/page-dark.png and docs/page-narrow.png. In the middle it scales the subscribers, so
that there is something to see.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from lab.common.child import Child
from lab.common.ports import LOOPBACK, free_port

DOCS = Path(__file__).resolve().parents[1] / "docs"
CHROMIUM = "/usr/bin/chromium"
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_SHOTS = (("light", 1100, "light"), ("dark", 1100, "dark"), ("narrow", 360, "light"))
_HEIGHT = 1150
_PATIENCE = 30_000


async def scale(page: Page, replicas: int) -> None:
    """Scale by the page's own button and wait until all are there."""
    await page.get_by_label("Subscribers").first.fill(str(replicas))
    await page.get_by_role("button", name="Scale the subscribers").click()
    await page.wait_for_function(
        f"document.querySelectorAll('.lane:first-child .replicas li').length == {replicas}", timeout=_PATIENCE
    )


async def shoot(browser: Browser, url: str) -> None:
    """Let it run for a while, and take the pictures."""
    first = await browser.new_page()
    await first.goto(url)
    await first.wait_for_selector(".letter", timeout=_PATIENCE)
    await asyncio.sleep(25)
    await scale(first, 4)
    await asyncio.sleep(25)
    for name, width, theme in _SHOTS:
        page = await browser.new_page(viewport={"width": width, "height": _HEIGHT})
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        await page.goto(url)
        await page.wait_for_selector("tbody tr", timeout=_PATIENCE)
        await page.screenshot(path=DOCS / f"page-{name}.png")
        print(f"docs/page-{name}.png")


async def main() -> None:
    """Start the demo, look at it, and end it."""
    port = free_port()
    demo = Child([sys.executable, "-m", "lab", "page", "--demo", "--allow-writes", "--port", str(port)])
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
            await _listening(port)
            await shoot(browser, f"http://{LOOPBACK}:{port}")
            await browser.close()
    finally:
        await demo.stop(10)


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return


if __name__ == "__main__":
    asyncio.run(main())

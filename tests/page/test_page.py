"""The page shows what the services do, as they do it, and needs no reload for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.page.conftest import Scene

COUNT = 300


async def test_its_figures_are_those_of_the_run(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0])
    await page.goto(scene.url)
    await expect(page.locator(".replicas li")).to_have_count(1)
    scene.publish(PUBLISH_RATE="100", PUBLISH_COUNT=str(COUNT))
    await expect(page.locator(".replicas .count")).to_have_text(str(COUNT), timeout=15_000)


async def test_a_new_replica_appears_and_a_killed_one_goes(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0])
    await page.goto(scene.url)
    await expect(page.locator(".replicas li")).to_have_count(1)
    second = scene.start(scene.ports[1])
    await expect(page.locator(".replicas li")).to_have_count(2, timeout=10_000)
    await expect(page.get_by_text(f"{scene.ports[1]} came")).to_be_visible()
    second.kill()
    await expect(page.locator(".replicas li")).to_have_count(1, timeout=10_000)
    await expect(page.get_by_text(f"{scene.ports[1]} gone")).to_be_visible()


async def test_a_killed_redis_shows_and_recovers_without_a_reload(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0], BLOCK="0.5")
    scene.publish(PUBLISH_INTERVAL="0.05")
    await page.goto(scene.url)
    await expect(page.locator(".edge.received b")).not_to_have_text("0", timeout=10_000)
    scene.server.server.kill()
    await expect(page.get_by_text("Redis gone")).to_be_visible(timeout=10_000)
    await scene.server.server.restart()
    await expect(page.get_by_text("Redis back")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_dead_letter_is_replayed_by_keyboard(scene: Scene, page: Page, theme: str) -> None:
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its words
    async with scene.server.client() as client:
        await client.rpush("reliable_message_queue", "no message")
    subscriber = scene.start(scene.ports[0])
    await page.goto(scene.url)
    button = page.get_by_role("button", name="Replay")
    await expect(button).to_have_count(1, timeout=10_000)
    subscriber.terminate()
    await subscriber.exit()
    await page.keyboard.press("Tab")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(button).to_have_count(0)
    async with scene.server.client() as client:
        assert await client.lrange("reliable_message_queue", 0, -1) == [b"no message"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
async def test_nothing_stands_out_of_the_page(scene: Scene, page: Page, width: int, theme: str) -> None:
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its words
    await page.set_viewport_size({"width": width, "height": 800})
    scene.start(scene.ports[0])
    await page.goto(scene.url)
    await expect(page.locator(".replicas li")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 23, 28)"}[theme]

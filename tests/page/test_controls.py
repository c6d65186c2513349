"""Scaling and scenarios by the page's own buttons, without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page

REPLICAS = ".lane[data-pattern='{}'] .replicas li"


async def test_who_scales_sees_fan_out_and_sharing(demo: str, page: Page) -> None:
    await page.goto(demo)
    for pattern in ("pubsub", "sharded-pubsub", "queue", "reliable-queue", "stream"):
        await expect(page.locator(REPLICAS.format(pattern))).to_have_count(2, timeout=20_000)
    await page.get_by_label("Subscribers").first.focus()
    await page.keyboard.type("4")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Scale the subscribers")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(REPLICAS.format("queue"))).to_have_count(4, timeout=20_000)
    await expect(page.get_by_text("subscriber scaled to 4")).to_be_visible()
    shares = page.locator(REPLICAS.format("queue") + " .share")
    await expect(shares.first).to_have_text("25%", timeout=30_000)
    await expect(page.locator(REPLICAS.format("pubsub") + " .share").first).to_have_text("100%", timeout=30_000)


async def test_a_number_that_cannot_be_is_refused_with_the_mend(demo: str, page: Page) -> None:
    await page.goto(demo)
    await page.get_by_label("Subscribers").first.fill("1000")
    await page.get_by_role("button", name="Scale the subscribers").click()
    await expect(page.get_by_text("Subscribers 1000: give a number from 0 to 100")).to_be_visible()


@pytest.mark.timeout(180)
async def test_a_scenario_runs_and_leaves_marks_and_a_report(demo: str, page: Page) -> None:
    await page.goto(demo)
    # Without an event: what the field shows at the click is what starts, though the page heard of no choice yet.
    await page.locator("select").evaluate("select => { select.value = 'steady' }")
    await page.get_by_role("button", name="Start the scenario").press("Enter")
    await expect(page.get_by_role("button", name="Stop the scenario")).to_be_visible()
    await expect(page.get_by_text("steady provision")).to_be_visible(timeout=20_000)
    link = page.get_by_role("link", name="report")
    await expect(link).to_be_visible(timeout=120_000)
    async with page.expect_popup() as opening:
        await link.press("Enter")
    report = await opening.value
    await expect(report.get_by_text("steady").first).to_be_visible()


async def test_one_that_is_stopped_cleans_up(demo: str, page: Page) -> None:
    await page.goto(demo)
    await page.get_by_role("button", name="Start the scenario").click()
    await expect(page.get_by_text("consumer-kill warm up")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Stop the scenario").click()
    await expect(page.get_by_text("nothing is left behind")).to_be_visible(timeout=20_000)

"""The live page as a Deployment of the chart: what it shows, how soon, and what it may."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from messaging.telemetry import names
from tests.e2e.forward import forward
from tests.e2e.kube import Kube, ready, until
from tests.support.browser import chromium, watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import Page

    from tests.e2e.images import Images
    from tests.e2e.release import Release

OPEN, APPEAR = 2.0, 3.0
"""How soon it opens, and how soon a subscriber that is ready appears: seconds."""
SLOW = 90_000
PATTERN = "reliable-queue"
ROWS = f".lane[data-pattern='{PATTERN}'] .replicas li"


def values(image: Images, **page: Any) -> dict[str, Any]:  # noqa: ANN401 - chart values are anything
    """Return a release with a page, whose network lets through nothing that it does not need."""
    given = {"enabled": True, "image": {"repository": image.repository("lab"), "tag": image.tag}, **page}
    return {
        "settings": {"PATTERN": PATTERN, "PROBE_TEXT": 40},
        "publisher": {"settings": {"PUBLISH_INTERVAL": 0.1}},
        "networkPolicy": {"enabled": True},
        "page": given,
    }


@asynccontextmanager
async def opened(release: Release) -> AsyncIterator[Page]:
    """Open the page by a forwarded port, and wait for its lane."""
    with forward(release.kube.namespace, f"service/{release.base}-page", 8090) as port:
        async with chromium() as browser, watched(browser) as page:
            await page.goto(f"http://127.0.0.1:{port}")
            await expect(page.locator(ROWS).first).to_be_visible(timeout=SLOW)
            yield page


async def in_thread(call: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - whatever it gives
    """Wait for kubectl without keeping the browser waiting."""
    return await asyncio.to_thread(partial(call, *arguments))


@pytest.fixture(scope="module")
def demo(release: Callable[..., Release], lab_image: Images) -> Release:
    made: Release = release("look")
    made.install(values(lab_image, writes=True))
    return made


async def test_it_opens_soon(demo: Release) -> None:
    async with opened(demo) as page:
        start = time.monotonic()
        await page.reload()
        await expect(page.locator(ROWS).first).to_be_visible()
        took = time.monotonic() - start
    assert took < OPEN


async def test_who_scales_by_its_button_sees_the_new_ones_soon(demo: Release) -> None:
    async with opened(demo) as page:
        await page.get_by_label("Subscribers").first.fill("3")
        await page.get_by_role("button", name="Scale the subscribers").click()
        await expect(page.get_by_text("look-subscriber scaled to 3")).to_be_visible(timeout=SLOW)
        await in_thread(partial(until, lambda: len(demo.names("subscriber")) == 3, "three that are ready", seconds=90))
        start = time.monotonic()
        await expect(page.locator(ROWS)).to_have_count(3)
        assert time.monotonic() - start < APPEAR
        await expect(page.get_by_text("look-subscriber complete").first).to_be_visible(timeout=SLOW)
        await expect(page.locator("tbody tr").first).to_contain_text("Hello from Python")


async def test_its_figures_are_those_of_the_pods(demo: Release) -> None:
    async with opened(demo) as page:
        await in_thread(demo.scale, "publisher", 0)
        for pod in demo.names("subscriber"):
            count = (await in_thread(demo.count, pod, names.CONSUMED_MESSAGES))[PATTERN]
            row = page.locator(ROWS).filter(has_text=pod)
            await expect(row.locator(".count")).to_have_text(f"{count:,}", timeout=SLOW)
        await in_thread(demo.scale, "publisher", 1)


async def test_a_rollout_and_a_killed_redis_are_marked(demo: Release) -> None:
    async with opened(demo) as page:
        await in_thread(demo.kube, "rollout", "restart", "deployment/look-subscriber")
        await expect(page.get_by_text("look-subscriber rollout").first).to_be_visible(timeout=SLOW)
        # The newest mark stands first.
        told = "document.body.innerText.indexOf('look-subscriber {}')"
        done = f"0 < {told.format('complete')} && {told.format('complete')} < {told.format('rollout')}"
        await page.wait_for_function(done, timeout=SLOW)
        await in_thread(demo.kube, "delete", "pod", "look-redis-0", "--grace-period=1")
        await expect(page.get_by_text("Redis gone")).to_be_visible(timeout=SLOW)
        await expect(page.get_by_text("Redis back")).to_be_visible(timeout=SLOW)


async def test_a_dead_letter_is_replayed(demo: Release) -> None:
    async with opened(demo) as page:
        await in_thread(demo.redis, "RPUSH", "reliable_message_queue", "no-message")
        button = page.get_by_role("button", name="Replay")
        await expect(button).to_be_visible(timeout=SLOW)
        first = await in_thread(demo.redis, "XRANGE", "dead_letters:{reliable_message_queue}", "-", "+")
        await button.press("Enter")

        def again() -> bool:
            now = demo.redis("XRANGE", "dead_letters:{reliable_message_queue}", "-", "+")
            return bool(now) and now.split()[0] != first.split()[0]

        await in_thread(partial(until, again, "another dead letter in place of the first", seconds=30))


async def test_a_scenario_runs_by_its_button(demo: Release, lab_image: Images, another_kube: Kube) -> None:
    scenarios = {"enabled": True, "namespace": another_kube.namespace}
    await in_thread(demo.upgrade, values(lab_image, writes=True, scenarios=scenarios))
    async with opened(demo) as page:
        await page.locator("select").select_option("steady")
        await page.get_by_role("button", name="Start the scenario").click()
        await expect(page.get_by_text("steady load")).to_be_visible(timeout=SLOW)
        assert len(list(ready(another_kube.all("pods")))) > 2
        await expect(page.get_by_text("steady held")).to_be_visible(timeout=2 * SLOW)
        await expect(page.get_by_role("link", name="report")).to_be_visible()
    await in_thread(partial(until, lambda: not another_kube.all("pods"), "nothing left of it", seconds=60))


async def test_without_writes_it_can_change_nothing(demo: Release, lab_image: Images) -> None:
    await in_thread(demo.upgrade, values(lab_image))
    async with opened(demo) as page:
        await expect(page.get_by_text("read-only")).to_be_visible()
        await expect(page.get_by_role("button")).to_have_count(0)
    account = f"system:serviceaccount:{demo.kube.namespace}:look-page"
    answer = demo.kube("auth", "can-i", "--list", "--as", account)
    given = {line.split()[0] for line in answer.splitlines()}
    assert "pods" in given
    assert not {"secrets", "configmaps", "pods/exec"} & given

"""The page shows what the services do, as they do it, and needs no reload for it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from lab.common.ports import free_port
from lab.evidence.reading import LedgerReader
from messaging.seam.message import Message, encode
from messaging.transport.settings import RedisSettings
from tests.support.eventually import eventually
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.page.conftest import Scene
    from tests.support.processes import Processes
    from tests.support.servers import ServerBinary

COUNT = 300
TABS = 40
SENT = datetime(2026, 1, 2, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_its_figures_are_those_of_the_ledger(scene: Scene, page: Page, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as ledger:
        node = ledger.node
        told = {"LEDGER_URL": f"redis://{node.host}:{node.port}", "LEDGER_RUN": "page"}
        for number, port in enumerate(scene.ports[:2]):
            scene.start(port, CONSUMER=f"127.0.0.1:{scene.ports[number]}", **told)
        await page.goto(scene.url)
        await expect(page.locator(".replicas li")).to_have_count(2, timeout=15_000)
        publisher = scene.publish(PUBLISH_RATE="100", PUBLISH_COUNT=str(COUNT), **told)
        assert await publisher.exit(timeout=30) == 0
        reader = LedgerReader(RedisSettings(host=node.host, port=node.port), "page")

        async def all_there() -> bool:
            await reader.refresh()
            return sum(reader.ledger.histories["reliable-queue"].received.values()) == COUNT

        await eventually(all_there, ignoring=KeyError)
        received = reader.ledger.histories["reliable-queue"].received
        recorded = {reader.ledger.writers[writer].who: count for writer, count in received.items()}
        await reader.aclose()
        rows = page.locator(".replicas li")
        for who, count in recorded.items():
            await expect(rows.filter(has_text=who).locator(".count")).to_have_text(str(count), timeout=10_000)


async def test_a_new_replica_appears_and_a_killed_one_goes(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0])
    await page.goto(scene.url)
    await expect(page.locator(".replicas li")).to_have_count(1, timeout=15_000)
    second = scene.start(scene.ports[1])
    await expect(page.locator(".replicas li")).to_have_count(2, timeout=15_000)
    await expect(page.get_by_text(f"{scene.ports[1]} came")).to_be_visible()
    second.kill()
    await expect(page.locator(".replicas li")).to_have_count(1, timeout=15_000)
    await expect(page.get_by_text(f"{scene.ports[1]} gone")).to_be_visible()


async def test_a_killed_redis_shows_and_recovers_without_a_reload(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0], BLOCK="0.5")
    scene.publish(PUBLISH_INTERVAL="0.05")
    await page.goto(scene.url)
    await expect(page.locator(".edge.received b")).not_to_have_text("0", timeout=15_000)
    scene.server.server.kill()
    await expect(page.get_by_text("Redis gone")).to_be_visible(timeout=15_000)
    await scene.server.server.restart()
    await expect(page.get_by_text("Redis back")).to_be_visible(timeout=20_000)
    await expect(page.locator(".edge.received b")).not_to_have_text("0", timeout=20_000)


async def test_messages_pass_by_and_link_to_their_traces(scene: Scene, page: Page) -> None:
    scene.start(scene.ports[0], PROBE_TEXT="8")
    await page.goto(scene.url)
    traced = f"00-{TRACE}-b7ad6b7169203331-01"
    async with scene.server.client() as client:
        await client.rpush("reliable_message_queue", encode(Message("the-id", SENT, "<b>Hello there", "me", 7, traced)))
    row = page.locator("tbody tr")
    await expect(row).to_contain_text("<b>Hello", timeout=15_000)
    await expect(row.get_by_role("link")).to_have_attribute("href", f"http://jaeger.example/trace/{TRACE}")


async def test_what_others_write_stays_text(scene: Scene, page: Page) -> None:
    evil = '"><img src="https://evil.example/x" onerror="throw 1">\\'
    scene.start(scene.ports[0], HANDLER="subscriber.handlers:fail", MAX_DELIVERIES="1", PROBE_TEXT="100")
    await page.goto(scene.url)
    async with scene.server.client() as client:
        body = encode(Message(evil, SENT, f"fail {evil}", evil, 7))
        await client.rpush("reliable_message_queue", body)
    await expect(page.get_by_role("button", name=f"Replay {evil}")).to_be_visible(timeout=20_000)
    await expect(page.locator("tbody tr")).to_contain_text(evil)
    await expect(page.locator("img")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_dead_letter_is_replayed_by_keyboard(scene: Scene, page: Page, theme: str) -> None:
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its words
    async with scene.server.client() as client:
        await client.rpush("reliable_message_queue", "no message")
    subscriber = scene.start(scene.ports[0])
    await page.goto(scene.url)
    button = page.get_by_role("button", name="Replay")
    await expect(button).to_have_count(1, timeout=15_000)
    await expect(page.locator(".letter")).to_contain_text("not JSON")
    subscriber.terminate()
    await subscriber.exit()
    await expect(page.locator(".replicas .nobody")).to_be_visible(timeout=15_000)
    for _ in range(TABS):
        await page.keyboard.press("Tab")
        if await button.evaluate("button => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(button).to_have_count(0)
    async with scene.server.client() as client:
        assert await client.lrange("reliable_message_queue", 0, -1) == [b"no message"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
async def test_nothing_stands_out_of_the_page(demo: str, page: Page, width: int, theme: str) -> None:
    await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its words
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(demo)
    await expect(page.locator(".lane")).to_have_count(5, timeout=20_000)
    await expect(page.locator("tbody tr").first).to_be_visible(timeout=20_000)
    await expect(page.locator(".letter")).to_have_count(1, timeout=20_000)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 23, 28)"}[theme]


async def test_without_leave_nothing_can_be_changed(processes: Processes, page: Page) -> None:
    port, nobody = free_port(), free_port()
    shown = processes.start("lab", "page", f"127.0.0.1:{nobody}", "--port", str(port))
    await shown.line("(read-only)")
    await page.goto(f"http://127.0.0.1:{port}")
    await expect(page.get_by_text("start the services with PROBE_PORT")).to_be_visible(timeout=15_000)
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_a_port_that_is_taken_is_one_line(processes: Processes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = processes.start("lab", "page", "127.0.0.1:1", "--port", str(port))
        assert await command.exit() == 2
    (line,) = command.lines
    assert line == f"lab: --port {port}: cannot listen at 127.0.0.1: Address already in use; choose another one"

"""The services in a locale whose encoding lacks most characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import Services

# Python takes UTF-8 for the locale C unless it is told not to; in de_DE.ISO-8859-1 and its like it never does.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


async def test_what_cannot_be_written_is_escaped_and_the_message_is_handled(services: Services, tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    bodies.write_text("Grüße für 5 €\n", encoding="utf-8")
    subscriber = services.start("subscriber", PATTERN="reliable-queue", **ASCII)
    publisher = services.start("publisher", PATTERN="reliable-queue", PUBLISH_INPUT=str(bodies), **ASCII)
    assert await publisher.exit() == 0
    assert await publisher.line(r"Gr\xfc\xdfe f\xfcr 5 \u20ac")
    assert await subscriber.line(r"Gr\xfc\xdfe f\xfcr 5 \u20ac")
    assert not [line for line in subscriber.lines if "Retry" in line]

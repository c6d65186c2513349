"""One pattern's dead letters, each with a button that sends it again."""

from __future__ import annotations

from functools import partial
from html import escape

from nicegui import ui

from lab.page.elements import button, html
from lab.page.formatting import clock
from lab.page.model import Model
from messaging.dead_letters import Letter, Shown
from messaging.seam.errors import MessagingError


class Letters:
    """What one browser sees of them."""

    def __init__(self, model: Model, pattern: str, *, writes: bool) -> None:
        """Build an empty place, which shows nothing until there are some."""
        self._model, self._pattern, self._writes = model, pattern, writes
        self._shown = Shown()
        self._place = ui.element("div").classes("letters")

    def update(self) -> None:
        """Draw them anew only where they changed: else a button would lose the keyboard's focus."""
        found = self._model.letters.get(self._pattern, Shown())
        if found == self._shown:
            return
        self._shown = found
        self._place.clear()
        if found.count:
            with self._place:
                more = f", the newest {len(found.newest)} of {found.count:,}" if found.count > len(found.newest) else ""
                html(f"<h3>Dead letters{more}</h3>")
                for letter in found.newest:
                    self._letter(letter)

    def _letter(self, letter: Letter) -> None:
        what = letter.message_id or "no message"
        why = f"{letter.reason} after {letter.deliveries} deliveries: {letter.error}"
        with ui.element("div").classes("letter"):
            html(f"<span>{clock(letter.died.timestamp())} {escape(what)}<br>{escape(why)}</span>")
            if self._writes:
                button("Replay", partial(self._replay, letter.entry), f"Replay {what}")

    async def _replay(self, entry: str) -> None:
        try:
            await self._model.replay(self._pattern, entry)
        except MessagingError as error:
            ui.notify(f"Not replayed: {error}", type="negative")

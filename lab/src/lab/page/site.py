"""The page in NiceGUI's elements: each browser's own, drawn from the one model."""

from __future__ import annotations

import time
from functools import partial
from html import escape
from pathlib import Path

from nicegui import ui

from lab.dead_letters import Letter
from lab.page.drawing import happened, lane, promise
from lab.page.model import Model
from lab.watch.sharing import nobody
from messaging.errors import MessagingError
from messaging.patterns import PATTERNS

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_EVERY = 0.5
"""A browser gets at most so many seconds' worth of news at once: two updates a second."""


class View:
    """What one browser sees."""

    def __init__(self, model: Model, *, writes: bool) -> None:
        """Build it, and begin to follow the model.

        Args:
            model: what to show.
            writes: whether to offer what changes something.
        """
        self._model, self._writes, self._seen = model, writes, -1
        self._lanes: dict[str, tuple[ui.html, ui.element]] = {}
        self._letters: dict[str, list[Letter]] = {}
        ui.add_css(_STYLE)
        with ui.element("div").classes("page"):
            _html("<h1>Messages, live</h1>")
            self._state = _html().classes("state").props('role="status"')
            self._trouble = _html().classes("trouble").props('role="alert"')
            self._place = ui.element("div")
            with ui.element("section").classes("card"):
                _html('<div class="head"><h2>What happened</h2></div>')
                self._happened = _html()
        ui.timer(_EVERY, self._update)

    def _update(self) -> None:
        model = self._model
        if model.looks == self._seen:
            return
        self._seen = model.looks
        count = f"{model.replicas} {'replica' if model.replicas == 1 else 'replicas'}"
        self._state.set_content(f"{count} · {'writes allowed' if self._writes else 'read-only'}")
        self._trouble.set_content(escape(model.trouble))
        self._happened.set_content(happened(list(model.marks)))
        now = time.time()
        shown = {sharing.pattern: sharing for sharing in model.sharings}
        # A lane stays when its last replica goes: it then shows that there is nobody.
        for pattern in [name for name in PATTERNS if name in shown or name in self._lanes or model.letters.get(name)]:
            figures, letters = self._lanes.get(pattern) or self._lane(pattern)
            sharing = shown.get(pattern, nobody(pattern))
            figures.set_content(lane(sharing, model.rates[pattern], list(model.marks), now))
            self._show_letters(pattern, letters)

    def _lane(self, pattern: str) -> tuple[ui.html, ui.element]:
        with self._place, ui.element("section").classes("card lane").props(f'data-pattern="{pattern}"'):
            _html(f'<div class="head"><h2>{pattern}</h2><span class="promise">{promise(pattern)}</span></div>')
            self._lanes[pattern] = (_html(), ui.element("div").classes("letters"))
        return self._lanes[pattern]

    def _show_letters(self, pattern: str, place: ui.element) -> None:
        """Draw them anew only where they changed: else a button would lose the keyboard's focus."""
        letters = self._model.letters.get(pattern, [])
        if letters == self._letters.get(pattern, []):
            return
        self._letters[pattern] = letters
        place.clear()
        with place:
            _html("<h3>Dead letters, the oldest first</h3>")
            for letter in letters:
                self._letter(pattern, letter)

    def _letter(self, pattern: str, letter: Letter) -> None:
        what = letter.message_id or "no message"
        why = f"{letter.reason} after {letter.deliveries} deliveries: {letter.error}"
        with ui.element("div").classes("letter"):
            _html(f"<span>{escape(what)}<br>{escape(why)}</span>")
            if self._writes:
                with ui.element("button").props(f'type="button" aria-label="Replay {escape(what)}"') as button:
                    _html("Replay")
                button.on("click", partial(self._replay, pattern, letter.entry))

    async def _replay(self, pattern: str, entry: str) -> None:
        try:
            await self._model.replay(pattern, entry)
        except MessagingError as error:
            self._trouble.set_content(escape(str(error)))


def _html(content: str = "") -> ui.html:
    """Return an element of our own making: every foreign word in it is escaped."""
    return ui.html(content, sanitize=False)

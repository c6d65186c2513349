"""The page in NiceGUI's elements: each browser's own, drawn from the one model."""

from __future__ import annotations

from html import escape
from pathlib import Path

from nicegui import ui

from lab.page.controls import Scaling, Starting
from lab.page.dead_letters import Letters
from lab.page.elements import html
from lab.page.formatting import happened
from lab.page.lane import charts, lane, promise
from lab.page.last_messages import passed
from lab.page.model import Model
from lab.page.permissions import Powers
from lab.watch.sharing import Sharing, nobody
from messaging.patterns import PATTERNS

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_EVERY = 0.5
"""A browser gets news so often, in seconds, and only where there are any: two updates a second at most."""


class View:
    """What one browser sees."""

    def __init__(self, model: Model, powers: Powers, trace_url: str) -> None:
        """Build it, and begin to follow the model.

        Args:
            model: what to show.
            powers: what to offer.
            trace_url: Jaeger's address as browsers reach it; "": there is none.
        """
        self._model, self._powers, self._trace_url, self._seen = model, powers, trace_url, -1
        self._lanes: dict[str, _Lane] = {}
        ui.add_css(_STYLE)
        with ui.element("main").classes("page"):
            html("<h1>Messages, live</h1>")
            self._state = html().classes("state").props('role="status"')
            self._trouble = html().classes("trouble").props('role="alert"')
            self._controls = self._offer()
            self._place = ui.element("div")
            self._happened = _card("What happened")
            self._passed = _card("The last messages, a sample")
        ui.timer(_EVERY, self._update)

    def _offer(self) -> list[Scaling | Starting]:
        """Build what may be changed, if anything may."""
        scaler, scenarios = self._powers.scaler, self._powers.scenarios
        if scaler is None and scenarios is None:
            return []
        with ui.element("section").classes("card controls").props('aria-label="Controls"'):
            offered: list[Scaling | Starting] = [] if scaler is None else [Scaling(self._model, scaler)]
            return offered if scenarios is None else [*offered, Starting(scenarios)]

    def _update(self) -> None:
        model = self._model
        for control in self._controls:
            control.update()
        if model.looks == self._seen:
            return
        self._seen = model.looks
        count = f"{model.replicas} {'replica' if model.replicas == 1 else 'replicas'} of both services"
        self._state.set_content(f"{count} · {self._powers}")
        self._trouble.set_content(escape(model.trouble))
        self._happened.set_content(happened(list(model.marks)))
        self._passed.set_content(passed(model.passed, self._trace_url))
        shown = {sharing.pattern: sharing for sharing in model.sharings}
        # A lane stays when its last replica goes: it then shows that there is nobody.
        for pattern in [name for name in PATTERNS if name in shown or name in self._lanes]:
            if pattern not in self._lanes:
                with self._place:
                    self._lanes[pattern] = _Lane(model, pattern, replay=self._powers.replay)
            self._lanes[pattern].update(shown.get(pattern, nobody(pattern)))


class _Lane:
    """One pattern's part of the page."""

    def __init__(self, model: Model, pattern: str, *, replay: bool) -> None:
        self._model, self._pattern = model, pattern
        with ui.element("section").classes("card lane").props(f'data-pattern="{pattern}"'):
            html(f'<div class="head"><h2>{pattern}</h2><span class="promise">{promise(pattern)}</span></div>')
            self._flow, self._charts = html(), html()
            self._letters = Letters(model, pattern, writes=replay)

    def update(self, sharing: Sharing) -> None:
        model = self._model
        letters = model.letters.get(self._pattern)
        self._flow.set_content(lane(sharing, None if letters is None else letters.count))
        self._charts.set_content(charts(self._pattern, model.histories[self._pattern].points, list(model.marks)))
        self._letters.update()


def _card(title: str) -> ui.html:
    with ui.element("section").classes("card"):
        html(f'<div class="head"><h2>{title}</h2></div>')
        return html()

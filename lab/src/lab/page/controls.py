"""The buttons that scale the subscribers and start a scenario, where that is allowed."""

from __future__ import annotations

from html import escape

from nicegui import ui

from lab.page.elements import button, control, html
from lab.page.model import Model
from lab.page.scaling import MOST, ScaleError, Scaler
from lab.page.scenarios import Scenarios
from lab.scenario.ready import ready

_FIRST = "consumer-kill"
_TOLD = 12


class Scaling:
    """A number and a button."""

    def __init__(self, model: Model, scaler: Scaler) -> None:
        """Build them."""
        self._model, self._scaler = model, scaler
        with ui.element("div").classes("control"):
            entered = f'<label>Subscribers <input type="number" min="0" max="{MOST}" size="4" name="replicas"></label>'
            control(entered, "Scale", self._scale, "Scale the subscribers")
            self._now = html().classes("quiet")

    def update(self) -> None:
        """Show how many there shall be."""
        wanted = [group.wanted for group in self._model.groups.values() if group.role == "subscriber"]
        self._now.set_content(f"now {sum(wanted)}" if wanted else "")

    async def _scale(self, wanted: str) -> None:
        if not wanted.isdecimal() or int(wanted) > MOST:
            ui.notify(f"Subscribers {wanted or '(nothing)'}: give a number from 0 to {MOST}", type="negative")
            return
        try:
            await self._scaler.scale(int(wanted))
        except ScaleError as error:
            ui.notify(f"Not scaled: {error}", type="negative")


class Starting:
    """A choice of scenarios, a button, and what the one that runs says."""

    def __init__(self, scenarios: Scenarios) -> None:
        """Build them."""
        self._scenarios = scenarios
        options = "".join(f"<option{' selected' if name == _FIRST else ''}>{escape(name)}</option>" for name in ready())
        choice = f'<label>Scenario <select name="scenario">{options}</select></label>'
        with ui.element("div").classes("control"):
            self._start = control(choice, "Start", self._begin, "Start the scenario")
            self._stop = button("Stop", self._end, "Stop the scenario")
            self._state = html().classes("quiet").props('role="status"')
        self._said = html()
        self.update()

    def update(self) -> None:
        """Show how far it is."""
        scenarios = self._scenarios
        self._start.set_visibility(not scenarios.running)
        self._stop.set_visibility(scenarios.running)
        lines = escape("\n".join(list(scenarios.lines)[-_TOLD:]))
        self._said.set_content(f'<pre tabindex="0" aria-label="What it says">{lines}</pre>' if lines else "")
        report = f'<a href="/runs/{escape(scenarios.report)}" target="_blank">report</a>' if scenarios.report else ""
        state = f"{escape(scenarios.name)} runs" if scenarios.running else report
        self._state.set_content(state)

    async def _begin(self, name: str) -> None:
        if name in ready():
            await self._scenarios.start(name)

    async def _end(self) -> None:
        self._scenarios.stop()

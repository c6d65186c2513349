"""Plain HTML elements by way of NiceGUI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments


def html(content: str = "") -> ui.html:
    """Return an element of our own making: every foreign word in it is escaped."""
    return ui.html(content, sanitize=False)


def button(text: str, action: Callable[[], Awaitable[None]], label: str = "") -> ui.element:
    """Return a button.

    Args:
        text: what stands on it.
        action: what it does.
        label: what a screen reader says in place of the text.
    """
    made = ui.element("button").props('type="button"')
    made.props["aria-label"] = label or text  # as it is: nobody parses it
    with made:
        html(text)
    made.on("click", action)
    return made


def field(content: str, changed: Callable[[str], object]) -> ui.html:
    """Return an element with one input or select in it, and hear what is entered there."""
    made = html(content)

    def hear(event: GenericEventArguments) -> None:
        changed(str(event.args))

    made.on("input", hear, js_handler="(event) => emit(event.target.value)")
    return made

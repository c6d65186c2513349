"""Plain HTML elements by way of NiceGUI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments


def html(content: str = "") -> ui.html:
    """Return an element of our own making: every foreign word in it is escaped."""
    return ui.html(content, sanitize=False)


def button(
    text: str, action: Callable[..., Awaitable[None]], label: str = "", *, js_handler: str = "() => emit()"
) -> ui.element:
    """Return a button.

    Args:
        text: what stands on it.
        action: what it does.
        label: what a screen reader says in place of the text.
        js_handler: what the browser does at a click; `emit` with an argument gives `action` an event.
    """
    made = ui.element("button").props('type="button"')
    made.props["aria-label"] = label or text  # as it is: nobody parses it
    with made:
        html(text)
    made.on("click", action, js_handler=js_handler)
    return made


def control(content: str, text: str, action: Callable[[str], Awaitable[None]], label: str) -> ui.element:
    """Return a button beside one input or select: what that shows at the click is what the action is given.

    The click itself carries it: NiceGUI may deliver events of before its handshake in another order.

    Args:
        content: the input or select, with its label.
        text: what stands on the button.
        action: what it does with what was entered.
        label: what a screen reader says in place of the text.
    """

    async def act(event: GenericEventArguments) -> None:
        await action(str(event.args))

    entered = html(content)
    shown = f"getHtmlElement({entered.id}).querySelector('[name]').value"
    return button(text, act, label, js_handler=f"() => emit({shown})")

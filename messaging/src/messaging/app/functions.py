"""Handlers of a function: its parameter's type says what it is to be given."""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from messaging.app.body import reader_of
from messaging.seam.delivery import Delivery
from messaging.seam.errors import MalformedMessage, SettingsError
from messaging.seam.handler import Handler, each, reason_of, single_of
from messaging.seam.message import Message
from messaging.seam.settlements import ACK, Dead, Settlement

Function = Callable[[Any], Awaitable[Any]]
"""An async function of one parameter; it returns None (done), or a settlement (of a batch: one for each)."""
Reader = Callable[[Delivery], Any]
_SEQUENCES = (list, Sequence)


def handler_of(function: Function) -> Handler:
    """Make a handler of a function.

    The type of its one parameter says what it is given: a `Delivery`, a `Message`, a `str` (the body), or any type
    that msgspec or pydantic decodes from the body; a list of one of these is a whole batch. Without a type it is given
    a list of deliveries. A body that is not of the type becomes a dead letter, which names the field.

    Raises:
        TypeError: it is not an async function of one parameter, or nothing can decode the type.
    """
    if not asyncio.iscoroutinefunction(function):
        raise TypeError("is not an async function; write async def handle(order: Order)")
    if single_of(function) is not None:
        return function
    kind = _parameter(function)
    if get_origin(kind) in _SEQUENCES:
        (item,) = get_args(kind)
        return function if item is Delivery else _batch(function, _reader(item))
    return _single(function, _reader(kind))


def _parameter(function: Function) -> Any:  # noqa: ANN401 - an annotation is any object
    """Return the type of the only parameter."""
    names = [name for name, one in inspect.signature(function).parameters.items() if one.default is one.empty]
    if len(names) != 1:
        raise TypeError(f"takes {len(names)} parameters; write async def handle(order: Order)")
    try:
        return get_type_hints(function).get(names[0], list[Delivery])
    except NameError as error:
        raise TypeError(f"has a type that is not known where it is defined: {error}") from None


def _reader(kind: Any) -> Reader:  # noqa: ANN401 - an annotation is any object
    if kind is Delivery:
        return lambda delivery: delivery
    if kind is Message:
        return lambda delivery: delivery.message
    read = reader_of(kind)
    return lambda delivery: read(delivery.message.message)


def _single(function: Function, read: Reader) -> Handler:
    @functools.wraps(function)
    async def handle(delivery: Delivery) -> Settlement | None:
        try:
            given = read(delivery)
        except MalformedMessage as error:
            return Dead(str(error))
        answer: Settlement | None = await function(given)
        return answer

    return each(handle)


def _batch(function: Function, read: Reader) -> Handler:
    @functools.wraps(function)
    async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
        given: list[Any] = []
        dead: dict[int, Settlement] = {}
        for place, delivery in enumerate(deliveries):
            try:
                given.append(read(delivery))
            except MalformedMessage as error:
                dead[place] = Dead(str(error))
        answers: Sequence[Settlement] | None = await function(given) if given else None
        if not dead:
            return answers
        if answers is not None and len(answers) != len(given):
            raise ValueError(f"the handler returned {len(answers)} settlements for {len(given)} messages")
        others = iter(answers if answers is not None else [ACK] * len(given))
        return [dead.get(place) or next(others) for place in range(len(deliveries))]

    return handle


def load_handler(path: str) -> Handler:
    """Import a function and make a handler of it.

    Args:
        path: "module:attribute".

    Raises:
        SettingsError: it does not import, or `handler_of` does not take it.
    """
    module_name, colon, attribute = path.partition(":")
    if not (module_name and colon and attribute):
        raise SettingsError("HANDLER", path, 'name it as "module:attribute"')
    try:
        function = getattr(importlib.import_module(module_name), attribute)
    except Exception as error:  # importing runs user code, which may raise anything
        raise SettingsError("HANDLER", path, f"does not import ({reason_of(error)}); check the name") from error
    try:
        return handler_of(function)
    except TypeError as error:
        raise SettingsError("HANDLER", path, str(error)) from error

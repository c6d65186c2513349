"""Bodies with a type: how they stand in a message's text, and how they come back.

A `str` is the text itself, anything else is JSON in it; docs/protocol.md says so. A subscriber that
knows nothing of types reads the same message, and finds the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError

from messaging.seam.errors import MalformedMessage

T = TypeVar("T")


def text_of(body: object) -> str:
    """Return what stands in `Message.message` for a body.

    Raises:
        TypeError: neither msgspec nor pydantic can encode it.
        ValueError: it is a text with half a surrogate pair, which is no text.
    """
    if isinstance(body, str):
        if not body.isascii():
            body.encode()
        return body
    if _is_pydantic(type(body)):
        return TypeAdapter[Any](type(body)).dump_json(body).decode()
    return msgspec.json.encode(body).decode()


def reader_of(kind: type[T]) -> Callable[[str], T]:
    """Return what makes a body of a text.

    It raises MalformedMessage, with the field in question, for a text that is none.

    Args:
        kind: `str`, or a type that msgspec or pydantic decodes.

    Raises:
        TypeError: neither of them can decode it.
    """
    if kind is str:
        return lambda text: text  # type: ignore[return-value]
    return _pydantic_reader(kind) if _is_pydantic(kind) else _msgspec_reader(kind)


def _is_pydantic(kind: object) -> bool:
    return isinstance(kind, type) and (issubclass(kind, BaseModel) or hasattr(kind, "__pydantic_validator__"))


def _pydantic_reader(kind: type[T]) -> Callable[[str], T]:
    adapter = TypeAdapter(kind)

    def read(text: str) -> T:
        try:
            return adapter.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise MalformedMessage(_field(".".join(map(str, first["loc"]))), first["msg"]) from None

    return read


def _msgspec_reader(kind: type[T]) -> Callable[[str], T]:
    decoder = msgspec.json.Decoder(kind)

    def read(text: str) -> T:
        try:
            return decoder.decode(text)
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at `$")
            raise MalformedMessage(_field(path.strip("`.")), reason) from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedMessage("message", f"not JSON: {error}") from None

    return read


def _field(path: str) -> str:
    return f"message.{path}" if path else "message"

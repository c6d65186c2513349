"""The environment variables of a settings model, all from the model itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from messaging.seam.printable import one_line
from messaging.transport.url import mask_url
from messaging.transport.values import ToRead, Unit

MASK = "********"
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable.

    Attributes:
        name: as it stands in the environment.
        path: the attributes that lead to its value from the root model.
        field: what the model says of it.
    """

    name: str
    path: tuple[str, ...]
    field: FieldInfo

    @property
    def description(self) -> str:
        """What it is for."""
        return self.field.description or ""

    @property
    def unit(self) -> str:
        """What a number counts, "" for other values."""
        return next((mark.name for mark in self.field.metadata if isinstance(mark, Unit)), "")

    @property
    def is_file(self) -> bool:
        """Whether it names a file that must be readable."""
        return any(isinstance(mark, ToRead) for mark in self.field.metadata)

    @property
    def default(self) -> str:
        """The default as one would write it, "" for none or one that differs each time."""
        return "" if self.field.default_factory else self.show(self.field.default)

    @property
    def allowed(self) -> str:
        """What it may be, as an order: "give a number from 0 to 1 (seconds)"."""
        return _allowed(self.field, self.unit)

    def value_in(self, settings: BaseModel) -> object:
        """Return its value."""
        value: object = settings
        for name in self.path:
            value = getattr(value, name)
        return value

    def show(self, value: object) -> str:
        """Return a value on one line, as one would write it, masked where it is secret."""
        if isinstance(value, SecretStr) or self.field.annotation is SecretStr:
            empty = value is None or (isinstance(value, SecretStr) and not value.get_secret_value())
            return "" if empty or value == "" else MASK
        text = _written(value)
        return brief(mask_url(text) if self.field.repr is False else text)


def variables(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Variable]:
    """Yield every variable of a settings model, in the model's order."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from variables(kind, (*path, name))
        else:
            yield Variable("_".join((*path, name)).upper(), (*path, name), field)


def brief(text: str) -> str:
    """Return the text on one line, cut when it is very long."""
    shown = one_line(text)
    return shown if len(shown) <= _LONGEST_VALUE else shown[:_LONGEST_VALUE] + "..."


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _allowed(field: FieldInfo, unit: str) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return f"give one of {', '.join(map(str, get_args(kind)))}"
    kinds = {each for each in get_args(kind) or (kind,) if each is not NoneType}
    if kinds == {bool}:
        return "give true or false"
    words = {int: "a whole number", float: "a number"}
    word = next((words[each] for each in (int, float) if each in kinds), None)
    if word is None:
        return "give a text of printable characters that is neither empty nor very long"
    return f"give {word}{_bounds(field)}{f' ({unit})' if unit else ''}"


def _bounds(field: FieldInfo) -> str:
    low, above, high = _marks(field, "ge"), _marks(field, "gt"), _marks(field, "le")
    start = f" from {max(low)}" if low else f" above {max(above)}" if above else ""
    return start + (f" to {min(high)}" if high else "")


def _marks(field: FieldInfo, bound: str) -> list[Any]:
    """Return the values of one kind of bound, from the annotation and from the field itself."""
    return [getattr(mark, bound) for mark in field.metadata if hasattr(mark, bound)]

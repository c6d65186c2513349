"""The kinds of values that settings are made of: bounded, with a unit, and with a word for each fault."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts; stands in a field's annotation."""

    name: str


@dataclass(frozen=True, slots=True)
class ToRead:
    """Marks the name of a file that `load` finds unreadable at once; stands in an annotation."""


File = Annotated[Path | None, ToRead()]
"""A file that must be readable when the settings are loaded."""
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False), Unit("seconds")]
"""A duration that may be zero."""
SomeSeconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False), Unit("seconds")]
"""A duration that may not."""
Bytes = Annotated[int, Field(ge=0, le=512 * 1024 * 1024), Unit("bytes")]
"""A size; Redis takes no value above 512 MiB."""
Messages = Annotated[int, Field(ge=0, le=2**48 - 1), Unit("messages")]
"""A number of messages; an id has 48 bits for it."""


class Group(BaseModel):
    """Settings that share a prefix. Reads no environment: `messaging.settings.load` does.

    A subclass says in its docstring what it is for and documents its fields by descriptions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Fault(ValueError):
    """What a model's validator finds wrong.

    Attributes:
        field: the field's name; "" in a field's own validator, where it is known.
        mend: what to do.
    """

    def __init__(self, field: str, mend: str) -> None:
        """Say which field, and what to do."""
        self.field, self.mend = field, mend
        super().__init__(f"{field}: {mend}" if field else mend)


def readable(path: Path) -> bool:
    """Tell whether there is a file, or the like of one, that this process may read."""
    try:
        return path.exists() and not path.is_dir() and os.access(path, os.R_OK)
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False

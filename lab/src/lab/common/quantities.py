"""Numbers with bounds, as scenarios are made of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
SomeSeconds = Annotated[float, Meta(gt=0, le=86_400)]
Rate = Annotated[float, Meta(gt=0, le=10_000_000)]
Some = Annotated[int, Meta(ge=1, le=1_000_000)]
Replicas = Annotated[int, Meta(ge=1, le=100)]

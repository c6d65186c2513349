"""What a function is given is what its parameter's type says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec
import pydantic
import pytest

from messaging import ACK, Ack, Dead, Delivery, Message, Retry, Settlement
from messaging.app.body import text_of
from messaging.app.functions import handler_of
from messaging.seam.handler import attempt
from tests.support.messages import Author, delivered

if TYPE_CHECKING:
    from messaging import Handler


class Struct(msgspec.Struct):
    """One of msgspec."""

    number: int
    price: float = 1.5


class Model(pydantic.BaseModel):
    """One of pydantic."""

    number: int
    price: float = 1.5


@dataclass
class Data:
    """A plain dataclass."""

    number: int
    price: float = 1.5


@pydantic.dataclasses.dataclass
class PydanticData:
    """One that pydantic checks."""

    number: int
    price: float = 1.5


class Typed(TypedDict):
    """A dictionary with types."""

    number: int


BODIES: list[Any] = [
    "a text, \U0001f40e and all",
    Struct(1),
    Model(number=2),
    Data(3),
    PydanticData(4),
    {"number": 5},
    [1, 2],
    7,
    None,
    b"bytes",
]


def deliveries(*texts: str) -> list[Delivery]:
    author = Author()
    return [delivered(author.message(text)) for text in texts]


async def given(function: Any, *texts: str) -> Sequence[Settlement] | None:  # noqa: ANN401
    handler: Handler = handler_of(function)
    return await attempt(handler, deliveries(*texts))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
async def test_a_body_comes_back_as_it_was_sent(body: Any) -> None:  # noqa: ANN401
    seen: list[object] = []

    async def handle(one):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        seen.append(one)

    handle.__annotations__["one"] = type(body)
    assert await given(handle, text_of(body)) == [ACK]
    assert seen == [body]


async def test_a_typed_dictionary_is_checked() -> None:
    async def handle(order: Typed) -> None:
        assert order == {"number": 5}

    assert await given(handle, '{"number": 5}') == [ACK]
    (refused,) = await given(handle, '{"number": "five"}') or []
    assert refused == Dead("message.number: Expected `int`, got `str`")


async def test_a_delivery_and_a_message_are_given_as_they_are() -> None:
    seen: list[Delivery | Message] = []

    async def whole(delivery: Delivery) -> None:
        seen.append(delivery)

    async def message(message: Message) -> None:
        seen.append(message)

    (one,) = deliveries("x")
    await attempt(handler_of(whole), [one])
    await attempt(handler_of(message), [one])
    assert seen == [one, one.message]


async def test_a_list_is_a_batch() -> None:
    async def texts(bodies: list[str]) -> list[Settlement]:
        return [Retry("later") if body == "b" else ACK for body in bodies]

    async def untyped(batch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return [Dead("no")] * len(batch)

    async def several(batch: Sequence[Delivery]) -> None:
        assert len(batch) == 3

    assert await given(texts, "a", "b", "c") == [ACK, Retry("later"), ACK]
    assert await given(untyped, "a", "b") == [Dead("no")] * 2
    assert await given(several, "a", "b", "c") is None


@pytest.mark.parametrize("kind", [Struct, Model])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "message: "),
        ('{"number": "x"}', "message.number: "),
        ('{"number": 1, "price": {}}', "message.price: "),
        ("{}", "message"),
        ("[]", "message: "),
    ],
)
async def test_a_body_of_another_type_is_dead_and_its_field_named(kind: type, text: str, words: str) -> None:
    async def handle(order):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        raise AssertionError(order)

    handle.__annotations__["order"] = kind
    (refused,) = await given(handle, text) or []
    assert isinstance(refused, Dead)
    assert refused.reason.startswith(words)
    assert "number" in refused.reason or text != "{}"


async def test_of_a_batch_what_does_not_decode_is_dead_and_the_rest_is_handled() -> None:
    seen: list[int] = []

    async def quiet(orders: list[Struct]) -> None:
        seen.extend(order.number for order in orders)

    async def judging(orders: list[Struct]) -> list[Settlement]:
        return [Retry(str(order.number)) for order in orders]

    async def wrong(orders: list[Struct]) -> list[Settlement]:
        return [ACK] * (len(orders) + 1)

    texts = ['{"number": 1}', "broken", '{"number": 3}']
    assert [type(one) for one in await given(quiet, *texts) or []] == [Ack, Dead, Ack]
    assert seen == [1, 3]
    first, dead, last = await given(judging, *texts) or []
    assert (first, type(dead), last) == (Retry("1"), Dead, Retry("3"))
    assert {type(one) for one in await given(wrong, *texts) or []} == {Retry}


async def test_what_a_function_raises_concerns_its_message_alone() -> None:
    async def handle(order: Struct) -> None:
        if order.number == 2:
            raise ValueError("not two")

    assert await given(handle, '{"number": 1}', '{"number": 2}') == [ACK, Retry("ValueError: not two")]


async def test_a_function_that_cannot_be_used_is_refused_with_the_mend() -> None:
    def plain(order: Struct) -> None: ...

    async def none() -> None: ...

    async def unknown(order: "Missing") -> None: ...  # type: ignore[name-defined]  # noqa: F821, UP037

    async def undecodable(order: list[str] | set[str]) -> None: ...

    cases: list[tuple[Any, str]] = [
        (plain, "write async def"),
        (none, "takes 0 parameters"),
        (unknown, "Missing"),
        (undecodable, "array-like"),
    ]
    for function, words in cases:
        with pytest.raises(TypeError, match=words):
            handler_of(function)


@pytest.mark.parametrize("body", [object(), "half of a pair \ud800"], ids=["object", "surrogate"])
def test_a_body_that_cannot_be_sent_is_refused_at_once(body: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        text_of(body)

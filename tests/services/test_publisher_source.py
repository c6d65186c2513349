"""Bodies: generated, or the lines of a file, a pipe, a fifo."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs

from messaging import Message, decode, encode
from messaging.settings.publisher import PublisherSettings, PublishSettings
from publisher.source import Greetings, Lines, Splitter, source_of

if TYPE_CHECKING:
    from pathlib import Path


def lines_of(path: Path, limit: int = 1000) -> Lines:
    return Lines(str(path), Splitter(limit))


async def everything(source: Lines, limit: int = 7) -> list[str]:
    taken: list[str] = []
    while bodies := await source.take(limit):
        assert len(bodies) <= limit
        taken += bodies
    return taken


async def test_the_first_versions_text() -> None:
    source = Greetings(0)
    assert await source.take(2) == ["Hello from Python #1", "Hello from Python #2"]
    assert await source.take(1) == ["Hello from Python #3"]


async def test_padding_fills_a_body_to_its_size() -> None:
    assert await Greetings(30).take(1) == ["Hello from Python #1.........."]
    assert await Greetings(3).take(1) == ["Hello from Python #1"]


async def test_a_files_lines_and_then_the_end(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\r\n\nthr\xc3\xa9\xc3\xa9\nbroken \xff\nlast")
    bodies = ["one", "two", "", "thréé", "broken \\xff", "last"]
    assert await everything(lines_of(path)) == bodies


async def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert await everything(lines_of(tmp_path / "empty")) == []


async def test_a_large_file_is_read_whole_though_little_is_read_ahead(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_text("".join(f"{number}\n" for number in range(200_000)))
    source = lines_of(path)
    assert await everything(source, 5000) == [str(number) for number in range(200_000)]


async def test_a_line_that_is_too_long_is_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_text("short\n" + "x" * 500_000 + "\nexact" + "y" * 95 + "\n" + "z" * 101)
    source = lines_of(path, limit=100)
    assert await everything(source) == ["short", "exact" + "y" * 95]
    assert source.skipped == 2


async def test_a_fifo_gives_its_lines_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = lines_of(path)
    writer = await asyncio.to_thread(os.open, path, os.O_WRONLY)
    os.write(writer, b"one\ntwo\nthr")
    assert await source.take(10) == ["one", "two"]
    os.write(writer, b"ee\n")
    assert await source.take(10) == ["three"]
    os.close(writer)
    assert await source.take(10) == []


async def test_closing_wakes_who_waits(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = lines_of(path)
    writer = await asyncio.to_thread(os.open, path, os.O_WRONLY)
    waiting = asyncio.ensure_future(source.take(1))
    await asyncio.sleep(0)
    source.close()
    assert await asyncio.wait_for(waiting, 5) == []
    os.close(writer)


async def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        await lines_of(tmp_path).take(1)


async def test_the_settings_choose(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("x" * 1000)
    settings = PublisherSettings(publish=PublishSettings(input=str(path)), message_bytes=300)
    assert await source_of(settings).take(1) == []
    assert isinstance(source_of(PublisherSettings()), Greetings)


SENDERS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@given(st.binary(max_size=300), SENDERS, st.integers(256, 600))
def test_what_is_let_through_is_what_a_subscriber_takes(line: bytes, sender: str, limit: int) -> None:
    settings = PublisherSettings(sender=sender, message_bytes=limit)
    fullest = Message("x" * 36, datetime.max.replace(tzinfo=UTC), "", sender, 2**48 - 1, traceparent="x" * 55)
    wanted = [one.removesuffix(b"\r").decode(errors="backslashreplace") for one in line.split(b"\n") if one]
    wanted = [one for one in wanted if len(encode(structs.replace(fullest, message=one))) <= limit]
    splitter = Splitter(settings.body_bytes)
    found = [one for one in splitter.feed(line) + splitter.feed(b"") if one]
    assert found == [one for one in wanted if one]
    for one in found:
        assert decode(encode(structs.replace(fullest, message=one)), limit).message == one


@pytest.mark.parametrize("mark", ['"', "\\", "\t", "\x01", "ü", "🙂", "x"])
def test_a_line_is_measured_as_json(mark: str) -> None:
    width = len(json.encode(mark)) - 2
    for limit, fits in ((width * 5, True), (width * 5 - 1, False)):
        splitter = Splitter(limit)
        assert splitter.feed(f"{mark * 5}\n".encode()) == ([mark * 5] if fits else [])
        assert splitter.skipped == (not fits)


@given(st.lists(st.binary(max_size=12)), st.integers(1, 10))
def test_lines_do_not_depend_on_how_they_arrive(chunks: list[bytes], limit: int) -> None:
    def lines(pieces: list[bytes]) -> tuple[list[str], int]:
        splitter = Splitter(limit)
        found = [line for piece in pieces if piece for line in splitter.feed(piece)]
        return found + splitter.feed(b""), splitter.skipped

    whole = b"".join(chunks)
    assert lines(chunks) == lines([whole]) == lines([bytes([byte]) for byte in whole])

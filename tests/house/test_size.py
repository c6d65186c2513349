"""One concept per file, one thought per function."""

import ast

import pytest

from tests.house.tree import ROOT, parsed, python_files

FILE_LINES = 250
FUNCTION_LINES = 40


@pytest.mark.parametrize("path", python_files("messaging", "services", "lab", "tests", "bench", "tools"))
def test_files_and_functions_are_short(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) < FILE_LINES
    long = {
        node.name: lines
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) >= FUNCTION_LINES
    }
    assert long == {}

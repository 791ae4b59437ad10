"""What has a name has a test."""

import ast
from pathlib import Path

import pytest

from tests.faults.named import PROVEN_BY

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("point", PROVEN_BY)
def test_named_point_is_proven(point: str) -> None:
    """Every test that is said to prove it exists, and says in a sentence what holds."""
    for name in PROVEN_BY[point]:
        file, _, test = name.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        found = [
            node
            for node in tree.body
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name == test
        ]
        assert [bool(ast.get_docstring(node)) for node in found] == [True], name

"""docs/security.md has a place for each item of ASVS 5.0.0, levels 1 and 2, and real tests."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docs" / "security.md").read_text("utf-8")

LAST: Final = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3
4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3
7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4
10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4
16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""Section → its last item of level 1 or 2; those of level 3 come after it in each."""
ITEMS: Final = {
    f"V{section}.{number}"
    for section, last in (each.split(":") for each in LAST.split())
    for number in range(1, int(last) + 1)
}


def rows() -> list[str]:
    """Return the rows of the tables that begin with items."""
    return [line for line in TEXT.splitlines() if re.match(r"\| V\d", line)]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the names of the functions of a module."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_item_has_one_place() -> None:
    """Each of the 253 items stands in one row, and nothing else does."""
    found = [item for row in rows() for item in re.findall(r"V\d+\.\d+\.\d+", row.split("|")[1])]

    assert len(ITEMS) == 253
    assert ITEMS - set(found) == set()
    assert set(found) - ITEMS == set()
    assert sorted(found) == sorted(set(found))


def test_every_test_is_there() -> None:
    """Each test that is named exists."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / "tests" / file).is_file() or test not in functions_of(ROOT / "tests" / file)
    ]

    assert len(named) > 100
    assert missing == []


def test_what_is_held_names_a_test() -> None:
    """A row among those held by tests names one at least; others give a reason."""
    held = TEXT[TEXT.index("## Held by tests") : TEXT.index("## Does not apply")]
    for row in rows():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert all(cells), row
        assert (row in held) == ("::test_" in row), row
